"""The ticket that somebody should take next."""

from typing import Annotated

from pydantic import Field

from router.responses.base import Shown
from router.responses.events import Event
from router.responses.tickets import Ticket, TicketRow

Why = Annotated[str, Field(description="Why it comes first, or why there is none.")]


class Next(Shown):
    """The ticket that comes first; nothing is done to it. `waiting`: how many there are."""

    ticket: TicketRow | None
    why: Why
    waiting: int


class NextClaimed(Shown):
    """The ticket that was claimed, if there was one, and what came of that."""

    ticket: Ticket | None
    events: list[Event]
    why: Why
