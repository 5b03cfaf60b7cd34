"""The fold: `evolve(ticket, event)` and nothing else makes a ticket's state."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from tierline.domain import changes
from tierline.domain.amend import amended, changed_by
from tierline.domain.changes import ALONE, NOTHING_OWED, TOUCHED, Changes, touch_of
from tierline.domain.events import (
    AlertAttached,
    ApprovalAnswered,
    AssistCalled,
    AssistEnded,
    Breached,
    Claimed,
    Closed,
    Confirmed,
    Escalated,
    EscalationProposed,
    Event,
    Held,
    Lapsed,
    Moved,
    Noted,
    Opened,
    PacketGiven,
    Paged,
    PagingEnded,
    Planned,
    PlanRefused,
    PlanSlipped,
    Prioritised,
    ProposalDeclined,
    Recovered,
    Released,
    Reopened,
    Resolved,
    Resumed,
    Returned,
    Retyped,
    Reviewed,
    Routed,
    SurveyAnswered,
    Transferred,
    VendorCaseClosed,
    VendorCaseOpened,
    VendorCaseUpdated,
    Warned,
)
from tierline.domain.instants import FIRST_INSTANT
from tierline.domain.surveys import Survey
from tierline.domain.terms import AlertStatus, Mode, Priority, State, TicketType
from tierline.domain.ticket import Ticket


class BrokenFoldError(ValueError):
    """The events do not make a ticket: a gap in seq, or a first event that is not `opened`."""


def fold(events: Iterable[Event]) -> Ticket:
    """The ticket that `events` (in order of seq) make. Raises BrokenFoldError where they do not."""
    ticket: Ticket | None = None
    for event in events:
        ticket = evolve(ticket, event)
    if ticket is None:
        raise BrokenFoldError("no events, no ticket")
    return ticket


def evolve(ticket: Ticket | None, event: Event) -> Ticket:
    """`ticket` after `event`. Raises BrokenFoldError where seq is not the next one."""
    if ticket is None:
        return _born(event)
    if event.seq != ticket.seq + 1 or event.ticket != ticket.id:
        raise BrokenFoldError(f"ticket {ticket.id} at seq {ticket.seq} cannot take seq {event.seq}")
    changed = _changes(ticket, event)
    changed["seq"], changed["last_at"] = event.seq, event.at
    changed["recorded_at"] = event.recorded_at
    if event.clocks:
        changed["clocks"] = {**ticket.clocks, **{clock.name: clock for clock in event.clocks}}
    if event.review_at is not None:
        changed["review_at"] = event.review_at
    return changed_by(ticket, changed)


def _born(event: Event) -> Ticket:
    what = event.what
    if event.seq != 1 or not isinstance(what, Opened):
        raise BrokenFoldError(f"ticket {event.ticket} must begin with opened at seq 1")
    begun = {
        **vars(what),
        "id": event.ticket,
        "seq": 1,
        "state": State.QUEUED,
        "opened_at": event.at,
        "last_at": event.at,
        "recorded_at": event.recorded_at,
        "alerts": 1 if what.alert else 0,
        "clocks": {clock.name: clock for clock in event.clocks},
        "review_at": event.review_at,
    }
    del begun["alert"]
    return changed_by(_UNBORN, begun)


_UNBORN = Ticket(
    id=0,
    seq=0,
    type=TicketType.ALERT,
    title="",
    client="",
    agreement="",
    path="",
    mode=Mode.WATCH,
    state=State.QUEUED,
    priority=Priority.P4,
    opened_at=FIRST_INSTANT,
    last_at=FIRST_INSTANT,
    recorded_at=FIRST_INSTANT,
)
"""What `opened` changes into a ticket: all else that it says are fields of the same name."""


def _changes(ticket: Ticket, event: Event) -> Changes:
    return _FOLD[type(event.what)](ticket, event, event.what)


def _at_work(owner: str) -> State:
    return State.WORKING if owner else State.QUEUED


def _attached(ticket: Ticket, _event: Event, what: AlertAttached) -> Changes:
    if what.stale:
        return {}
    if what.status == AlertStatus.FIRING:
        return {"alerts": ticket.alerts + 1, "quiet_until": None, "restored_at": None}
    return {"alerts": ticket.alerts + 1}


def _claimed(ticket: Ticket, event: Event, what: Claimed) -> Changes:
    return {
        "owner": what.owner,
        "desk_owner": ticket.desk_owner or what.owner,
        "helper": "",
        "page": None,
        "proposal": changes.outliving_a_claim(ticket.proposal),
        "claimed_at": ticket.claimed_at or event.at,
        "owed_at": what.owed_at or ticket.owed_at,
        "state": State.ON_HOLD if ticket.hold else State.WORKING,
        **TOUCHED,
    }


def _slipped(ticket: Ticket, _event: Event, what: PlanSlipped) -> Changes:
    if ticket.plan is None or what.grace_until is None:
        return {"plan": None}
    return {"plan": amended(ticket.plan, slips=what.slips, grace_until=what.grace_until)}


def _moved(ticket: Ticket, event: Event, what: Moved) -> Changes:
    bounced = ticket.bounced
    if what.bounce:
        bounced = (*bounced, f"{what.from_group}>{what.to_group}")
    return {
        "tier": what.to_tier,
        "group": what.to_group,
        "owner": "",
        "helper": ticket.owner or ticket.helper,
        "state": State.QUEUED,
        "stay": ticket.stay + 1,
        "plan": None,
        "hold": None,
        "booking": None,
        "proposal": None,
        "page": None,
        "packet": what.handed,
        "packet_due": what.packet_due,
        "claimed_at": None,
        "owed_at": None,
        **ALONE,
        "trail": (*ticket.trail, what.to_group),
        "sideways": ticket.sideways + 1 if isinstance(what, Transferred) else 0,
        "bounces": ticket.bounces + 1 if what.bounce else ticket.bounces,
        "bounced": bounced,
        "tier_used": {**ticket.tier_used, what.from_tier: what.used},
        "topped_up": (*ticket.topped_up, what.to_group) if what.topped_up else ticket.topped_up,
        "clocks_wait": ticket.clocks_wait and not what.clocks_begin,
        **_held_so_far(ticket, event),
        **touch_of(event),
    }


def _resolved(ticket: Ticket, event: Event, what: Resolved) -> Changes:
    return {
        **_held_so_far(ticket, event),
        "state": State.RESOLVED,
        "resolved_at": event.at,
        "resolved_by": what.by,
        "resolution": what.resolution,
        "self_healed": what.self_healed,
        **NOTHING_OWED,
    }


def _reopened(ticket: Ticket, event: Event, what: Reopened) -> Changes:
    return {
        "state": _at_work(what.owner),
        "owner": what.owner,
        "tier": what.tier,
        "group": what.group,
        "stay": ticket.stay + 1,
        "cycle": ticket.cycle + 1,
        "reopened": ticket.reopened + 1,
        "alerts": ticket.alerts + 1 if what.alert else ticket.alerts,
        "claimed_at": event.at if what.owner else None,
        "topped_up": (*ticket.topped_up, what.group) if what.topped_up else ticket.topped_up,
        "restored_at": None,
        "resolved_at": None,
        "closed_at": None,
        "self_healed": False,
    }


def _reviewed(ticket: Ticket, _event: Event, what: Reviewed) -> Changes:
    if what.kind == "choice" and ticket.proposal is not None:
        return {"proposal": amended(ticket.proposal, decide_by=None)}
    if what.kind == "packet":
        return {"packet_due": None}
    if what.kind == "limit":
        return {"owed_at": None}
    if what.kind == "vendor":
        return changes.vendor_chased(ticket, what)
    if ticket.hold is None or what.next_chase is None:
        return {}
    return {"hold": amended(ticket.hold, chases=what.count, next_chase=what.next_chase)}


def _nothing(_ticket: Ticket, _event: Event, _what: Any) -> Changes:
    """Only clocks, or nothing that is kept."""
    return {}


def _routed(_ticket: Ticket, _event: Event, what: Routed) -> Changes:
    return {"tier": what.tier, "group": what.group, "stay": 1, "trail": (what.group,)}


def _recovered(_ticket: Ticket, event: Event, what: Recovered) -> Changes:
    return {"restored_at": event.at, "quiet_until": what.quiet_until}


def _released(ticket: Ticket, _event: Event, _what: Released) -> Changes:
    state = State.ON_HOLD if ticket.hold else State.QUEUED
    return {"owner": "", "plan": None, "state": state, **ALONE}


def _noted(_ticket: Ticket, _event: Event, _what: Noted) -> Changes:
    return dict(TOUCHED)


def _planned(_ticket: Ticket, _event: Event, what: Planned) -> Changes:
    return {"plan": what.plan, **TOUCHED}


def _held(ticket: Ticket, event: Event, what: Held) -> Changes:
    return {
        "hold": what.hold,
        "state": State.ON_HOLD,
        "page": None,
        "approval": changes.asked_of_approver(ticket, what),
        "booking": what.booking or ticket.booking,
        **touch_of(event),
    }


def _resumed(ticket: Ticket, event: Event, _what: Resumed) -> Changes:
    return {
        "hold": None,
        "state": _at_work(ticket.owner),
        "booking": changes.booked_still(ticket, event),
        **_held_so_far(ticket, event),
    }


def _answered(ticket: Ticket, event: Event, what: ApprovalAnswered) -> Changes:
    return {
        "hold": None,
        "state": _at_work(ticket.owner),
        "approval": what.approval,
        "called_out": event.at if changes.is_call_out(what.approval) else ticket.called_out,
        **_held_so_far(ticket, event),
    }


def _held_so_far(ticket: Ticket, event: Event) -> Changes:
    """The pause that this event ends, added to those before; nothing where there is none."""
    if ticket.hold is None:
        return {}
    span = event.at - ticket.hold.began
    return {"held_us": ticket.held_us + span // timedelta(microseconds=1)}


def _prioritised(_ticket: Ticket, event: Event, what: Prioritised) -> Changes:
    new = {"priority": what.new, "impact": what.impact, "urgency": what.urgency}
    return {**new, **touch_of(event)}


def _closed(ticket: Ticket, event: Event, what: Closed) -> Changes:
    ended: Changes = {"state": State.CLOSED, "closed_at": event.at, "vendor": None}
    if what.survey:
        ended["survey"] = Survey(event.seq, event.at)
    return {**ended, **NOTHING_OWED, **_held_so_far(ticket, event)}


def _twice(ticket: Ticket, _event: Event, _what: Opened) -> Changes:
    raise BrokenFoldError(f"ticket {ticket.id} is opened twice")


_FOLD: Mapping[type, Callable[[Ticket, Event, Any], Changes]] = {
    Opened: _twice,
    Routed: _routed,
    AlertAttached: _attached,
    Recovered: _recovered,
    Claimed: _claimed,
    Released: _released,
    Noted: _noted,
    Planned: _planned,
    PlanRefused: changes.plan_refused,
    PlanSlipped: _slipped,
    Escalated: _moved,
    Returned: _moved,
    Transferred: _moved,
    EscalationProposed: changes.proposed,
    ProposalDeclined: changes.declined,
    PacketGiven: changes.packet_given,
    AssistCalled: changes.assist_called,
    AssistEnded: changes.assist_ended,
    Paged: changes.paged,
    PagingEnded: changes.paging_ended,
    VendorCaseOpened: changes.vendor_case,
    VendorCaseUpdated: changes.vendor_case,
    VendorCaseClosed: changes.vendor_closed,
    Held: _held,
    ApprovalAnswered: _answered,
    Resumed: _resumed,
    Prioritised: _prioritised,
    Resolved: _resolved,
    Confirmed: _nothing,
    Reopened: _reopened,
    Closed: _closed,
    SurveyAnswered: changes.survey_answered,
    Retyped: changes.retyped,
    Warned: _nothing,
    Breached: _nothing,
    Lapsed: changes.lapsed,
    Reviewed: _reviewed,
}
"""What each type of event changes in a ticket; a test holds it to all types there are."""
