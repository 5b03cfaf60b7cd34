"""What the API shows of tickets and events: plain values, made in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec

from router.allowed import allowed
from router.views_together import together
from tierline.domain import clock as clocks
from tierline.domain.advance import next_due
from tierline.domain.approval import Approval
from tierline.domain.clock import Calendars, Clock
from tierline.domain.events import Event
from tierline.domain.evolve import evolve
from tierline.domain.rca import Rca
from tierline.domain.snapshot import Promise, Snapshot, snapshot
from tierline.domain.terms import ClockName
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage, event_name
from tierline.messages.words import words
from tierline.web.principal import Principal

_ORDER = {name: position for position, name in enumerate(ClockName)}


def row_of(seen: Snapshot, next_due_at: datetime | None = None) -> dict[str, Any]:
    """A TicketRow from a snapshot; a snapshot alone does not know when time next matters."""
    return {
        "number": seen.number,
        "seq": seen.seq,
        "type": seen.type,
        "title": seen.title,
        "client": seen.client,
        "state": seen.state,
        "priority": seen.priority,
        "tier": seen.tier,
        "group": seen.group,
        "owner": seen.owner,
        "desk_owner": seen.desk_owner,
        "category": seen.category,
        "host": seen.host,
        "opened_at": seen.opened_at,
        "alerts": seen.alerts,
        "promise": _promise(seen.promise),
        "internal": _promise(seen.internal),
        "plan_promised_at": seen.plan_promised_at,
        "held_for": seen.held_for,
        "under": seen.under,
        "leads": seen.children if seen.major else None,
        "offered_to": seen.offered_to,
        "offered_until": seen.offered_until,
        "claim_ended": seen.claim_ended,
        "next_due_at": next_due_at,
        "management": seen.management,
        "action_due": seen.action_due,
        "restricted": seen.restricted,
    }


def _promise(promise: Promise | None) -> dict[str, Any] | None:
    return None if promise is None else asdict(promise)


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """A TicketRow from the whole state."""
    return row_of(snapshot(ticket), next_due(ticket))


def ticket_view(
    ticket: Ticket,
    principal: Principal,
    now: datetime,
    calendars: Calendars,
    notices: Mapping[str, int],
) -> dict[str, Any]:
    """Everything the API shows of a ticket.

    Args:
        ticket: its state.
        principal: who looks: decides what is `allowed`.
        now: UTC policy time, up to which used time is counted.
        calendars: by hash.
        notices: how many of its notices are in each state.
    """
    return {
        **ticket_row(ticket),
        **_about(ticket),
        **_so_far(ticket),
        **together(ticket),
        "clocks": [
            _clock(ticket.clocks[name], now, calendars)
            for name in sorted(ticket.clocks, key=_ORDER.__getitem__)
        ],
        "notices": notices,
        "allowed": allowed(ticket, principal),
    }


def _about(ticket: Ticket) -> dict[str, Any]:
    """What the ticket is about, and the rules it stands under."""
    return {
        "body": ticket.body,
        "site": ticket.site,
        "service": ticket.service,
        "source": ticket.source,
        "links": ticket.links,
        "linked": ticket.linked,
        "requester": ticket.requester,
        "mode": ticket.mode,
        "agreement": ticket.agreement,
        "path": ticket.path,
        "record": ticket.record,
        "impact": ticket.impact,
        "urgency": ticket.urgency,
        "vip": ticket.vip,
    }


def _so_far(ticket: Ticket) -> dict[str, Any]:
    """How the work stands, and what it has been through."""
    return {
        "plan": ticket.plan,
        "hold": ticket.hold,
        "approval": _approval(ticket.approval),
        "booking": ticket.booking,
        "proposal": ticket.proposal,
        "vendor": ticket.vendor,
        "packet": ticket.packet,
        "packet_due": ticket.packet_due,
        "assistant": ticket.assistant,
        "assist_until": ticket.assist_until,
        "expected_at": ticket.expected_at,
        "delayed_until": ticket.delayed_until,
        "owed_at": ticket.owed_at,
        "page": ticket.page,
        "offer": ticket.offer,
        "claim_end": ticket.claim_end,
        "helper": ticket.helper,
        "trail": ticket.trail,
        "bounces": ticket.bounces,
        "reopened": ticket.reopened,
        "claimed_at": ticket.claimed_at,
        "restored_at": ticket.restored_at,
        "resolution": ticket.resolution,
        "resolved_at": ticket.resolved_at,
        "resolved_by": ticket.resolved_by,
        "self_healed": ticket.self_healed,
        "survey": ticket.survey,
        "closed_at": ticket.closed_at,
        "clocks_wait": ticket.clocks_wait,
        "covered": ticket.covered,
        "called_out": ticket.called_out,
        "review_at": ticket.review_at,
        "attention": ticket.attention,
        "called": ticket.called,
        "watch": ticket.watch,
        "plan_owed": ticket.plan_owed,
        "complexity": ticket.complexity,
        "joined": ticket.joined,
        "actions": ticket.actions,
        "rca": _rca(ticket.rca),
    }


def _rca(rca: Rca | None) -> dict[str, Any] | None:
    """How the analysis stands; what is written in it has an address of its own."""
    if rca is None:
        return None
    shown = ("due", "since", "about", "chases", "next_chase", "held_by", "on_problem", "done_at")
    return {name: getattr(rca, name) for name in shown}


def _approval(asked: Approval | None) -> dict[str, Any] | None:
    return None if asked is None else {**asdict(asked), "price": asked.price}


def _clock(clock: Clock, now: datetime, calendars: Calendars) -> dict[str, Any]:
    used_us = clocks.used_us(clock, now, calendars)
    return {
        "name": clock.name,
        "cycle": clock.cycle,
        "target_s": clock.target_s,
        "used_s": used_us / 1_000_000,
        "due": clock.due,
        "running": clock.running,
        "stopped_by": clock.stopped_by,
        "started_at": clock.started_at,
        "met_at": clock.met_at,
        "breached_at": clock.breached_at,
        "thresholds": clock.thresholds,
        "fired": clock.fired,
        "to_client": clock.to_client,
    }


def event_view(message: TicketMessage, names: Mapping[str, str]) -> dict[str, Any]:
    """An event as the timeline shows it, with its sentence."""
    event = message.event
    return {
        "seq": event.seq,
        "at": event.at,
        "recorded_at": event.recorded_at,
        "type": event_name(event),
        "by": event.by,
        "what": msgspec.to_builtins(event.what),
        "why": event.why,
        "cause": event.cause,
        "clocks": event.clocks,
        "words": words(event, message.ticket, names),
    }


def with_snapshots(before: Ticket | None, events: Sequence[Event]) -> list[TicketMessage]:
    """Each new event with the ticket as it stood after it."""
    ticket, found = before, []
    for event in events:
        ticket = evolve(ticket, event)
        found.append(TicketMessage(event, snapshot(ticket)))
    return found
