"""Turning an incident into a request, and back."""

from tierline.domain.commands import Rejected, Retype
from tierline.domain.draft import Draft
from tierline.domain.events import Retyped
from tierline.domain.handlers.asked import Asked, missing, not_active, not_yours, refuse
from tierline.domain.moving import banked
from tierline.domain.retyping import clocks_of
from tierline.domain.terms import TicketType

TURNED = frozenset({TicketType.INCIDENT, TicketType.REQUEST})
"""Kinds of work that people take one for the other. An alert is a monitor's, a problem our own."""


def retype(draft: Draft, command: Retype, asked: Asked) -> Rejected | None:
    """By the owner, a lead, or anybody while nobody owns it; with a reason."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if refused := missing(command.reason, "reason", ticket):
        return refused
    if command.to is ticket.type:
        return refuse("same_type", f"it is already of the type {ticket.type}", ticket)
    if not {command.to, ticket.type} <= TURNED:
        return refuse(
            "not_turned",
            f"only an incident and a request are turned into each other, not a {ticket.type} into"
            f" a {command.to}: open another ticket",
            ticket,
        )
    changed = clocks_of(draft, command.to, at)
    dues = {}
    for clock in changed:
        if clock.to_client:
            before = ticket.clocks.get(clock.name)
            dues[clock.name.value] = (before.due if before else None, clock.due)
    leaves = command.to is TicketType.REQUEST
    what = Retyped(
        old=ticket.type,
        new=command.to,
        reason=command.reason,
        dues=dues,
        used=banked(draft, at) if leaves else None,
    )
    why = draft.why(
        "type change",
        counted_from=ticket.opened_at.isoformat(),
        ended=sorted(c.name for c in changed if c.stopped_by == "void"),
    )
    draft.emit(what, at=at, by=asked.by, why=why, cause=asked.cause, changed=changed)
    return None
