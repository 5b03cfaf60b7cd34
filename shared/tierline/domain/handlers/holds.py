"""Pausing with a reason, and going on."""

from datetime import datetime, timedelta
from typing import Any

from tierline.domain import freezes, waiting
from tierline.domain.approval import Approval
from tierline.domain.booking import Booking
from tierline.domain.business_time import add
from tierline.domain.clock import Clock
from tierline.domain.commands import PutOnHold, Rejected, Resume
from tierline.domain.draft import Draft
from tierline.domain.events import Held, Resumed
from tierline.domain.handlers.asked import Asked, missing, not_active, not_ahead, not_yours, refuse
from tierline.domain.handlers.frozen import despite_freeze, freezes_of
from tierline.domain.promises import last_tenth, next_review, sla_of
from tierline.domain.terms import ClockName, HoldReason
from tierline.domain.ticket import Hold
from tierline.domain.vendor import UNKNOWN, Vendor


def put_on_hold(draft: Draft, command: PutOnHold, asked: Asked) -> Rejected | None:
    """Pause, or change the reason of a pause; the client's clocks stop as the SLA says.

    For a change: until the client's freeze is over, where one holds and nothing else is said. What
    is scheduled must not run into one.
    """
    ticket = draft.ticket
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if refused := missing(command.asked, "asked", ticket) or _instants(draft, command):
        return refused
    until, why = command.until, dict[str, Any]()
    if command.reason is HoldReason.SCHEDULED and until is not None:
        found = despite_freeze(draft, until, command.ends_at, command.despite, field="until")
        if isinstance(found, Rejected):
            return found
        why = found
    elif command.reason is HoldReason.CHANGE and until is None:
        until = freezes.until(freezes_of(draft), draft.now)
        why = {"freeze_ends": until.isoformat()} if until else {}
    hold = paused(
        draft,
        command.reason,
        asked=command.asked,
        of=command.of,
        chase_at=command.chase_at,
        until=until,
        record=command.record if command.reason is HoldReason.VENDOR else UNKNOWN,
    )
    booking = None
    if command.reason is HoldReason.SCHEDULED and until is not None:
        booking = Booking(until, command.ends_at)
    pause(draft, hold, asked, booking=booking, **why)
    return None


def _instants(draft: Draft, command: PutOnHold) -> Rejected | None:
    """A refusal of instants that are behind us, or of an end without or before its start."""
    for name in ("chase_at", "until", "ends_at"):
        instant = getattr(command, name)
        if instant is not None and (refused := not_ahead(instant, name, draft)):
            return refused
    if command.ends_at is None:
        return None
    ticket = draft.ticket
    if command.reason is not HoldReason.SCHEDULED:
        return refuse("invalid", "ends_at is for what is scheduled: leave it out", ticket)
    if command.until is None or command.ends_at <= command.until:
        return refuse("invalid", "ends_at must come after until, which is when it starts", ticket)
    return None


def paused(
    draft: Draft,
    reason: HoldReason,
    *,
    asked: str,
    of: str,
    chase_at: datetime | None = None,
    until: datetime | None = None,
    record: Vendor = UNKNOWN,
) -> Hold:
    """The pause that begins now.

    Where no instant is given it is chased as the vendor's record says, else the policy.
    """
    ticket, at = draft.ticket, draft.now
    cover = sla_of(draft.policy, ticket.agreement).cover[ticket.priority]
    chase_s = timedelta(seconds=(record.chase or draft.policy.holds.chase).on(cover))
    stopped = _stopped(draft, reason, resold=record.resold)
    return Hold(
        reason=reason,
        since=at,
        asked=asked,
        of=of,
        next_chase=chase_at or add(cover, at, chase_s) or at + chase_s,
        until=until,
        late=any(last_tenth(clock, at, draft.policy) for clock in stopped),
        first_since=ticket.hold.began if ticket.hold else None,
        resold=record.resold,
    )


def pause(
    draft: Draft,
    hold: Hold,
    asked: Asked,
    *,
    approval: Approval | None = None,
    booking: Booking | None = None,
    **values: Any,
) -> None:
    """Append that the ticket is paused; `values` are kept with the reason."""
    was = draft.ticket.hold
    stopped = _stopped(draft, hold.reason, resold=hold.resold)
    if hold.resold:
        values["resold"] = True
    why = draft.why(
        f"hold: {hold.reason}",
        stops=sorted(clock.name for clock in stopped),
        of=hold.of,
        late=hold.late,
        **values,
    )
    what = Held(hold, was.reason if was else None, approval, booking)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)


def _stopped(draft: Draft, reason: HoldReason, *, resold: bool) -> list[Clock]:
    found = [clock for clock in draft.ticket.clocks.values() if stops(clock, reason)]
    return [clock for clock in found if not (resold and clock.to_client)]


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
