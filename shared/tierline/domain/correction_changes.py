"""What the events of actions and of a root cause analysis change in a ticket."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain.action import Action, numbered, replaced
from tierline.domain.amend import amended
from tierline.domain.changes import TOUCHED, Changes, touch_of
from tierline.domain.correction import (
    ActionAdded,
    ActionChased,
    ActionCompleted,
    ActionMoved,
    CorrectionHanded,
    CorrectionTaken,
    RcaChased,
    RcaDone,
    RcaRequired,
    RcaWritten,
)
from tierline.domain.events import Event
from tierline.domain.rca import Rca, owed_of
from tierline.domain.ticket import Ticket


def carried_on(ticket: Ticket) -> Changes:
    """What a ticket keeps of actions and analysis once a linked one carries them on."""
    over = tuple(action for action in ticket.actions if not action.open)
    return {"actions": over, "rca": None if owed_of(ticket.rca) else ticket.rca}


def _added(ticket: Ticket, _event: Event, what: ActionAdded) -> Changes:
    """An action more; with one there is a plan."""
    return {"actions": (*ticket.actions, what.action), "plan_owed": None, **TOUCHED}


def _amended(ticket: Ticket, number: int, **new: Any) -> Changes:
    """The ticket's action of that number with these fields anew."""
    action = numbered(ticket.actions, number)
    if action is None:
        return {}
    changed: Action = amended(action, **new)
    return {"actions": replaced(ticket.actions, changed)}


def _moved(ticket: Ticket, _event: Event, what: ActionMoved) -> Changes:
    put_off = {"due": what.due, "next_chase": what.next_chase, "moves": what.moves, "chases": 0}
    return _amended(ticket, what.number, **put_off) | TOUCHED


def _completed(ticket: Ticket, event: Event, what: ActionCompleted) -> Changes:
    over = {
        "next_chase": None,
        "done_at": event.at,
        "done_by": event.by.name,
        "outcome": what.outcome,
        "dropped": what.dropped,
    }
    return _amended(ticket, what.number, **over) | TOUCHED


def _chased(ticket: Ticket, _event: Event, what: ActionChased) -> Changes:
    return _amended(ticket, what.number, next_chase=what.next_chase, chases=what.count)


def _required(_ticket: Ticket, _event: Event, what: RcaRequired) -> Changes:
    return {"rca": what.rca}


def _written(ticket: Ticket, event: Event, what: RcaWritten) -> Changes:
    """What was said replaces what was there; a comment without words is taken away."""
    before = ticket.rca or Rca(None, event.at, (ticket.id,))
    comments = {
        place: text for place, text in {**before.comments, **what.comments}.items() if text.strip()
    }
    summary = before.summary if what.summary is None else what.summary
    causes = before.causes if what.causes is None else what.causes
    return {"rca": amended(before, summary=summary, causes=causes, comments=comments), **TOUCHED}


def _rca_amended(ticket: Ticket, **new: Any) -> Changes:
    return {} if ticket.rca is None else {"rca": amended(ticket.rca, **new)}


def _done(ticket: Ticket, event: Event, _what: RcaDone) -> Changes:
    return _rca_amended(ticket, done_at=event.at, done_by=event.by.name, next_chase=None)


def _rca_chased(ticket: Ticket, _event: Event, what: RcaChased) -> Changes:
    return _rca_amended(ticket, next_chase=what.next_chase, chases=what.count)


def _handed(ticket: Ticket, event: Event, what: CorrectionHanded) -> Changes:
    """What is not handed over stays; the analysis only says which problem holds it."""
    gone = {action.number for action in what.actions}
    kept = tuple(action for action in ticket.actions if action.number not in gone)
    changed: Changes = {"actions": kept}
    if by_hand := touch_of(event):
        changed |= {"plan_owed": None, **by_hand}
    if what.rca is not None:
        changed |= _rca_amended(ticket, held_by=what.problem, next_chase=None)
    return changed


def _taken(ticket: Ticket, _event: Event, what: CorrectionTaken) -> Changes:
    changed: Changes = {"actions": (*ticket.actions, *what.actions)}
    if what.rca is not None:
        changed["rca"] = what.rca
    return changed


FOLD: Mapping[type, Callable[[Ticket, Event, Any], Changes]] = {
    ActionAdded: _added,
    ActionMoved: _moved,
    ActionCompleted: _completed,
    ActionChased: _chased,
    RcaRequired: _required,
    RcaWritten: _written,
    RcaDone: _done,
    RcaChased: _rca_chased,
    CorrectionHanded: _handed,
    CorrectionTaken: _taken,
}
"""By type of event; part of the table of `evolve`."""
