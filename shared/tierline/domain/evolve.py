"""The fold: `evolve(ticket, event)` and nothing else makes a ticket's state."""

from collections.abc import Iterable
from typing import Any, assert_never

from tierline.domain.amend import amended, changed_by
from tierline.domain.events import (
    SYSTEM,
    TIME,
    AlertAttached,
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
    Reviewed,
    Routed,
    Transferred,
    Warned,
)
from tierline.domain.instants import FIRST_INSTANT
from tierline.domain.terms import AlertStatus, Mode, Priority, State, TicketType
from tierline.domain.ticket import Plan, Proposal, Ticket


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


_Changes = dict[str, Any]
"""New values of fields of the ticket, by name."""


def _changes(ticket: Ticket, event: Event) -> _Changes:  # noqa: C901, PLR0912 - one case an event
    what = event.what
    match what:
        case Warned() | Breached() | Lapsed() | Confirmed():
            return {}
        case Routed():
            return {"tier": what.tier, "group": what.group, "stay": 1, "trail": (what.group,)}
        case Escalated() | Returned() | Transferred():
            return _moved(ticket, event, what)
        case AlertAttached():
            return _attached(ticket, what)
        case Recovered():
            return {"restored_at": event.at, "quiet_until": what.quiet_until}
        case Claimed():
            return _claimed(ticket, event, what)
        case Released():
            state = State.ON_HOLD if ticket.hold else State.QUEUED
            return {"owner": "", "plan": None, "state": state, **_ALONE}
        case Noted():
            return dict(_TOUCHED)
        case Planned():
            return {"plan": what.plan, **_TOUCHED}
        case PlanSlipped():
            return {"plan": _slipped(ticket, what)}
        case EscalationProposed():
            return {"proposal": _proposal(event, what)}
        case ProposalDeclined():
            return {"proposal": None, **_touch_of(event)}
        case PlanRefused():
            return {"plan": None, **_touch_of(event)}
        case PacketGiven():
            return {"packet": what.packet, "packet_due": None}
        case AssistCalled():
            return {"assistant": what.lead, "assist_until": what.until}
        case AssistEnded():
            return {"assistant": "", "assist_until": None}
        case Paged():
            return {"page": what.page}
        case PagingEnded():
            return {"page": None}
        case Held():
            return {"hold": what.hold, "state": State.ON_HOLD, "page": None, **_TOUCHED}
        case Resumed():
            return {"hold": None, "state": _at_work(ticket.owner)}
        case Prioritised():
            new = {"priority": what.new, "impact": what.impact, "urgency": what.urgency}
            return {**new, **_touch_of(event)}
        case Resolved():
            return _resolved(event, what)
        case Reopened():
            return _reopened(ticket, event, what)
        case Closed():
            return {"state": State.CLOSED, "closed_at": event.at, **_NOTHING_OWED}
        case Reviewed():
            return _reviewed(ticket, what)
        case Opened():
            raise BrokenFoldError(f"ticket {ticket.id} is opened twice")
        case _:  # pragma: no cover
            assert_never(what)


_TOUCHED: _Changes = {"touched": True, "quiet_until": None}
"""Somebody has looked at it: it no longer heals by itself."""

_ALONE: _Changes = {"assistant": "", "assist_until": None}
"""The lead who joined an owner does not stay without one."""

_NOTHING_OWED: _Changes = {
    "hold": None,
    "plan": None,
    "proposal": None,
    "quiet_until": None,
    "packet_due": None,
    "page": None,
    **_ALONE,
}
"""What does not outlive the work."""

_NOBODY = frozenset({TIME.kind, SYSTEM.kind})


def _touch_of(event: Event) -> _Changes:
    """What is true of a ticket that somebody, rather than time, has moved or judged."""
    return {} if event.by.kind in _NOBODY else _TOUCHED


def _at_work(owner: str) -> State:
    return State.WORKING if owner else State.QUEUED


def _attached(ticket: Ticket, what: AlertAttached) -> _Changes:
    if what.stale:
        return {}
    if what.status == AlertStatus.FIRING:
        return {"alerts": ticket.alerts + 1, "quiet_until": None, "restored_at": None}
    return {"alerts": ticket.alerts + 1}


def _claimed(ticket: Ticket, event: Event, what: Claimed) -> _Changes:
    return {
        "owner": what.owner,
        "desk_owner": ticket.desk_owner or what.owner,
        "helper": "",
        "page": None,
        "proposal": _outliving_a_claim(ticket.proposal),
        "claimed_at": ticket.claimed_at or event.at,
        "state": State.ON_HOLD if ticket.hold else State.WORKING,
        **_TOUCHED,
    }


def _outliving_a_claim(proposal: Proposal | None) -> Proposal | None:
    """A choice to make for want of somebody is made by a claim; what the mode left open stays."""
    return None if proposal is None or proposal.choice else proposal


def _proposal(event: Event, what: EscalationProposed) -> Proposal:
    return Proposal(
        event.seq,
        what.to_tier,
        what.to_group,
        what.reason,
        choice=what.choice,
        decide_by=what.decide_by,
    )


def _slipped(ticket: Ticket, what: PlanSlipped) -> Plan | None:
    if ticket.plan is None or what.grace_until is None:
        return None
    return amended(ticket.plan, slips=what.slips, grace_until=what.grace_until)


def _moved(ticket: Ticket, event: Event, what: Moved) -> _Changes:
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
        "proposal": None,
        "page": None,
        "packet": what.handed,
        "packet_due": what.packet_due,
        "claimed_at": None,
        **_ALONE,
        "trail": (*ticket.trail, what.to_group),
        "sideways": ticket.sideways + 1 if isinstance(what, Transferred) else 0,
        "bounces": ticket.bounces + 1 if what.bounce else ticket.bounces,
        "bounced": bounced,
        "tier_used": {**ticket.tier_used, what.from_tier: what.used},
        "topped_up": (*ticket.topped_up, what.to_group) if what.topped_up else ticket.topped_up,
        **_touch_of(event),
    }


def _resolved(event: Event, what: Resolved) -> _Changes:
    return {
        "state": State.RESOLVED,
        "resolved_at": event.at,
        "resolved_by": what.by,
        "resolution": what.resolution,
        "self_healed": what.self_healed,
        **_NOTHING_OWED,
    }


def _reopened(ticket: Ticket, event: Event, what: Reopened) -> _Changes:
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


def _reviewed(ticket: Ticket, what: Reviewed) -> _Changes:
    if what.kind == "choice" and ticket.proposal is not None:
        return {"proposal": amended(ticket.proposal, decide_by=None)}
    if what.kind == "packet":
        return {"packet_due": None}
    if ticket.hold is None or what.next_chase is None:
        return {}
    return {"hold": amended(ticket.hold, chases=what.count, next_chase=what.next_chase)}
