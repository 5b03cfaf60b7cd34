"""Running promises under the terms of another version of the policy.

A promise is pinned to the version it was made under, until somebody moves it. What was consumed
stays consumed, as the new version's SLA says of a new priority; a promise that the new terms do not
make ends, one that only they make begins.
"""

from collections.abc import Iterator
from datetime import datetime

from tierline.domain import clock as clocks
from tierline.domain.clock import Clock, Terms
from tierline.domain.draft import Draft
from tierline.domain.prioritising import under
from tierline.domain.promises import client_terms, limits_of, sla_of, update_terms
from tierline.domain.terms import CLIENT_CLOCKS, ClockName, PriorityChange, TicketType

INTERNAL = (ClockName.TIER, ClockName.QUEUE, ClockName.SILENT)
"""The limits of a stay. What a vendor promised, and the time to confirm, are nobody's terms."""

_BY = "terms"
"""Why a clock stood still for the instant in which its terms changed."""


def differs(clock: Clock, terms: Terms) -> bool:
    """Whether `clock` would run otherwise under `terms`."""
    return (clock.target_s, clock.calendar, clock.thresholds, clock.holds) != (
        terms.target_s,
        terms.calendar.hash,
        terms.thresholds,
        terms.holds,
    )


def clocks_moved(draft: Draft, at: datetime) -> list[Clock]:
    """Every clock that the draft's policy changes, as it is after `at`; empty where none.

    A limit that was cut to fit the client's promise is whole again under another version.
    """
    running = (clock for clock in draft.ticket.clocks.values() if not clock.over)
    if all(clock.policy == draft.policy.version for clock in running):
        return []
    return [*_promises(draft, at), *_limits(draft, at)]


def _promises(draft: Draft, at: datetime) -> Iterator[Clock]:
    ticket, policy = draft.ticket, draft.policy
    sla = sla_of(policy, ticket.agreement)
    new = client_terms(policy, sla, ticket.type, ticket.priority)
    for name in (name for name in ClockName if name in CLIENT_CLOCKS):
        clock, terms = ticket.clocks.get(name), new.get(name)
        if name is ClockName.UPDATE:  # of a major incident clients hear as of a P1
            terms = update_terms(policy, ticket)
        if clock is None:
            if terms is not None and name is not ClockName.UPDATE:
                yield clocks.start(name, terms, at, cycle=ticket.cycle)
        elif clock.over:
            continue
        elif terms is None:
            yield clocks.void(clock, at, policy.calendars)
        elif differs(clock, terms):
            yield under(clock, terms, sla.priority_change, at, draft, by=_BY)


def _limits(draft: Draft, at: datetime) -> Iterator[Clock]:
    """The limits of the present stay, by what the path now says of its tier."""
    ticket, policy = draft.ticket, draft.policy
    group = policy.groups.get(ticket.group)
    if group is None:
        return
    new = limits_of(draft, group)
    for name in INTERNAL:
        clock, terms = ticket.clocks.get(name), new.get(name)
        if clock is None or clock.over or clock.policy == policy.version:
            continue
        if terms is None or (name is ClockName.TIER and ticket.type is TicketType.REQUEST):
            yield clocks.void(clock, at, policy.calendars)
        elif differs(clock, terms):
            yield under(clock, terms, PriorityChange.KEEP_CONSUMED, at, draft, by=_BY)
