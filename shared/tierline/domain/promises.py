"""Which clocks a ticket gets, on whose hours and with which terms."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from tierline.domain import budget
from tierline.domain import clock as clocks
from tierline.domain.business_time import add, mean_open_per_weekday, next_closing
from tierline.domain.calendar import Calendar
from tierline.domain.clock import Clock, Terms
from tierline.domain.draft import Draft
from tierline.domain.policy import (
    LIMIT_ONLY,
    TIER_THRESHOLDS,
    Duration,
    Group,
    Policy,
    Sla,
    Step,
)
from tierline.domain.terms import ClockName, OverBudget, Priority, TicketType
from tierline.domain.ticket import Ticket, TierUse

LEAST_LEFT_S = 600
"""A receiver gets what the tier has left, but at least this many seconds, once a group."""

MAJOR_UPDATE = Duration(seconds=1_800)
"""The longest that clients wait for a word about a major incident, on the cover of a P1."""

LATE_IN_CLOCK = 0.9
"""Plans and holds opened in the last tenth of a clock they stop are marked."""


def sla_of(policy: Policy, agreement: str) -> Sla:
    """The SLA of the agreement of that name (the default agreement's where it is unknown)."""
    return policy.slas[policy.agreement(agreement).sla]


def client_terms(
    policy: Policy, sla: Sla, kind: TicketType, priority: Priority
) -> Mapping[ClockName, Terms]:
    """The terms of every client clock the SLA promises for a ticket of `kind` and `priority`."""
    key = (sla.name, kind, priority)
    found = policy.found_terms.get(key)
    if found is None:
        targets = _targets(sla, kind, priority)
        cover = sla.cover[priority]
        found = {name: _terms(policy, sla, name, target, cover) for name, target in targets.items()}
        policy.found_terms[key] = found
    return found


def _targets(sla: Sla, kind: TicketType, priority: Priority) -> Mapping[ClockName, Duration]:
    """What is promised; nobody was promised anything of a problem, which we found ourselves."""
    if kind is TicketType.PROBLEM:
        return {}
    return sla.requests if kind is TicketType.REQUEST else sla.targets.get(priority, {})


def _terms(policy: Policy, sla: Sla, name: ClockName, target: Duration, cover: Calendar) -> Terms:
    holds = () if name is ClockName.RESPOND else _holds(sla, name)
    return Terms(target.on(cover), cover, sla.thresholds, policy.version, holds)


def _holds(sla: Sla, name: ClockName) -> tuple[str, ...]:
    return tuple(sorted(reason.value for reason, names in sla.on_hold.items() if name in names))


def at_opening(
    policy: Policy, agreement: str, kind: TicketType, priority: Priority, at: datetime
) -> list[Clock]:
    """The client clocks that start with the ticket at `at`; `update` waits for an upward move."""
    terms = client_terms(policy, sla_of(policy, agreement), kind, priority)
    return [
        clocks.start(name, term, at, cycle=1)
        for name, term in terms.items()
        if name is not ClockName.UPDATE
    ]


def step_of(policy: Policy, ticket: Ticket, tier: str) -> Step:
    """What the ticket's path says of `tier`; a step without limits where it does not visit it."""
    path = policy.paths.get(ticket.path)
    return (path.step_at(tier) if path else None) or Step(tier)


class Arrival(NamedTuple):
    """What a new stay begins with: its clocks, whether its tier clock was topped up, its budget.

    `budget`: `short` or `compressed` where the limit is longer than the client's promise leaves.
    `expected_at`: when (UTC) the path expects it to be done there, of the group's staffed time.
    """

    started: list[Clock]
    topped_up: bool
    budget: str
    expected_at: datetime | None = None


def on_arrival(draft: Draft, group: Group, at: datetime, use: TierUse) -> Arrival:
    """The internal clocks of a new stay with `group`.

    The tier clock goes on from `use`, where the tier left it; a request has none. The queue clock
    starts anew. A problem has neither: it is looked at each day.
    """
    ticket, step = draft.ticket, step_of(draft.policy, draft.ticket, group.tier)
    if ticket.type is TicketType.PROBLEM:
        return Arrival([], topped_up=False, budget="")
    started: list[Clock] = []
    topped_up, cut = False, ""
    if step.limit is not None and ticket.type is not TicketType.REQUEST:
        terms = _limit_terms(draft.policy, group, step.limit, _thresholds(step))
        tier, topped_up = _tier_clock(draft, group, terms, at, use)
        if budget.too_long(draft, tier.due, at):
            cut = budget.SHORT
            if step.over_budget is OverBudget.COMPRESS:
                limit_s = budget.compressed_s(draft, group, step, terms.target_s, at)
                terms = Terms(limit_s, group.hours, terms.thresholds, terms.policy)
                tier, topped_up = _tier_clock(draft, group, terms, at, use)
                cut = budget.COMPRESSED
        started.append(tier)
    if step.unclaimed is not None:
        started.append(queue_clock(draft, group, step.unclaimed, at))
    return Arrival(started, topped_up, cut, _expected_at(ticket, step, group, at))


def _expected_at(ticket: Ticket, step: Step, group: Group, at: datetime) -> datetime | None:
    """Nothing is expected of a request: it has promises of its own, and no limit."""
    if step.expect is None or ticket.type is TicketType.REQUEST:
        return None
    return add(group.hours, at, timedelta(seconds=step.expect.on(group.hours)))


def tier_clock_for(draft: Draft, at: datetime) -> Clock | None:
    """The tier clock of the present stay, begun at `at` with what the tier has used before.

    None where the path gives the tier no limit, or the policy has the group no more.
    """
    ticket = draft.ticket
    group = draft.policy.groups.get(ticket.group)
    step = step_of(draft.policy, ticket, ticket.tier)
    if group is None or step.limit is None:
        return None
    use = ticket.tier_used.get(ticket.tier, TierUse(0))
    terms = _limit_terms(draft.policy, group, step.limit, _thresholds(step))
    return clocks.start(
        ClockName.TIER,
        terms,
        at,
        cycle=draft.next_seq,
        carried_us=use.carried_us,
        fired=_already_told(use, use.carried_us, terms.target_s),
    )


def _thresholds(step: Step) -> tuple[float, ...]:
    """When a stay is spoken of; the lead's joining is one of those instants."""
    if step.assist is None or step.assist in TIER_THRESHOLDS:
        return TIER_THRESHOLDS
    return tuple(sorted((*TIER_THRESHOLDS, step.assist)))


def _limit_terms(
    policy: Policy, group: Group, limit: Duration, thresholds: tuple[float, ...]
) -> Terms:
    """The terms of an internal clock with `limit` on the hours of `group`, one of the policy's."""
    key = (group.name, limit.seconds, limit.business_days, thresholds)
    found = policy.found_limits.get(key)
    if found is None:
        found = Terms(limit.on(group.hours), group.hours, thresholds, policy.version)
        policy.found_limits[key] = found
    return found


def _tier_clock(
    draft: Draft, group: Group, terms: Terms, at: datetime, use: TierUse
) -> tuple[Clock, bool]:
    target_s = terms.target_s
    least_us = max(0, target_s - LEAST_LEFT_S) * 1_000_000
    topped_up = use.carried_us > least_us and group.name not in draft.ticket.topped_up
    carried_us = least_us if topped_up else use.carried_us
    fired = _already_told(use, carried_us, target_s) if use.fired else ()
    clock = clocks.start(
        ClockName.TIER, terms, at, cycle=draft.next_seq, carried_us=carried_us, fired=fired
    )
    return clock, topped_up


def _already_told(use: TierUse, carried_us: int, target_s: int) -> tuple[float, ...]:
    """Thresholds told in an earlier stay of the tier that are still behind us."""
    return tuple(f for f in use.fired if f * target_s * 1_000_000 <= carried_us)


def limits_of(draft: Draft, group: Group) -> Mapping[ClockName, Terms]:
    """The terms of the limits of a stay with `group`, as the ticket's path has them now."""
    step = step_of(draft.policy, draft.ticket, group.tier)
    written = {
        ClockName.TIER: (step.limit, _thresholds(step)),
        ClockName.QUEUE: (step.unclaimed, LIMIT_ONLY),
        ClockName.SILENT: (step.silent, LIMIT_ONLY),
    }
    return {
        name: _limit_terms(draft.policy, group, limit, thresholds)
        for name, (limit, thresholds) in written.items()
        if limit is not None
    }


def queue_clock(draft: Draft, group: Group, limit: Duration, at: datetime) -> Clock:
    """The clock of a ticket that waits unclaimed in `group`'s queue from `at`."""
    terms = _limit_terms(draft.policy, group, limit, LIMIT_ONLY)
    return clocks.start(ClockName.QUEUE, terms, at, cycle=draft.next_seq)


def silent_clock(draft: Draft, at: datetime) -> list[Clock]:
    """The clock of an owner who gives no word, from `at`; empty where the path has none."""
    group = draft.policy.groups.get(draft.ticket.group)
    step = step_of(draft.policy, draft.ticket, draft.ticket.tier)
    if group is None or step.silent is None or draft.ticket.type is TicketType.PROBLEM:
        return []
    terms = _limit_terms(draft.policy, group, step.silent, LIMIT_ONLY)
    return [clocks.start(ClockName.SILENT, terms, at, cycle=draft.next_seq)]


def confirm_clock(draft: Draft, at: datetime) -> Clock:
    """The clock of a resolution nobody has confirmed yet."""
    sla = sla_of(draft.policy, draft.ticket.agreement)
    cover = sla.cover[draft.ticket.priority]
    parts = sla.confirm_reminders + 1
    thresholds = tuple(part / parts for part in range(1, parts)) + LIMIT_ONLY
    terms = Terms(sla.confirm.on(cover), cover, thresholds, draft.policy.version)
    return clocks.start(ClockName.CONFIRM, terms, at, cycle=draft.next_seq)


def update_clock(draft: Draft, at: datetime, *, major: bool = False) -> list[Clock]:
    """The clock of the client's next update; empty where the SLA promises none.

    `major`: the ticket becomes a major incident. Of one, clients hear as of a P1, whatever its own
    priority is, and at the latest each MAJOR_UPDATE where the SLA promises them nothing.
    """
    terms = update_terms(draft.policy, draft.ticket, major=major)
    if terms is None:
        return []
    return [clocks.start(ClockName.UPDATE, terms, at, cycle=draft.next_seq)]


def update_terms(policy: Policy, ticket: Ticket, *, major: bool = False) -> Terms | None:
    """The terms of the client's next update; None where the SLA promises none. See update_clock."""
    sla, as_major = sla_of(policy, ticket.agreement), major or ticket.major is not None
    priority = Priority.P1 if as_major else ticket.priority
    terms = client_terms(policy, sla, ticket.type, priority).get(ClockName.UPDATE)
    if terms is None and as_major:
        return _terms(policy, sla, ClockName.UPDATE, MAJOR_UPDATE, sla.cover[Priority.P1])
    return terms


def updated(draft: Draft, at: datetime) -> list[Clock]:
    """The update clock anew, as the client has just heard something; empty where none counts."""
    clock = draft.clock(ClockName.UPDATE)
    return update_clock(draft, at) if clock is not None and not clock.over else []


def approval_expiry(draft: Draft) -> datetime:
    """Until when an approver who is asked now may answer, by the policy, on the cover."""
    ticket = draft.ticket
    cover = sla_of(draft.policy, ticket.agreement).cover[ticket.priority]
    within = timedelta(seconds=draft.policy.approvals.within.on(cover))
    return add(cover, draft.now, within) or draft.now + within


def met(draft: Draft, at: datetime, names: Iterable[ClockName]) -> list[Clock]:
    """The clocks of `names` that are still open, met at `at`."""
    found = (draft.clock(name) for name in names)
    return [
        clocks.meet(clock, at, draft.policy.calendars)
        for clock in found
        if clock is not None and not clock.over
    ]


def next_review(group: Group | None, at: datetime, *, unclaimed: bool) -> datetime:
    """Like `review_after`; a plain day ahead where the policy has no such group any more."""
    if group is None:
        return at + timedelta(days=1)
    return review_after(group, at, unclaimed=unclaimed)


def last_tenth(clock: Clock, at: datetime, policy: Policy) -> bool:
    """Whether a running clock is in the last tenth of its target at `at`, and not yet beyond it."""
    used, target = clocks.used_us(clock, at, policy.calendars), clock.target_s * 1_000_000
    return clock.running and LATE_IN_CLOCK * target <= used < target


def review_after(group: Group, at: datetime, *, unclaimed: bool) -> datetime:
    """When to look again: a business day of the group ahead, or its closing while unclaimed."""
    return _review_after(group.hours, at, unclaimed)


@lru_cache(maxsize=clocks.DUES_KEPT)
def _review_after(hours: Calendar, at: datetime, unclaimed: bool) -> datetime:  # noqa: FBT001
    daily = add(hours, at, mean_open_per_weekday(hours)) or at + timedelta(days=1)
    if not unclaimed:
        return daily
    closing = next_closing(hours, at)
    return daily if closing is None else min(daily, closing)
