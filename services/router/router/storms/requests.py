"""What callers may send about storms."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from router.requests_together import TicketNumber
from router.storms.limits import STORM_TICKETS_MAX
from tierline.web.bodies import Reason, Strict


class Choice(StrEnum):
    """What becomes of the tickets of a storm."""

    MOVE_ALL = "move all"
    KEEP_ALL = "keep all"
    PICK = "pick"


class DecideBody(Strict):
    """The one decision: all move, all stay, or the named ones move and the others stay."""

    decision: Choice
    tickets: Annotated[
        list[TicketNumber],
        Field(max_length=STORM_TICKETS_MAX, description="With `pick`: those that move."),
    ] = Field(default_factory=list)
    reason: Annotated[Reason, Field(description="Why; needed where something stays.")] = ""

    @model_validator(mode="after")
    def _tickets_are_picked(self) -> "DecideBody":
        if bool(self.tickets) != (self.decision is Choice.PICK):
            said = {"remedy": "name them with the decision `pick`, and only then"}
            raise PydanticCustomError("tickets", "tickets: {remedy}", said)
        return self


class StormsQuery(Strict):
    """Which storms: those that go on, or the newest."""

    over: bool = False
