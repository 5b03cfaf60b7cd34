"""What a reaction is: which other tickets an event concerns, and what is asked of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tierline.domain.commands import Asker, Command, Open
from tierline.domain.events import SYSTEM
from tierline.domain.terms import Role
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage

ASKER = Asker(SYSTEM, Role.LEAD)
"""By whom a reaction is asked: nobody's permission is missing for what follows from an event."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One thing that follows from one type of event. All of it is pure.

    Attributes:
        name: stable, since it is stored with what waits.
        on: the type of event.
        concerns: whether anything follows; told by the message alone, as most have no consequence.
        targets: the tickets it concerns, from the event and its own ticket as it stands now, which
            is as the event left it or later.
        command: what each is asked, from the event, and whether its requester is muted.
        tells: its requesters hear something; of several tickets of one requester only the first.
        opens: a new ticket follows, which is linked to the target as its problem.
    """

    name: str
    on: type[Any]
    concerns: Callable[[TicketMessage], bool]
    targets: Callable[[TicketMessage, Ticket], Iterable[int]]
    command: Callable[[TicketMessage, bool], Command | Open]
    tells: bool = False
    opens: bool = False


def cause_of(message: TicketMessage) -> str:
    """The identity of what a reaction follows from: ticket/seq."""
    return f"{message.event.ticket}/{message.event.seq}"
