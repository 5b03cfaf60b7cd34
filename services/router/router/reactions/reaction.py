"""What a reaction is: which other tickets an event concerns, and what is asked of each."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tierline.domain.commands import Asker, Command, Open
from tierline.domain.events import SYSTEM
from tierline.domain.terms import Role
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage
from tierline.store.tickets import Connection

ASKER = Asker(SYSTEM, Role.LEAD)
"""By whom a reaction is asked: nobody's permission is missing for what follows from an event."""


Asked = Command | Open | str
"""What a target is asked; a text where there is nothing to ask any more, and why."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A reaction that is due: its number, the event it follows from, its target under its lock."""

    id: int
    message: TicketMessage
    ticket: Ticket


Informed = Callable[[Connection, Sequence[Occurrence], datetime], Awaitable[Mapping[int, Asked]]]
"""What the targets are asked, by number of the occurrence, as only the store can say, at `now`."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One thing that follows from one type of event. All of it is pure, but for `informed`.

    Attributes:
        name: stable, since it is stored with what waits.
        on: the type of event.
        concerns: whether anything follows; told by the message alone, as most have no consequence.
        targets: the tickets it concerns, from the event and its own ticket as it stands now, which
            is as the event left it or later.
        command: what each is asked, from the event, and whether its requester is muted.
        tells: its requesters hear something; of several tickets of one requester only the first.
        opens: a new ticket follows, which is linked to the target as its problem.
        informed: instead of `command`, where what is asked stands beside the tickets.
    """

    name: str
    on: type[Any]
    concerns: Callable[[TicketMessage], bool]
    targets: Callable[[TicketMessage, Ticket], Iterable[int]]
    command: Callable[[TicketMessage, bool], Command | Open] | None = None
    tells: bool = False
    opens: bool = False
    informed: Informed | None = None


def cause_of(message: TicketMessage) -> str:
    """The identity of what a reaction follows from: ticket/seq."""
    return f"{message.event.ticket}/{message.event.seq}"
