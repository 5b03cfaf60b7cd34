"""A new priority on a running ticket: what each client clock becomes, by the SLA's rule."""

from datetime import datetime

from tierline.domain import clock as clocks
from tierline.domain.amend import amended
from tierline.domain.clock import Clock, Terms
from tierline.domain.draft import Draft
from tierline.domain.policy import Sla
from tierline.domain.promises import client_terms, sla_of
from tierline.domain.terms import (
    CLIENT_CLOCKS,
    ClockName,
    Priority,
    PriorityChange,
    ReopenRule,
    TicketType,
)

FAR_GONE = 0.75
"""From this fraction of a client clock on, or after a breach, a downgrade needs the lead."""


def far_gone(draft: Draft, at: datetime) -> bool:
    """Whether any promise to the client is broken or 75 % used at `at`."""
    for clock in draft.ticket.clocks.values():
        if not clock.to_client:
            continue
        if clock.breached_at is not None:
            return True
        if clock.over:
            continue
        used = clocks.used_us(clock, at, draft.policy.calendars)
        if used >= FAR_GONE * clock.target_s * 1_000_000:
            return True
    return False


def clocks_under(draft: Draft, priority: Priority, at: datetime) -> list[Clock]:
    """Every client clock as it is after the ticket takes `priority` at `at`.

    A request keeps its own targets, and what has not begun yet begins later. Holds carry over in
    every case: what was consumed is business time that was not held.
    """
    ticket, policy = draft.ticket, draft.policy
    if ticket.type is TicketType.REQUEST or ticket.clocks_wait:
        return []
    sla = sla_of(policy, ticket.agreement)
    new = client_terms(policy, sla, ticket.type, priority)
    changed = []
    for name in (name for name in ClockName if name in CLIENT_CLOCKS):
        clock = ticket.clocks.get(name)
        if name is ClockName.UPDATE and ticket.major is not None:
            continue  # clients hear of a major incident as of a P1, whatever it is
        if name not in new:
            if clock is not None and not clock.over:
                changed.append(clocks.void(clock, at, policy.calendars))
        elif clock is None:
            if name is not ClockName.UPDATE:
                changed.append(_late_start(name, new[name], sla.priority_change, at, draft))
        elif not clock.over:
            changed.append(under(clock, new[name], sla.priority_change, at, draft))
        elif clock.met_at is None and owed_again(draft, sla):
            changed.append(_again(clock, new[name], sla.priority_change, at, draft))
    return changed


def owed_again(draft: Draft, sla: Sla) -> bool:
    """Whether a promise that an earlier priority dropped is made again by one that has it."""
    return sla.reopen is not ReopenRule.FIRST_ONLY or not draft.ticket.reopened


def _late_start(
    name: ClockName, terms: Terms, rule: PriorityChange, at: datetime, draft: Draft
) -> Clock:
    """A promise the old priority did not make; a retroactive one counts from the opening."""
    cycle = draft.ticket.cycle
    if rule is PriorityChange.RETROACTIVE:
        return as_if_always(name, terms, at, draft, cycle)
    return clocks.start(name, terms, at, cycle=cycle)


def _again(clock: Clock, terms: Terms, rule: PriorityChange, at: datetime, draft: Draft) -> Clock:
    """A promise that was dropped and is made again: it goes on, as the rule says."""
    if rule is not PriorityChange.RETROACTIVE:
        return under(amended(clock, stopped_by="priority"), terms, rule, at, draft)
    always = as_if_always(clock.name, terms, at, draft, clock.cycle)
    return amended(always, fired=clock.fired, breached_at=clock.breached_at)


def as_if_always(
    name: ClockName,
    terms: Terms,
    at: datetime,
    draft: Draft,
    cycle: int,
    *,
    basis: Clock | None = None,
) -> Clock:
    """A clock with what it would have used by `at` had it run since the opening.

    Where it can be held, it was when `basis` was, by default the resolution: plan holds as resolve
    does.
    """
    opened_at, calendars = draft.ticket.opened_at, draft.policy.calendars
    resolve = basis or draft.clock(ClockName.RESOLVE)
    if not terms.holds or resolve is None:
        since = clocks.start(name, terms, opened_at, cycle=cycle)
        return clocks.resume(clocks.stop(since, at, "priority", calendars), at, calendars)
    ran = clocks.stop(resolve, at, "priority", calendars)
    used_us = clocks.recount(ran, terms.calendar)
    fresh = clocks.start(name, terms, at, cycle=cycle, carried_us=used_us)
    return amended(fresh, started_at=opened_at, runs=ran.runs)


def under(
    clock: Clock,
    terms: Terms,
    rule: PriorityChange,
    at: datetime,
    draft: Draft,
    *,
    by: str = "priority",
) -> Clock:
    """A clock that is not over, under other `terms` from `at`, by `rule`; `by`: what changed it."""
    was_running = clock.running
    stopped = clocks.stop(clock, at, by, draft.policy.calendars)
    carried_us, cycle, fired, breached = _carried(stopped, terms, rule)
    changed = amended(
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
    return amended(changed, stopped_by=clock.stopped_by)


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
