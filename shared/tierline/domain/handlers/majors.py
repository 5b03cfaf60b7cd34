"""Major incidents: one ticket that others, of any client, are worked under."""

from datetime import datetime
from typing import Final

from tierline.domain import tying, waiting
from tierline.domain.commands import (
    AddChild,
    DeclareMajor,
    DropChild,
    EndUnder,
    FlowReopening,
    FlowResolution,
    FlowUpdate,
    JoinMajor,
    LeaveMajor,
    Rejected,
)
from tierline.domain.draft import Draft
from tierline.domain.events import ChildJoined, ChildLeft, MajorDeclared, MajorJoined, Noted
from tierline.domain.handlers.asked import Asked, missing, not_active, refuse
from tierline.domain.promises import update_clock, updated
from tierline.domain.resolving import reopen, resolve
from tierline.domain.terms import Priority, State, TicketType
from tierline.domain.ticket import Ticket

CHILDREN_MAX: Final = 1_000
"""Tickets that one major incident can have under it at once."""


def declare(draft: Draft, command: DeclareMajor, asked: Asked) -> Rejected | None:
    """By a lead; of a P1 by a technician too. From then on clients hear of it as of a P1."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or missing(command.reason, "reason", ticket):
        return refused
    if refused := _not_apart(ticket) or _a_problem(ticket):
        return refused
    technician = asked.by.kind == "person" and not asked.asker.leads
    if technician and ticket.priority is not Priority.P1:
        return refuse(
            "lead_decides", "a lead declares a major incident; a technician only of a P1", ticket
        )
    why = draft.why("major incident declared", priority=ticket.priority)
    what = MajorDeclared(command.reason)
    changed = update_clock(draft, at, major=True)
    draft.emit(what, at=at, by=asked.by, why=why, cause=asked.cause, changed=changed)
    return None


def join(draft: Draft, command: JoinMajor, asked: Asked) -> Rejected | None:
    """By anybody: its tier, queue and silent clocks stand still, its client's run on."""
    ticket = draft.ticket
    if command.parent == ticket.id:
        return refuse("same_ticket", "parent: a ticket is not worked under itself", ticket)
    if refused := not_active(ticket) or _not_apart(ticket) or _a_problem(ticket):
        return refused
    why = draft.why("joined a major incident", parent=command.parent)
    what = MajorJoined(command.parent)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def leave(draft: Draft, command: LeaveMajor, asked: Asked) -> Rejected | None:
    """By anybody: it is worked by itself again, and its clocks go on where they had stood."""
    ticket = draft.ticket
    if ticket.under is None:
        return refuse("not_under", "it is not worked under a major incident", ticket)
    if refused := missing(command.reason, "reason", ticket):
        return refused
    _leave(draft, command.reason, asked, leftover=False)
    return None


def add_child(draft: Draft, command: AddChild, asked: Asked) -> Rejected | None:
    """One more joined; one that came too late, or to no major incident, is sent back."""
    ticket, major = draft.ticket, draft.ticket.major
    if major is not None and command.child in major.numbers:
        return refuse("joined", "it has joined already", ticket)
    why = draft.why("a ticket joined", child=command.child)
    what: ChildJoined | ChildLeft = ChildJoined(command.child)
    if because := _closed_to_others(ticket):
        what = ChildLeft(command.child, because, declined=True)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def _closed_to_others(ticket: Ticket) -> str:
    """Why nothing can join; empty where it can."""
    if ticket.major is None:
        return "it is no major incident"
    if not ticket.active:
        return "the major incident was over"
    if len(ticket.major.children) >= CHILDREN_MAX:
        return f"the major incident has {CHILDREN_MAX} tickets under it, which is all it takes"
    return ""


