"""Changing the priority, with the old and the new due instants in the event."""

from tierline.domain import paging
from tierline.domain.commands import Prioritise, Rejected
from tierline.domain.draft import Draft
from tierline.domain.events import Prioritised
from tierline.domain.handlers.asked import Asked, missing, not_active, refuse
from tierline.domain.prioritising import clocks_under, far_gone
from tierline.domain.promises import sla_of
from tierline.domain.triage import SCALE


def prioritise(draft: Draft, command: Prioritise, asked: Asked) -> Rejected | None:
    """By the SLA's rule; a downgrade after 75 % or a breach is the lead's."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or missing(command.reason, "reason", ticket):
        return refused
    impact = ticket.impact if command.impact is None else command.impact
    urgency = ticket.urgency if command.urgency is None else command.urgency
    if not {impact, urgency} <= SCALE:
        return refuse("out_of_range", "impact and urgency go from 1 (worst) to 3", ticket)
    new = command.priority
    if new is None:
        if command.impact is None and command.urgency is None:
            return refuse("missing", "name a priority, or impact and urgency (1 to 3)", ticket)
        new = draft.policy.priority.of(impact, urgency, vip=ticket.vip)
    if new is ticket.priority:
        return refuse("same_priority", f"it is already {new}", ticket)
    down_late = new > ticket.priority and far_gone(draft, at)
    if down_late and not asked.asker.leads:
        return refuse(
            "lead_decides",
            "a promise is broken or 75 % used: lowering the priority is the lead's to decide",
            ticket,
        )
    changed = clocks_under(draft, new, at)
    dues = {}
    for clock in changed:
        before = ticket.clocks.get(clock.name)
        dues[clock.name.value] = (before.due if before else None, clock.due)
    rule = sla_of(draft.policy, ticket.agreement).priority_change
    draft.emit(
        Prioritised(
            old=ticket.priority,
            new=new,
            impact=impact,
            urgency=urgency,
            reason=command.reason,
            dues=dues,
            told_lead=down_late,
        ),
        at=at,
        by=asked.by,
        why=draft.why(f"priority change: {rule}", stated=command.priority is not None),
        cause=asked.cause,
        changed=changed,
    )
    paging.begin(draft, at, asked.cause)
    return None
