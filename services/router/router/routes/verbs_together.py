"""The commands about several tickets at once: major incidents and problems; and ending one."""

from router import requests_together as r
from router.requests import ReasonBody
from router.verbs import Verb
from tierline.domain import commands as c

TOGETHER = (
    Verb("close", r.CloseBody, lambda b, _: c.Close(b.reason, leaving=b.leaving), "End it."),
    Verb(
        "declare-major",
        ReasonBody,
        lambda b, _: c.DeclareMajor(b.reason),
        "Say that it is a major incident: others can be worked under it.",
    ),
    Verb(
        "join",
        r.JoinBody,
        lambda b, _: c.JoinMajor(b.parent),
        "Have it worked under a major incident.",
    ),
    Verb(
        "leave",
        ReasonBody,
        lambda b, _: c.LeaveMajor(b.reason),
        "Have it worked by itself again.",
    ),
    Verb(
        "problem",
        r.ProblemBody,
        lambda b, _: c.CallProblem(b.reason, b.title, tuple(b.others)),
        "Open a problem: the one cause behind it and others.",
    ),
    Verb(
        "link-problem",
        r.LinkProblemBody,
        lambda b, _: c.LinkProblem(b.problem),
        "Say which problem is behind it.",
    ),
    Verb(
        "cause",
        r.CauseBody,
        lambda b, _: c.StateCause(b.cause),
        "Of a problem: what its cause is.",
    ),
    Verb(
        "workaround",
        r.WorkaroundBody,
        lambda b, _: c.GiveWorkaround(b.workaround),
        "Of a problem: what helps until its cause is gone.",
    ),
)
"""In the order a page shows them."""