def drop_child(draft: Draft, command: DropChild, asked: Asked) -> Rejected | None:
    """One has left; who was not helped is listed. Words of another client's ticket stay there."""
    ticket, major = draft.ticket, draft.ticket.major
    if major is None or command.child not in major.numbers:
        return refuse("not_joined", "it is not under this ticket", ticket)
    rule = "a ticket was not helped" if command.leftover else "a ticket left"
    why = draft.why(rule, child=command.child)
    because = command.because if command.client in {"", ticket.client} else ""
    what = ChildLeft(command.child, because, command.leftover)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def flow_update(draft: Draft, command: FlowUpdate, asked: Asked) -> Rejected | None:
    """A word of the major incident to clients restarts update, and meets no one's respond."""
    if refused := _over(draft, command.parent, command.at) or not_active(draft.ticket):
        return refused
    draft.emit(
        Noted(command.text, to_client=True, flowed=command.parent, muted=command.muted),
        at=draft.now,
        by=asked.by,
        why=draft.why("update of the major incident", parent=command.parent, muted=command.muted),
        cause=asked.cause,
        changed=updated(draft, draft.now),
    )
    return None


def flow_resolution(draft: Draft, command: FlowResolution, asked: Asked) -> Rejected | None:
    """Resolved with the major incident; what still fires was not helped and goes on by itself."""
    ticket = draft.ticket
    if refused := _over(draft, command.parent, command.at) or not_active(ticket):
        return refused
    if tying.still_fires(ticket):
        _leave(draft, tying.STILL_FIRES, asked, leftover=True)
        return None
    resolve(
        draft,
        at=draft.now,
        by=asked.by,
        why=draft.why("resolved with the major incident", parent=command.parent),
        resolution=command.resolution,
        fault=command.fault,
        cause=asked.cause,
        flowed=command.parent,
    )
    return None


def flow_reopening(draft: Draft, command: FlowReopening, asked: Asked) -> Rejected | None:
    """Reopened with the major incident, if that one's resolution was its own."""
    ticket = draft.ticket
    if refused := _over(draft, command.parent, command.at):
        return refused
    resolved_with_it = ticket.under is not None and ticket.under.resolved
    if ticket.state is not State.RESOLVED or not resolved_with_it:
        return refuse("not_resolved_with_it", "it was not resolved with it, or is closed", ticket)
    reopen(
        draft,
        at=draft.now,
        by=asked.by,
        why=draft.why("reopened with the major incident", parent=command.parent),
        reason=command.reason,
        rejected=False,
        cause=asked.cause,
        flowed=command.parent,
    )
    return None


def end_under(draft: Draft, command: EndUnder, asked: Asked) -> Rejected | None:
    """There is nothing to be under: it goes on by itself. What is done is no leftover."""
    if refused := _over(draft, command.parent):
        return refused
    if command.leftover and (refused := not_active(draft.ticket)):
        return refused
    _leave(draft, command.because, asked, leftover=command.leftover)
    return None


def _leave(draft: Draft, because: str, asked: Asked, *, leftover: bool) -> None:
    tying.leave(draft, because, leftover=leftover, by=asked.by, cause=asked.cause)
    waiting.begin(draft, draft.now, asked.cause)


def _over(draft: Draft, parent: int, at: datetime | None = None) -> Rejected | None:
    """A refusal where the ticket is not under `parent` any more, or again since after `at`."""
    under = draft.ticket.under
    if under is not None and under.parent == parent and (at is None or under.since <= at):
        return None
    return refuse("not_under", "it is not worked under that ticket any more", draft.ticket)


def _not_apart(ticket: Ticket) -> Rejected | None:
    """A refusal where it is part of a major incident already."""
    if ticket.under is not None:
        return refuse("under_major", f"it is worked under {ticket.under.parent}: leave it", ticket)
    if ticket.major is not None:
        return refuse("major", "it is a major incident itself", ticket)
    return None


def _a_problem(ticket: Ticket) -> Rejected | None:
    if ticket.type is not TicketType.PROBLEM:
        return None
    return refuse("a_problem", "a problem is the cause of incidents, and none itself", ticket)
