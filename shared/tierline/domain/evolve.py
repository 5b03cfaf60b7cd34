"""The fold: `evolve(ticket, event)` and nothing else makes a ticket's state."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tierline.domain import (
    assignment_changes,
    changes,
    correction_changes,
    oversight_changes,
    pause_changes,
    seeing,
    ties,
)
from tierline.domain.amend import amended, changed_by
from tierline.domain.changes import ALONE, NOTHING_OWED, TOUCHED, Changes, touch_of
from tierline.domain.events import (
    AlertAttached,
    ApprovalAnswered,
    AssistCalled,
    AssistEnded,
    Breached,
    CauseFound,
    ChildJoined,
    ChildLeft,
    Claimed,
    Closed,
    Confirmed,
    Entered,
    Escalated,
    EscalationProposed,
    Event,
    Held,
    IncidentLinked,
    Lapsed,
    MajorDeclared,
    MajorJoined,
    MajorLeft,
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
    ProblemCalled,
    ProblemLinked,
    ProblemSolved,
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
    TermsMoved,
    Transferred,
    VendorCaseClosed,
    VendorCaseOpened,
    VendorCaseUpdated,
    Warned,
    WorkaroundGiven,
)
from tierline.domain.instants import FIRST_INSTANT
from tierline.domain.pause_changes import at_work, held_so_far
from tierline.domain.surveys import Survey
from tierline.domain.terms import AlertStatus, Mode, Priority, State, TicketType
from tierline.domain.ticket import Ticket, Under


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
    if event.watch is not None:
        changed["watch"] = event.watch
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
        "offer": None,
        "claim_end": what.ends,
        "claim_ended": "",
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
        "expected_at": what.expected_at,
        **ALONE,
        **assignment_changes.NOBODYS,
        "trail": (*ticket.trail, what.to_group),
        "sideways": ticket.sideways + 1 if isinstance(what, Transferred) else 0,
        "bounces": ticket.bounces + 1 if what.bounce else ticket.bounces,
        "bounced": bounced,
        "tier_used": {**ticket.tier_used, what.from_tier: what.used},
        "topped_up": (*ticket.topped_up, what.to_group) if what.topped_up else ticket.topped_up,
        "clocks_wait": ticket.clocks_wait and not what.clocks_begin,
        **held_so_far(ticket, event),
        **touch_of(event),
    }


def _resolved(ticket: Ticket, event: Event, what: Resolved) -> Changes:
    return {
        **held_so_far(ticket, event),
        "state": State.RESOLVED,
        "resolved_at": event.at,
        "resolved_by": what.by,
        "resolution": what.resolution,
        "self_healed": what.self_healed,
        "under": _resolved_under(ticket, flowed=bool(what.flowed)),
        **NOTHING_OWED,
    }


def _reopened(ticket: Ticket, event: Event, what: Reopened) -> Changes:
    return {
        "state": at_work(what.owner),
        "owner": what.owner,
        "tier": what.tier,
        "group": what.group,
        "stay": ticket.stay + 1,
        "cycle": ticket.cycle + 1,
        "reopened": ticket.reopened + 1,
        "alerts": ticket.alerts + 1 if what.alert else ticket.alerts,
        "claimed_at": event.at if what.owner else None,
        "topped_up": (*ticket.topped_up, what.group) if what.topped_up else ticket.topped_up,
        "expected_at": what.expected_at,
        "claim_end": what.ends,
        "restored_at": None,
        "reopened_at": event.at,
        "called": (),
        "resolved_at": None,
        "closed_at": None,
        "self_healed": False,
        "under": _resolved_under(ticket, flowed=False),
        "refired": ticket.refired + 1 if what.alert else ticket.refired,
    }


def _resolved_under(ticket: Ticket, *, flowed: bool) -> Under | None:
    """The major incident it is under, and whether its resolution was this one's own."""
    under = ticket.under
    return under if under is None or under.resolved is flowed else amended(under, resolved=flowed)


def _reviewed(ticket: Ticket, _event: Event, what: Reviewed) -> Changes:
    if what.kind == "choice" and ticket.proposal is not None:
        return {"proposal": amended(ticket.proposal, decide_by=None)}
    if what.kind == "packet":
        return {"packet_due": None}
    if what.kind == "expected":
        return {"expected_at": None}
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
    place = {"tier": what.tier, "group": what.group, "stay": 1, "trail": (what.group,)}
    return {**place, "expected_at": what.expected_at, "delayed_until": what.delayed_until}


def _entered(_ticket: Ticket, _event: Event, what: Entered) -> Changes:
    place = {"tier": what.tier, "group": what.group, "trail": (what.group,)}
    return {**place, "expected_at": what.expected_at, "delayed_until": None}


def _recovered(_ticket: Ticket, event: Event, what: Recovered) -> Changes:
    return {"restored_at": event.at, "quiet_until": what.quiet_until}


def _released(ticket: Ticket, _event: Event, _what: Released) -> Changes:
    state = State.ON_HOLD if ticket.hold else State.QUEUED
    return {"owner": "", "plan": None, "claim_end": None, "state": state, **ALONE}


def _noted(_ticket: Ticket, _event: Event, what: Noted) -> Changes:
    return {} if what.flowed else dict(TOUCHED)


def _planned(_ticket: Ticket, _event: Event, what: Planned) -> Changes:
    return {"plan": what.plan, **TOUCHED}


def _prioritised(_ticket: Ticket, event: Event, what: Prioritised) -> Changes:
    new = {"priority": what.new, "impact": what.impact, "urgency": what.urgency}
    return {**new, **touch_of(event)}


def _closed(ticket: Ticket, event: Event, what: Closed) -> Changes:
    ended = {"state": State.CLOSED, "closed_at": event.at, "vendor": None, "plan_owed": None}
    left = correction_changes.carried_on(ticket) if what.successor else {}
    asked = {"survey": Survey(event.seq, event.at)} if what.survey else {}
    return {**ended, **left, **asked, **NOTHING_OWED, **held_so_far(ticket, event)}


def _twice(ticket: Ticket, _event: Event, _what: Opened) -> Changes:
    raise BrokenFoldError(f"ticket {ticket.id} is opened twice")


_FOLD: Mapping[type, Callable[[Ticket, Event, Any], Changes]] = {
    Opened: _twice,
    Routed: _routed,
    Entered: _entered,
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
    Held: pause_changes.held,
    ApprovalAnswered: pause_changes.answered,
    Resumed: pause_changes.resumed,
    Prioritised: _prioritised,
    TermsMoved: _nothing,
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
    MajorDeclared: ties.declared,
    MajorJoined: ties.joined,
    MajorLeft: ties.left,
    ChildJoined: ties.child_joined,
    ChildLeft: ties.child_left,
    ProblemCalled: ties.called,
    ProblemLinked: ties.linked,
    IncidentLinked: ties.incident_linked,
    CauseFound: ties.cause_found,
    WorkaroundGiven: ties.workaround_given,
    ProblemSolved: ties.solved,
    **oversight_changes.FOLD,
    **correction_changes.FOLD,
    **assignment_changes.FOLD,
    **seeing.FOLD,
}
"""What each type of event changes in a ticket; a test holds it to all types there are."""
