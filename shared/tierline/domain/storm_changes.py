"""What storms change in a ticket."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tierline.domain.amend import amended
from tierline.domain.changes import Changes
from tierline.domain.events import Event, Prioritised
from tierline.domain.storm import StormDecided, StormGathered, StormJoined, StormTold
from tierline.domain.terms import Priority
from tierline.domain.ticket import STORM, FirstOfStorm, Ticket


def _joined(ticket: Ticket, _event: Event, what: StormJoined) -> Changes:
    """Whose decision it waits for; what waits for none now (under a major incident) still does."""
    changed: Changes = {}
    if ticket.proposal is not None:
        until = what.until if ticket.proposal.decide_by is not None else None
        changed["proposal"] = amended(ticket.proposal, storm=what.storm, decide_by=until)
    if what.tell_at is not None:
        changed["storm"] = FirstOfStorm(what.storm, what.tell_at)
    return changed


def _gathered(_ticket: Ticket, _event: Event, _what: StormGathered) -> Changes:
    return {"storm": None}


def _nothing(_ticket: Ticket, _event: Event, _what: StormTold | StormDecided) -> Changes:
    return {}


def pressed(ticket: Ticket, event: Event, what: Prioritised) -> Changes:
    """A P1 always moves: what was gathered and has become one waits no longer."""
    proposal = ticket.proposal
    if what.new is not Priority.P1 or proposal is None or proposal.choice != STORM:
        return {}
    return {"proposal": amended(proposal, decide_by=event.at)}


FOLD: Final[Mapping[type, Callable[[Ticket, Event, Any], Changes]]] = {
    StormJoined: _joined,
    StormGathered: _gathered,
    StormTold: _nothing,
    StormDecided: _nothing,
}
