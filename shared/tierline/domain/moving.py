"""Moves between groups: up, down, sideways, skipping, to management; by hand or by time."""

from datetime import datetime

from tierline.domain import clock as clocks
from tierline.domain.clock import Clock
from tierline.domain.draft import Draft
from tierline.domain.events import (
    Actor,
    Escalated,
    EscalationProposed,
    Returned,
    Transferred,
    Why,
)
from tierline.domain.policy import Group, Policy, rank
from tierline.domain.promises import on_arrival, review_after, update_clock
from tierline.domain.terms import ClockName, Mode, Priority
from tierline.domain.ticket import Ticket, TierUse
from tierline.domain.triage import choose_group

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
) -> None:
    """Put the ticket into `group`'s queue at `at`; its owner becomes a helper, its plan is void."""
    ticket = draft.ticket
    kind = direction(draft.policy, ticket.tier, group.tier)
    used = banked(draft, at)
    arriving = used if group.tier == ticket.tier else ticket.tier_used.get(group.tier, TierUse(0))
    started, topped_up = on_arrival(draft, group, at, arriving)
    changed = [*_left_behind(draft, at, started), *started]
    if kind is Escalated and ticket.priority in PRESSING and not _updating(ticket):
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
        topped_up=topped_up,
        bounce=is_bounce(ticket, group.name),
    )
    review_at = review_after(group, at, unclaimed=True)
    draft.emit(what, at=at, by=by, why=why, cause=cause, changed=changed, review_at=review_at)


def is_bounce(ticket: Ticket, to_group: str) -> bool:
    """Whether the ticket would go straight back to the group it came from."""
    return len(ticket.trail) > 1 and ticket.trail[-2] == to_group


def move_by_time(
    draft: Draft, *, at: datetime, by: Actor, rule: str, reason: str, cause: str
) -> None:
    """What a lapse or a slipped plan does: move on, or propose it where the mode says so.

    At the end of the path nothing is left to do here; the lapse itself is told.
    """
    ticket, policy = draft.ticket, draft.policy
    path = policy.paths.get(ticket.path)
    step = path.step_after(ticket.tier, policy.tiers) if path else None
    if step is None:
        return
    group, chosen = choose_group(policy, draft.floor, step.tier, ticket.category, at)
    why = draft.why(
        rule,
        path=ticket.path,
        from_tier=ticket.tier,
        target_s=limit.target_s if (limit := draft.clock(ClockName.TIER)) else None,
        chosen=chosen,
        mode=ticket.mode,
        floor=draft.floor.seen(group, at),
    )
    if ticket.mode is Mode.ACT:
        move(draft, group, at=at, by=by, why=why, reason=reason, cause=cause)
    else:
        proposed = EscalationProposed(group.tier, group.name, reason)
        draft.emit(proposed, at=at, by=by, why=why, cause=cause)


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
