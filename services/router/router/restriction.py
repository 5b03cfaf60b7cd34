"""Commands about who may see a ticket: bodies and verbs."""

from router.verbs import Verb
from tierline.domain.restriction import Restrict, Unrestrict
from tierline.web.bodies import Line, Reason, Strict


class RestrictBody(Strict):
    """To which group, and why."""

    group: Line
    reason: Reason


class UnrestrictBody(Strict):
    """Why everybody may see it again."""

    reason: Reason


VERBS = (
    Verb(
        "restrict",
        RestrictBody,
        lambda b, _: Restrict(b.group, b.reason),
        "As a lead: let only a group, and whoever works or answers for it, see it.",
    ),
    Verb(
        "unrestrict",
        UnrestrictBody,
        lambda b, _: Unrestrict(b.reason),
        "As a lead: let everybody see it again whom no other wall keeps out.",
    ),
)
