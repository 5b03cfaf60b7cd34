"""The end of the work: resolving, reopening, closing."""

from datetime import datetime, timedelta

from tierline.domain import clock as clocks
from tierline.domain import tying, waiting
from tierline.domain.clock import Clock
from tierline.domain.draft import Draft
from tierline.domain.events import Actor, Closed, Confirmed, Reopened, Resolved, Why
from tierline.domain.policy import Group, rank
from tierline.domain.promises import (
    at_opening,
    client_terms,
    confirm_clock,
    met,
    next_review,
    on_arrival,
    review_after,
    silent_clock,
    sla_of,
    update_clock,
)
from tierline.domain.requiring import require_rca
from tierline.domain.surveys import is_asked
from tierline.domain.terms import ClockName, ReopenRule, TicketType
from tierline.domain.ticket import Ticket, TierUse
from tierline.domain.unfinished import unfinished

ANSWERED_BY_RESOLVING = (
    ClockName.RESPOND,
    ClockName.PLAN,
    ClockName.RESOLVE,
    ClockName.FULFIL,
)
"""A ticket solved on the spot was responded to, planned and resolved in one event."""

PREMATURE = timedelta(minutes=10)
"""Work above the first tier that takes less says that the ticket went up too soon."""

_MET_BY_THE_END = frozenset({ClockName.RESOLVE, ClockName.FULFIL})
"""Promises of the end of the work, which is taken back by reopening."""


def resolve(
    draft: Draft,
    *,
    at: datetime,
    by: Actor,
    why: Why,
    resolution: str,
    resolver: str = "",
    tier_below_could: str = "",
    self_healed: bool = False,
    cause: str = "",
    fault: str = "",
    flowed: int = 0,
) -> None:
    """Resolve the ticket at `at`; the client's clocks are met, confirm starts.

    `flowed`: the major incident whose resolution it is.
    """
    ticket = draft.ticket
    held = ticket.held_us + (_us(at - ticket.hold.began) if ticket.hold else 0)
    changed = [*met(draft, at, ANSWERED_BY_RESOLVING), confirm_clock(draft, at)]
    group = draft.policy.groups.get(ticket.group)
    draft.emit(
        Resolved(
            resolution=resolution,
            by=resolver,
            self_healed=self_healed,
            tier_below_could=tier_below_could,
            gross_s=round((at - ticket.opened_at) / timedelta(seconds=1)),
            fault=fault,
            first_contact=bool(resolver) and at_first_contact(ticket, resolver),
            premature=not flowed and is_premature(draft, at),
            held_s=held // 1_000_000,
            flowed=flowed,
        ),
        at=at,
        by=by,
        why=why,
        cause=cause,
        changed=changed,
        review_at=next_review(group, at, unclaimed=False),
    )
    require_rca(draft, at, cause)


def at_first_contact(ticket: Ticket, resolver: str) -> bool:
    """Whether `resolver` took the call and resolves it, for the first time, without a hand-over.

    An alert is nobody's contact, and a problem is found by ourselves.
    """
    called = ticket.type in {TicketType.INCIDENT, TicketType.REQUEST}
    took = ticket.desk_owner in {"", resolver}
    return called and took and not ticket.escalated and not ticket.reopened


