"""A new priority on a running ticket: what each client clock becomes, by the SLA's rule."""

from dataclasses import replace
from datetime import datetime

from tierline.domain import clock as clocks
from tierline.domain.clock import Clock, Terms
from tierline.domain.draft import Draft
from tierline.domain.promises import client_terms, sla_of
from tierline.domain.terms import CLIENT_CLOCKS, ClockName, Priority, PriorityChange, TicketType

FAR_GONE = 0.75
"""From this fraction of a client clock on, or after a breach, a downgrade needs the lead."""


def far_gone(draft: Draft, at: datetime) -> bool:
    """Whether any promise to the client is broken or 75 % used at `at`."""
    for clock in draft.ticket.clocks.values():
        if not clock.to_client or clock.met_at is not None:
            continue
        if clock.breached_at is not None:
            return True
        used = clocks.used_us(clock, at, draft.policy.calendars)
        if used >= FAR_GONE * clock.target_s * 1_000_000:
            return True
    return False


def clocks_under(draft: Draft, priority: Priority, at: datetime) -> list[Clock]:
    """Every client clock as it is after the ticket takes `priority` at `at`.

    A request keeps its own targets. Holds carry over in every case: what was consumed is business
    time that was not held.
    """
    ticket, policy = draft.ticket, draft.policy
    if ticket.type is TicketType.REQUEST:
        return []
    sla = sla_of(policy, ticket.agreement)
    new = client_terms(policy, sla, ticket.type, priority)
    changed = []
    for name in CLIENT_CLOCKS:
        clock = ticket.clocks.get(name)
        if clock is not None and clock.over:
            continue
        if name not in new:
            if clock is not None:
                changed.append(clocks.void(clock, at, policy.calendars))
        elif clock is not None:
            changed.append(_under(clock, new[name], sla.priority_change, at, draft))
        elif name is not ClockName.UPDATE:
            since = ticket.opened_at if sla.priority_change is PriorityChange.RETROACTIVE else at
            changed.append(_late_start(name, new[name], since, at, draft))
    return changed


def _late_start(
    name: ClockName, terms: Terms, since: datetime, at: datetime, draft: Draft
) -> Clock:
    """A promise the old priority did not make; retroactive ones count from the opening."""
    fresh = clocks.start(name, terms, since, cycle=draft.ticket.cycle)
    calendars = draft.policy.calendars
    return clocks.resume(clocks.stop(fresh, at, "priority", calendars), at, calendars)


def _under(clock: Clock, terms: Terms, rule: PriorityChange, at: datetime, draft: Draft) -> Clock:
    was_running = clock.running
    stopped = clocks.stop(clock, at, "priority", draft.policy.calendars)
    carried_us, cycle, fired, breached = _carried(stopped, terms, rule)
    changed = replace(
        stopped,
        target_s=terms.target_s,
        calendar=terms.calendar.hash,
        thresholds=terms.thresholds,
        holds=terms.holds,
        policy=terms.policy,
        carried_us=carried_us,
        cycle=cycle,
        fired=fired,
        breached_at=breached,
    )
    if was_running:
        return clocks.resume(changed, at, draft.policy.calendars)
    return replace(changed, stopped_by=clock.stopped_by)


def _carried(
    clock: Clock, terms: Terms, rule: PriorityChange
) -> tuple[int, int, tuple[float, ...], datetime | None]:
    """Microseconds consumed under the new terms, the cycle, thresholds told, the breach."""
    kept = (clock.cycle, clock.fired, clock.breached_at)
    if rule is PriorityChange.RESET:
        return 0, clock.cycle + 1, (), None
    if rule is PriorityChange.RETROACTIVE:
        return clocks.recount(clock, terms.calendar), *kept
    if rule is PriorityChange.FORWARD:
        return round(clock.carried_us * terms.target_s / clock.target_s), *kept
    return clock.carried_us, *kept
