"""The fold: `evolve(ticket, event)` and nothing else makes a ticket's state."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from tierline.domain.events import (
    AlertAttached,
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
    Planned,
    PlanSlipped,
    Prioritised,
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
from tierline.domain.terms import State
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
    changed = _apply(ticket, event)
    clocks = ticket.clocks
    if event.clocks:
        clocks = {**clocks, **{clock.name: clock for clock in event.clocks}}
    return replace(
        changed,
        seq=event.seq,
        last_at=event.at,
        recorded_at=event.recorded_at,
        clocks=clocks,
        review_at=changed.review_at if event.review_at is None else event.review_at,
    )


def _born(event: Event) -> Ticket:
    what = event.what
    if event.seq != 1 or not isinstance(what, Opened):
        raise BrokenFoldError(f"ticket {event.ticket} must begin with opened at seq 1")
    return Ticket(
        id=event.ticket,
        seq=1,
        type=what.type,
        title=what.title,
        client=what.client,
        agreement=what.agreement,
        path=what.path,
        mode=what.mode,
        state=State.QUEUED,
        priority=what.priority,
        opened_at=event.at,
        last_at=event.at,
        recorded_at=event.recorded_at,
        body=what.body,
        site=what.site,
        host=what.host,
        service=what.service,
        category=what.category,
        source=what.source,
        problem_key=what.problem_key,
        requester=what.requester,
        links=what.links,
        linked=what.linked,
        impact=what.impact,
        urgency=what.urgency,
        vip=what.vip,
        record=what.record,
        desk_owner=what.desk_owner,
        alerts=1 if what.alert else 0,
        clocks={clock.name: clock for clock in event.clocks},
        review_at=event.review_at,
    )


def _apply(ticket: Ticket, event: Event) -> Ticket:  # noqa: C901, PLR0912 - one case an event
    what = event.what
    match what:
        case Routed():
            return replace(ticket, tier=what.tier, group=what.group, stay=1, trail=(what.group,))
        case AlertAttached():
            return _attached(ticket, what)
        case Recovered():
            return replace(ticket, restored_at=event.at, quiet_until=what.quiet_until)
        case Claimed():
            return replace(
                ticket,
                owner=what.owner,
                desk_owner=ticket.desk_owner or what.owner,
                helper="",
                touched=True,
                claimed_at=event.at,
                quiet_until=None,
                state=State.ON_HOLD if ticket.hold else State.WORKING,
            )
        case Released():
            state = State.ON_HOLD if ticket.hold else State.QUEUED
            return replace(ticket, owner="", plan=None, claimed_at=None, state=state)
        case Noted():
            return replace(ticket, touched=True, quiet_until=None)
        case Planned():
            return replace(ticket, plan=what.plan, touched=True, quiet_until=None)
        case PlanSlipped():
            return replace(ticket, plan=_slipped(ticket, what))
        case Escalated() | Returned() | Transferred():
            return _moved(ticket, what)
        case EscalationProposed():
            proposal = Proposal(event.seq, what.to_tier, what.to_group, what.reason)
            return replace(ticket, proposal=proposal)
        case Held():
            return replace(
                ticket, hold=what.hold, state=State.ON_HOLD, touched=True, quiet_until=None
            )
        case Resumed():
            return replace(ticket, hold=None, state=_at_work(ticket.owner))
        case Prioritised():
            return replace(ticket, priority=what.new, impact=what.impact, urgency=what.urgency)
        case Resolved():
            return replace(
                ticket,
                state=State.RESOLVED,
                hold=None,
                plan=None,
                proposal=None,
                quiet_until=None,
                resolved_at=event.at,
                resolved_by=what.by,
                resolution=what.resolution,
                self_healed=what.self_healed,
            )
        case Reopened():
            return _reopened(ticket, event, what)
        case Closed():
            return replace(
                ticket,
                state=State.CLOSED,
                hold=None,
                plan=None,
                proposal=None,
                quiet_until=None,
                closed_at=event.at,
            )
        case Reviewed():
            return _reviewed(ticket, what)
        case Confirmed() | Warned() | Breached() | Lapsed():
            return ticket
        case Opened():
            raise BrokenFoldError(f"ticket {ticket.id} is opened twice")
        case _:  # pragma: no cover
            assert_never(what)


def _at_work(owner: str) -> State:
    return State.WORKING if owner else State.QUEUED


def _attached(ticket: Ticket, what: AlertAttached) -> Ticket:
    if what.stale:
        return ticket
    if what.status == "firing":
        return replace(ticket, alerts=ticket.alerts + 1, quiet_until=None, restored_at=None)
    return replace(ticket, alerts=ticket.alerts + 1)


def _slipped(ticket: Ticket, what: PlanSlipped) -> Plan | None:
    if ticket.plan is None or what.grace_until is None:
        return None
    return replace(ticket.plan, slips=what.slips, grace_until=what.grace_until)


def _moved(ticket: Ticket, what: Moved) -> Ticket:
    bounced = ticket.bounced
    if what.bounce:
        bounced = (*bounced, f"{what.from_group}>{what.to_group}")
    return replace(
        ticket,
        tier=what.to_tier,
        group=what.to_group,
        owner="",
        helper=ticket.owner or ticket.helper,
        state=State.QUEUED,
        stay=ticket.stay + 1,
        plan=None,
        hold=None,
        proposal=None,
        claimed_at=None,
        trail=(*ticket.trail, what.to_group),
        sideways=ticket.sideways + 1 if isinstance(what, Transferred) else 0,
        bounces=ticket.bounces + 1 if what.bounce else ticket.bounces,
        bounced=bounced,
        tier_used={**ticket.tier_used, what.from_tier: what.used},
        topped_up=(*ticket.topped_up, what.to_group) if what.topped_up else ticket.topped_up,
    )


def _reopened(ticket: Ticket, event: Event, what: Reopened) -> Ticket:
    return replace(
        ticket,
        state=_at_work(what.owner),
        owner=what.owner,
        tier=what.tier,
        group=what.group,
        stay=ticket.stay + 1,
        cycle=ticket.cycle + 1,
        reopened=ticket.reopened + 1,
        claimed_at=event.at if what.owner else None,
        restored_at=None,
        resolved_at=None,
        closed_at=None,
        self_healed=False,
    )


def _reviewed(ticket: Ticket, what: Reviewed) -> Ticket:
    if ticket.hold is None or what.next_chase is None:
        return ticket
    hold = replace(ticket.hold, chases=what.count, next_chase=what.next_chase)
    return replace(ticket, hold=hold)
