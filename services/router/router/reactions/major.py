"""Major incidents: who joins and leaves, and what flows down to those under one."""

from typing import Any

from router.reactions.reaction import Reaction
from tierline.domain.commands import (
    AddChild,
    DropChild,
    EndUnder,
    FlowReopening,
    FlowResolution,
    FlowUpdate,
)
from tierline.domain.events import (
    SYSTEM,
    ChildLeft,
    Closed,
    MajorJoined,
    MajorLeft,
    Noted,
    Planned,
    Reopened,
    Resolved,
)
from tierline.domain.ticket import Ticket
from tierline.domain.tying import NOBODYS_WORDS
from tierline.messages.events import TicketMessage


def _always(_message: TicketMessage) -> bool:
    return True


def _parent(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    what: Any = message.event.what
    return (what.parent,)


def _leads(message: TicketMessage) -> bool:
    return message.ticket.children > 0


def children(message: TicketMessage, ticket: Ticket) -> tuple[int, ...]:
    """Those that were under it when it happened and still are."""
    under = ticket.major.children if ticket.major else ()
    return tuple(child.ticket for child in under if child.seq < message.event.seq)


def _for_clients(message: TicketMessage) -> str:
    """What the event says to clients; empty where it says nothing."""
    what: Any = message.event.what
    if isinstance(what, Planned):
        return what.client_text.strip()
    return what.text if what.to_client else ""


def _child_joined(message: TicketMessage, _muted: bool) -> AddChild:  # noqa: FBT001
    return AddChild(message.ticket.number)


def _child_left(message: TicketMessage, _muted: bool) -> DropChild:  # noqa: FBT001
    what: Any = message.event.what
    said = message.event.by != SYSTEM and what.because not in NOBODYS_WORDS
    client = message.ticket.client if said else ""
    return DropChild(message.ticket.number, what.because, what.leftover, client)


def _declined(message: TicketMessage, _muted: bool) -> EndUnder:  # noqa: FBT001
    what: Any = message.event.what
    return EndUnder(message.ticket.number, what.because)


def _update(message: TicketMessage, muted: bool) -> FlowUpdate:  # noqa: FBT001
    return FlowUpdate(message.ticket.number, message.event.at, _for_clients(message), muted)


def _resolution(message: TicketMessage, _muted: bool) -> FlowResolution:  # noqa: FBT001
    what: Any = message.event.what
    return FlowResolution(message.ticket.number, message.event.at, what.resolution, what.fault)


def _reopening(message: TicketMessage, _muted: bool) -> FlowReopening:  # noqa: FBT001
    what: Any = message.event.what
    return FlowReopening(message.ticket.number, message.event.at, what.reason)


def _closed_over(message: TicketMessage, _muted: bool) -> EndUnder:  # noqa: FBT001
    what: Any = message.event.what
    return EndUnder(message.ticket.number, what.leaving, leftover=True)


def _says(message: TicketMessage) -> bool:
    return _leads(message) and bool(_for_clients(message))


def _is_over(message: TicketMessage) -> bool:
    what: Any = message.event.what
    return _leads(message) and bool(what.leaving)


def _sent_back(message: TicketMessage) -> bool:
    what: Any = message.event.what
    return bool(what.declined)


def _the_child(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    what: Any = message.event.what
    return (what.child,)


MAJOR = (
    Reaction("child joins", MajorJoined, _always, _parent, _child_joined),
    Reaction("child leaves", MajorLeft, _always, _parent, _child_left),
    Reaction("child is sent back", ChildLeft, _sent_back, _the_child, _declined),
    Reaction("note flows down", Noted, _says, children, _update, tells=True),
    Reaction("promise flows down", Planned, _says, children, _update, tells=True),
    Reaction("resolution flows down", Resolved, _leads, children, _resolution),
    Reaction("reopening flows down", Reopened, _leads, children, _reopening),
    Reaction("closed over children", Closed, _is_over, children, _closed_over),
)
