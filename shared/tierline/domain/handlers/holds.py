"""Pausing with a reason, and going on."""

from datetime import timedelta

from tierline.domain import waiting
from tierline.domain.business_time import add
from tierline.domain.clock import Clock
from tierline.domain.commands import PutOnHold, Rejected, Resume
from tierline.domain.draft import Draft
from tierline.domain.events import Held, Resumed
from tierline.domain.handlers.asked import Asked, missing, not_active, not_ahead, not_yours, refuse
from tierline.domain.promises import last_tenth, next_review, sla_of
from tierline.domain.terms import ClockName, HoldReason
from tierline.domain.ticket import Hold


def put_on_hold(draft: Draft, command: PutOnHold, asked: Asked) -> Rejected | None:
    """Pause, or change the reason of a pause; the client's clocks stop as the SLA says."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if refused := missing(command.asked, "asked", ticket):
        return refused
    for name, instant in (("chase_at", command.chase_at), ("until", command.until)):
        if instant is not None and (refused := not_ahead(instant, name, draft)):
            return refused
    cover = sla_of(draft.policy, ticket.agreement).cover[ticket.priority]
    chase_s = draft.policy.holds.chase.on(cover)
    chase_at = command.chase_at or add(cover, at, timedelta(seconds=chase_s))
    stopped = [clock for clock in ticket.clocks.values() if stops(clock, command.reason)]
    hold = Hold(
        reason=command.reason,
        since=at,
        asked=command.asked,
        of=command.of,
        next_chase=chase_at or at + timedelta(seconds=chase_s),
        until=command.until,
        late=any(last_tenth(clock, at, draft.policy) for clock in stopped),
        first_since=ticket.hold.began if ticket.hold else None,
    )
    draft.emit(
        Held(hold, was=ticket.hold.reason if ticket.hold else None),
        at=at,
        by=asked.by,
        why=draft.why(
            f"hold: {command.reason}",
            stops=sorted(clock.name for clock in stopped),
            of=command.of,
            late=hold.late,
        ),
        cause=asked.cause,
    )
    return None


def stops(clock: Clock, reason: HoldReason) -> bool:
    """Whether a hold stops `clock`: an internal one on any `reason`, a client's as its SLA says."""
    if clock.over or clock.name is ClockName.CONFIRM:
        return False
    return not clock.to_client or reason in clock.holds


def resume(draft: Draft, command: Resume, asked: Asked) -> Rejected | None:
    """Go on: what the hold stopped runs on, thresholds armed again."""
    ticket, at = draft.ticket, draft.now
    if ticket.hold is None:
        return refuse("not_on_hold", "it is not on hold", ticket)
    if refused := not_yours(ticket, asked):
        return refused
    group = draft.policy.groups.get(ticket.group)
    draft.emit(
        Resumed(ticket.hold.reason, command.because),
        at=at,
        by=asked.by,
        why=draft.why("resume", held_since=ticket.hold.since.isoformat()),
        cause=asked.cause,
        review_at=next_review(group, at, unclaimed=not ticket.owner),
    )
    waiting.begin(draft, at, asked.cause)
    return None
