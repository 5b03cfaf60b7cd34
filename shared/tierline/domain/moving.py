"""Moves between groups: up, down, sideways, skipping, to management; by hand or by time."""

from datetime import datetime

from tierline.domain import clock as clocks
from tierline.domain import co_managed, waiting
from tierline.domain.business_time import add
from tierline.domain.clock import Clock
from tierline.domain.draft import Draft
from tierline.domain.events import Actor, Escalated, Returned, Transferred, Why
from tierline.domain.policy import Group, Policy, rank
from tierline.domain.promises import on_arrival, review_after, update_clock
from tierline.domain.terms import ClockName, PacketRule, Priority
from tierline.domain.ticket import Packet, Ticket, TierUse

PRESSING = frozenset({Priority.P1, Priority.P2})


def direction(
    policy: Policy, from_tier: str, to_tier: str
) -> type[Escalated | Returned | Transferred]:
    """Whether a move from one tier to another is up, down or sideways in the policy's order."""
    here, there = rank(policy.tiers, from_tier), rank(policy.tiers, to_tier)
    if there > here:
        return Escalated
    return Returned if there < here else Transferred


def banked(draft: Draft, at: datetime) -> TierUse:
    """What the ticket's present tier has used at `at`, as its next visit will find it."""
    clock = draft.clock(ClockName.TIER)
    if clock is None or clock.over:  # over: of a tier before this one, which has no limit
        return draft.ticket.tier_used.get(draft.ticket.tier, TierUse(0))
    return TierUse(clocks.used_us(clock, at, draft.policy.calendars), clock.fired)


def move(
    draft: Draft,
    group: Group,
    *,
    at: datetime,
    by: Actor,
    why: Why,
    reason: str,
    cause: str,
    packet: str = "",
    handed: Packet | None = None,
    skipped: tuple[str, ...] = (),
) -> None:
    """Put the ticket into `group`'s queue at `at`; its owner becomes a helper, its plan is void.

    Where the group is closed and the policy says so, somebody is paged at once.
    """
    ticket = draft.ticket
    kind = direction(draft.policy, ticket.tier, group.tier)
    used = banked(draft, at)
    arriving = used if group.tier == ticket.tier else ticket.tier_used.get(group.tier, TierUse(0))
    arrival = on_arrival(draft, group, at, arriving)
    changed = [*_left_behind(draft, at, arrival.started), *arrival.started]
    begins = co_managed.begins(draft, group)
    changed += co_managed.begun(draft, at) if begins else []
    ours = begins or not ticket.clocks_wait
    if ours and kind is Escalated and ticket.priority in PRESSING and not _updating(ticket):
        changed += update_clock(draft, at)
    what = kind(
        from_tier=ticket.tier,
        from_group=ticket.group,
        to_tier=group.tier,
        to_group=group.name,
        reason=reason,
        sender=ticket.owner,
        packet=packet,
        used=used,
        topped_up=arrival.topped_up,
        bounce=is_bounce(ticket, group.name),
        handed=handed,
        packet_due=_packet_due(draft, kind, handed, at),
        budget=arrival.budget,
        skipped=skipped,
        expected_at=arrival.expected_at,
        clocks_begin=begins,
    )
    review_at = review_after(group, at, unclaimed=True)
    draft.emit(what, at=at, by=by, why=why, cause=cause, changed=changed, review_at=review_at)
    waiting.begin(draft, at, cause)


def _packet_due(
    draft: Draft,
    kind: type[Escalated | Returned | Transferred],
    handed: Packet | None,
    at: datetime,
) -> datetime | None:
    """When the sender of an upward move is asked for what the next tier needs; None: never."""
    rules, ticket = draft.policy.hand_over, draft.ticket
    sender = ticket.owner or ticket.helper
    if kind is not Escalated or not sender or rules.packet is PacketRule.FREE:
        return None
    if handed is not None and handed.complete:
        return None
    group = draft.policy.groups.get(ticket.group)
    return at + rules.ask_within if group is None else add(group.hours, at, rules.ask_within)


def is_bounce(ticket: Ticket, to_group: str) -> bool:
    """Whether the ticket would go straight back to the group it came from."""
    return len(ticket.trail) > 1 and ticket.trail[-2] == to_group


def _updating(ticket: Ticket) -> bool:
    clock = ticket.clocks.get(ClockName.UPDATE)
    return clock is not None and not clock.over


def _left_behind(draft: Draft, at: datetime, started: list[Clock]) -> list[Clock]:
    """The internal clocks of the old stay that the new one does not replace, ended."""
    replaced = {clock.name for clock in started}
    ended = []
    for name in (ClockName.TIER, ClockName.QUEUE, ClockName.SILENT):
        clock = draft.clock(name)
        if clock is not None and name not in replaced and not clock.over:
            ended.append(clocks.void(clock, at, draft.policy.calendars))
    return ended
