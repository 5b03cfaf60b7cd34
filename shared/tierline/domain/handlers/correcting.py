"""Actions on a ticket, and the analysis beside them: added, moved, done, handed to a problem."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain.action import KEPT_MAX, KINDS, OPEN_MAX, Action, numbered, open_of
from tierline.domain.amend import amended
from tierline.domain.chasing import first_chase
from tierline.domain.commands import Rejected
from tierline.domain.correction import (
    ActionAdded,
    ActionCompleted,
    ActionMoved,
    CorrectionHanded,
    CorrectionTaken,
)
from tierline.domain.draft import Draft
from tierline.domain.handlers import analysing
from tierline.domain.handlers.asked import Asked, missing, not_ahead, refuse
from tierline.domain.oversight_commands import (
    AddAction,
    CompleteAction,
    HandCorrection,
    MoveAction,
    TakeCorrection,
    WriteRca,
)
from tierline.domain.rca import owed_of, taken_over
from tierline.domain.ticket import Ticket
from tierline.domain.unfinished import close_if_that_was_all


def add_action(draft: Draft, command: AddAction, asked: Asked) -> Rejected | None:
    """Somebody takes something on by a date, and is chased for it."""
    ticket, at = draft.ticket, draft.now
    if refused := not_open(ticket):
        return refused
    for name in ("what", "owner"):
        if refused := missing(getattr(command, name), name, ticket):
            return refused
    if command.kind not in KINDS:
        return refuse("unknown_kind", f"kind must be one of: {', '.join(KINDS)}", ticket)
    if refused := not_ahead(command.due, "due", draft) or _too_many(ticket, 1):
        return refused
    action = Action(
        number=_next_number(ticket),
        what=command.what,
        owner=command.owner,
        due=command.due,
        added_by=asked.by.name,
        added_at=at,
        kind=command.kind,
        next_chase=first_chase(draft, command.due, at),
    )
    why = draft.why("action added", open_actions=len(open_of(ticket.actions)) + 1)
    draft.emit(ActionAdded(action), at=at, by=asked.by, why=why, cause=asked.cause)
    return None


def move_action(draft: Draft, command: MoveAction, asked: Asked) -> Rejected | None:
    """Its owner, the ticket's or a lead gives it another date; how often that was is counted."""
    ticket = draft.ticket
    found = _to_do(ticket, command.number, asked)
    if isinstance(found, Rejected):
        return found
    if refused := missing(command.reason, "reason", ticket):
        return refused
    if refused := not_ahead(command.due, "due", draft):
        return refused
    if command.due == found.due:
        return refuse("same_date", "due: it is due then already", ticket)
    what = ActionMoved(
        found.number,
        found.owner,
        found.due,
        command.due,
        first_chase(draft, command.due, draft.now),
        found.moves + 1,
        command.reason,
    )
    why = draft.why("action moved", number=found.number, moves=found.moves + 1)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def complete_action(draft: Draft, command: CompleteAction, asked: Asked) -> Rejected | None:
    """It is done; that it will not be done is a lead's to say."""
    ticket, at = draft.ticket, draft.now
    found = _to_do(ticket, command.number, asked)
    if isinstance(found, Rejected):
        return found
    if refused := missing(command.outcome, "outcome", ticket):
        return refused
    if command.dropped and not asked.asker.leads:
        return refuse("lead_decides", "that it will not be done is a lead's to decide", ticket)
    why = draft.why("action over", number=found.number, due=found.due.isoformat())
    what = ActionCompleted(found.number, found.owner, command.outcome, command.dropped)
    draft.emit(what, at=at, by=asked.by, why=why, cause=asked.cause)
    close_if_that_was_all(draft, at, asked.by, asked.cause)
    return None


def hand_over(draft: Draft, command: HandCorrection, asked: Asked) -> Rejected | None:
    """A problem carries on with what is still to be done, so that this ticket may close."""
    ticket, at = draft.ticket, draft.now
    if refused := not_open(ticket):
        return refused
    if command.problem in {0, ticket.id}:
        return refuse("same_ticket", "problem: name another ticket, a problem", ticket)
    actions = () if command.rca_alone else open_of(ticket.actions)
    rca = owed_of(ticket.rca)
    if not actions and rca is None:
        return refuse("nothing_open", "it has no open action and owes no analysis", ticket)
    why = draft.why("handed to a problem", problem=command.problem)
    what = CorrectionHanded(command.problem, actions, rca)
    draft.emit(what, at=at, by=asked.by, why=why, cause=asked.cause)
    close_if_that_was_all(draft, at, asked.by, asked.cause)
    return None


def take_over(draft: Draft, command: TakeCorrection, asked: Asked) -> Rejected | None:
    """Carry on with what was still to be done on another ticket; its actions get new numbers."""
    ticket = draft.ticket
    if refused := not_open(ticket):
        return refused
    if command.client and command.client != ticket.client:  # its people would read the other's
        return refuse("other_client", "the problem is of another client", ticket)
    if not command.actions and command.rca is None:
        return refuse("nothing_open", "there is nothing to carry on with", ticket)
    if refused := _too_many(ticket, len(command.actions)):
        return refused
    first = _next_number(ticket)
    actions = tuple(
        amended(action, number=first + place) for place, action in enumerate(command.actions)
    )
    rca = None if command.rca is None else taken_over(ticket.rca, command.rca)
    why = draft.why("carries on", ticket=command.ticket)
    what = CorrectionTaken(command.ticket, actions, rca)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def not_open(ticket: Ticket) -> Rejected | None:
    """A refusal where the ticket is closed."""
    if ticket.open:
        return None
    return refuse("closed", "the ticket is closed; reopen it first", ticket)


def _too_many(ticket: Ticket, more: int) -> Rejected | None:
    if len(open_of(ticket.actions)) + more > OPEN_MAX:
        return refuse("too_many_actions", f"at most {OPEN_MAX} are open: finish some", ticket)
    if len(ticket.actions) + more > KEPT_MAX:
        return refuse("too_many_actions", f"it has had {KEPT_MAX}: open a problem", ticket)
    return None


def _next_number(ticket: Ticket) -> int:
    return max((action.number for action in ticket.actions), default=0) + 1


def _to_do(ticket: Ticket, number: int, asked: Asked) -> Action | Rejected:
    """The open action of that number, if the asker may say what becomes of it."""
    if refused := not_open(ticket):
        return refused
    found = numbered(ticket.actions, number)
    if found is None:
        known = ", ".join(str(action.number) for action in open_of(ticket.actions)) or "none"
        return refuse(
            "unknown_action", f"number: there is no action {number}; open: {known}", ticket
        )
    if not found.open:
        return refuse("action_over", f"action {number} is over already", ticket)
    theirs = bool(asked.login) and asked.login in {found.owner, ticket.owner}
    if not theirs and not asked.asker.leads:
        return refuse("not_your_action", f"it is {found.owner}'s; ask them or a lead", ticket)
    return found


HANDLERS: Mapping[type, Callable[[Draft, Any, Asked], Rejected | None]] = {
    AddAction: add_action,
    MoveAction: move_action,
    CompleteAction: complete_action,
    HandCorrection: hand_over,
    TakeCorrection: take_over,
    WriteRca: analysing.write,
}
"""By command; part of the table of `decide`."""
