"""A ticket that turns out to be work of another kind: what each of its clocks becomes.

Promises of the new kind count from acceptance, as if it had been of that kind from the beginning;
those of the old kind end. What was held stays held.
"""

from datetime import datetime

from tierline.domain import clock as clocks
from tierline.domain.amend import amended
from tierline.domain.clock import Clock, Terms
from tierline.domain.draft import Draft
from tierline.domain.prioritising import as_if_always, owed_again, under
from tierline.domain.promises import client_terms, sla_of, tier_clock_for
from tierline.domain.terms import CLIENT_CLOCKS, ClockName, PriorityChange, TicketType

ENDS = (ClockName.RESOLVE, ClockName.FULFIL)
"""Promises of the end of the work, one for each kind."""


def clocks_of(draft: Draft, kind: TicketType, at: datetime) -> list[Clock]:
    """Every clock that changes where the ticket becomes one of `kind` at `at`."""
    return [*_to_client(draft, kind, at), *_of_tier(draft, kind, at)]


def _to_client(draft: Draft, kind: TicketType, at: datetime) -> list[Clock]:
    ticket, policy = draft.ticket, draft.policy
    if ticket.clocks_wait:
        return []
    sla = sla_of(policy, ticket.agreement)
    terms = client_terms(policy, sla, kind, ticket.priority)
    changed = []
    for name in (name for name in ClockName if name in CLIENT_CLOCKS):
        clock = ticket.clocks.get(name)
        if name not in terms:
            if clock is not None and not clock.over:
                changed.append(clocks.void(clock, at, policy.calendars))
        elif clock is None or clock.stopped_by == "void":
            if name is not ClockName.UPDATE and owed_again(draft, sla):
                changed.append(_begun(draft, name, terms[name], at))
        elif not clock.over:
            changed.append(under(clock, terms[name], PriorityChange.RETROACTIVE, at, draft))
    return changed


def _begun(draft: Draft, name: ClockName, terms: Terms, at: datetime) -> Clock:
    """A promise of the new kind, with what it would have used by `at` since acceptance."""
    before = draft.clock(name)
    cycle = draft.ticket.cycle if before is None else before.cycle + 1
    basis = next((c for n in ENDS if (c := draft.clock(n)) is not None and not c.over), None)
    begun = as_if_always(name, terms, at, draft, cycle, basis=basis)
    return begun if basis is None else amended(begun, started_at=basis.started_at)


def _of_tier(draft: Draft, kind: TicketType, at: datetime) -> list[Clock]:
    """A request has no tier limit; an incident gets what its tier has left."""
    clock = draft.clock(ClockName.TIER)
    if kind is TicketType.REQUEST:
        running = clock is not None and not clock.over
        return [clocks.void(clock, at, draft.policy.calendars)] if clock and running else []
    begun = tier_clock_for(draft, at)
    return [begun] if begun is not None else []