def is_premature(draft: Draft, at: datetime) -> bool:
    """Whether a ticket that was handed up is resolved within PREMATURE of its claim there.

    It went up too soon: the tier below could most likely have done it.
    """
    ticket, policy = draft.ticket, draft.policy
    first = policy.groups.get(ticket.trail[0]) if ticket.trail else None
    if first is None or ticket.claimed_at is None or ticket.self_healed:
        return False
    above = rank(policy.tiers, ticket.tier) > rank(policy.tiers, first.tier)
    return above and at - ticket.claimed_at < PREMATURE


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def reopen(
    draft: Draft,
    *,
    at: datetime,
    by: Actor,
    why: Why,
    reason: str,
    rejected: bool,
    cause: str,
    alert: str = "",
    flowed: int = 0,
) -> None:
    """Back to the last group, to whoever resolved it if they are on shift now.

    `alert`: the firing alert that brought it about, if one did. `flowed`: the major incident that
    was reopened; what was under one and comes back by itself leaves it, since it was not helped.
    """
    ticket, policy = draft.ticket, draft.policy
    group = policy.groups.get(ticket.group) or next(iter(policy.groups.values()))
    owner = ticket.resolved_by if _is_in(draft, group, at) else ""
    ends = draft.floor.person(owner).claim_end(at) if owner else None
    tier_clock = ticket.clocks.get(ClockName.TIER)
    use = ticket.tier_used.get(group.tier, TierUse(0))
    if tier_clock is not None and group.tier == ticket.tier:
        use = TierUse(tier_clock.carried_us, tier_clock.fired)
    arrival = on_arrival(draft, group, at, use)
    started = arrival.started
    if owner:
        started = [clock for clock in started if clock.name is not ClockName.QUEUE]
    changed = [*started, *_client_clocks(draft, at, owner)]
    draft.emit(
        Reopened(
            reason,
            group.name,
            group.tier,
            owner=owner,
            rejected=rejected,
            topped_up=arrival.topped_up,
            alert=alert,
            flowed=flowed,
            expected_at=arrival.expected_at,
            ends=ends,
        ),
        at=at,
        by=by,
        why=why,
        cause=cause,
        changed=[*changed, *(silent_clock(draft, at) if owner else [])],
        review_at=review_after(group, at, unclaimed=not owner),
    )
    if ticket.under is not None and not flowed:
        because = tying.FIRES_AGAIN if alert else reason
        tying.leave(draft, because, leftover=True, by=by, cause=cause)
    if alert:
        tying.call_problem_the_third_time(draft, by=by, cause=cause)
    waiting.begin(draft, at, cause)


def _is_in(draft: Draft, group: Group, at: datetime) -> bool:
    """Whether who resolved it is of the group and on shift at `at`."""
    login = draft.ticket.resolved_by
    return login in group.members and not draft.floor.person(login).not_in(at, group.hours)


def _client_clocks(draft: Draft, at: datetime, owner: str) -> list[Clock]:
    """What the SLA's reopen rule makes of the client's clocks at `at`.

    Continuing: what was promised and not kept when the work ended runs on, the resolution always.
    In a new cycle an alert that goes straight back to an `owner` counts as claimed. Of a major
    incident clients hear as before.
    """
    ticket = draft.ticket
    again = _promised_again(draft, at, owner)
    if ticket.major is None:
        return again
    kept = [clock for clock in again if clock.name is not ClockName.UPDATE]
    return [*kept, *update_clock(draft, at)]


def _promised_again(draft: Draft, at: datetime, owner: str) -> list[Clock]:
    ticket, policy = draft.ticket, draft.policy
    rule = sla_of(policy, ticket.agreement).reopen
    if rule is ReopenRule.FIRST_ONLY or ticket.clocks_wait:
        return []
    if rule is ReopenRule.CONTINUE:
        sla = sla_of(policy, ticket.agreement)
        return [
            clocks.revive(clock, at, policy.calendars)
            for name in client_terms(policy, sla, ticket.type, ticket.priority)
            if (clock := draft.clock(name)) is not None
            and (clock.met_at is None or name in _MET_BY_THE_END)
        ]
    fresh = at_opening(policy, ticket.agreement, ticket.type, ticket.priority, at)
    started = [_next_cycle(draft, clock) for clock in fresh]
    if not owner or ticket.type is not TicketType.ALERT:
        return started
    return [
        clocks.meet(c, at, policy.calendars) if c.name is ClockName.RESPOND else c for c in started
    ]


def _next_cycle(draft: Draft, fresh: Clock) -> Clock:
    before = draft.clock(fresh.name)
    return clocks.in_cycle(fresh, 1 if before is None else before.cycle + 1)


def confirm(draft: Draft, *, at: datetime, by: Actor, why: Why, note: str, cause: str) -> None:
    """The client agrees: confirmed and closed together, but for what is still to be done."""
    changed = met(draft, at, [ClockName.CONFIRM])
    draft.emit(Confirmed(note), at=at, by=by, why=why, cause=cause, changed=changed)
    if unfinished(draft.ticket):
        return
    asked = is_asked(draft.policy, draft.ticket)
    closed = Closed("confirmed by the client", survey=asked)
    draft.emit(closed, at=at, by=by, why=why, cause=cause)
