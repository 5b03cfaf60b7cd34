"""Commands about management, people beside an owner, actions, the analysis: bodies and verbs."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from router.requests import Instant
from router.verbs import Verb
from tierline.domain import oversight_commands as o
from tierline.domain.action import KEPT_MAX
from tierline.domain.handlers.overseeing import JOINED_MAX
from tierline.domain.rca import CAUSES_MAX, COMMENTS_MAX
from tierline.web.bodies import Line, LongText, Reason, Strict

Comment = Annotated[str, StringConstraints(max_length=500)]
ActionNumber = Annotated[
    int, Field(ge=1, le=KEPT_MAX * 2, description="The action's number on the ticket.")
]
People = Annotated[list[Line], Field(max_length=JOINED_MAX, description="Logins.")]


class ComplexBody(Strict):
    """It is complex, and why."""

    text: Reason


class BriefBody(Strict):
    """A word for management."""

    text: Reason


class ReallocateBody(Strict):
    """As a lead: people of any group who are to stand beside the owner, or are let go."""

    reason: Reason
    join: People = Field(default_factory=list)
    relieve: People = Field(default_factory=list)


class AddActionBody(Strict):
    """What is to be done, by whom (without an owner: by the caller), by when."""

    what: Reason
    due: Instant
    owner: Line | None = None
    kind: Literal["corrective", "preventive"] = "corrective"


class MoveActionBody(Strict):
    """Another date for an action."""

    number: ActionNumber
    due: Instant
    reason: Reason


class CompleteActionBody(Strict):
    """An action is done; `dropped`: it will not be done, which is a lead's to say."""

    number: ActionNumber
    outcome: Reason
    dropped: bool = False


class RcaBody(Strict):
    """What was found; what is left out stays. `done`: it is complete."""

    summary: LongText | None = None
    causes: Annotated[list[Reason], Field(max_length=CAUSES_MAX)] | None = None
    comments: Annotated[
        dict[str, Comment],
        Field(
            max_length=COMMENTS_MAX,
            description="Words beside entries of the timeline, by `ticket/seq`; empty: none.",
        ),
    ] = Field(default_factory=dict)
    done: bool = False


class ToProblemBody(Strict):
    """The problem that carries on with what is still to be done."""

    problem: Annotated[int, Field(ge=1, le=2**63 - 1, description="Its ticket's number.")]


VERBS = (
    Verb(
        "state-complex",
        ComplexBody,
        lambda b, _: o.StateComplexity(b.text),
        "State that it is complex.",
    ),
    Verb(
        "brief",
        BriefBody,
        lambda b, _: o.Brief(b.text),
        "Give management the word they are owed.",
    ),
    Verb(
        "reallocate",
        ReallocateBody,
        lambda b, _: o.Reallocate(b.reason, tuple(b.join), tuple(b.relieve)),
        "As a lead: put people beside its owner, or let them go.",
    ),
    Verb(
        "add-action",
        AddActionBody,
        lambda b, p: o.AddAction(b.what, p.login if b.owner is None else b.owner, b.due, b.kind),
        "Add an action: what, by whom, by when. It is chased until it is over.",
    ),
    Verb(
        "move-action",
        MoveActionBody,
        lambda b, _: o.MoveAction(b.number, b.due, b.reason),
        "Give an action another date; how often that was is counted.",
    ),
    Verb(
        "complete-action",
        CompleteActionBody,
        lambda b, _: o.CompleteAction(b.number, b.outcome, b.dropped),
        "An action is done, or, as a lead, will not be done.",
    ),
    Verb(
        "rca",
        RcaBody,
        lambda b, _: o.WriteRca(
            b.summary, None if b.causes is None else tuple(b.causes), b.comments, b.done
        ),
        "Write on the root cause analysis; with `done` it is complete.",
    ),
)
