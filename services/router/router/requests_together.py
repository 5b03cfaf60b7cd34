"""What callers may send about several tickets at once: major incidents and problems."""

from typing import Annotated

from pydantic import Field, model_validator

from router.limits import OTHERS_MAX
from router.queries.cursors import NUMBER_MAX
from tierline.web.bodies import Line, LongText, Reason, Strict

TicketNumber = Annotated[int, Field(ge=1, le=NUMBER_MAX, strict=True)]


class CloseBody(Strict):
    """Why; of a major incident with open tickets under it also what becomes of those."""

    reason: Reason
    leaving: Annotated[Reason, Field(description="What becomes of what is worked under it.")] = ""


class JoinBody(Strict):
    """Under which major incident."""

    parent: TicketNumber


class ProblemBody(Strict):
    """Why there is one cause behind it, and which other tickets have it too."""

    reason: Reason
    title: Annotated[Line, Field(description="Without it, the ticket's own.")] = ""
    others: Annotated[list[TicketNumber], Field(max_length=OTHERS_MAX)] = Field(
        default_factory=list
    )


class LinkProblemBody(Strict):
    """Which problem is behind it."""

    problem: TicketNumber


class CauseBody(Strict):
    """What is behind the tickets of this problem."""

    cause: LongText


class WorkaroundBody(Strict):
    """What helps until the cause is gone: read by the first line on every ticket of it."""

    workaround: LongText


class GatherBody(Strict):
    """What is to be worked under it: by number, or all open tickets that are alike.

    What a search finds is what whoever asks may see.
    """

    tickets: Annotated[list[TicketNumber], Field(max_length=OTHERS_MAX)] = Field(
        default_factory=list
    )
    client: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)
    category: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)
    site: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)
    q: Annotated[Line, Field(description="A part of the title.")] = ""
    preview: Annotated[bool, Field(description="Only say which these are.")] = False

    @model_validator(mode="after")
    def _something(self) -> "GatherBody":
        searched = bool(self.client or self.category or self.site or self.q.strip())
        if searched == bool(self.tickets):
            raise ValueError("name tickets, or say what they have in common: one of the two")
        return self
