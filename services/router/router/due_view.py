"""What the API shows of a due instant: the clock's terms and its ledger."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from tierline.domain.clock import Calendars, Clock
from tierline.domain.clock_ledger import ClockLedger, clock_ledger
from tierline.domain.due_ledger import Segment
from tierline.domain.terms import ClockName
from tierline.domain.ticket import Ticket

_ORDER = {name: position for position, name in enumerate(ClockName)}
_SECOND = timedelta(seconds=1)


def due_view(
    ticket: Ticket, now: datetime, calendars: Calendars, names: Collection[ClockName]
) -> dict[str, Any]:
    """Every clock of `ticket`, or those of `names`, each with its ledger; `now` is UTC."""
    chosen = sorted(ticket.clocks, key=_ORDER.__getitem__)
    return {
        "number": ticket.id,
        "now": now,
        "clocks": [
            clock_view(ticket.clocks[name], calendars)
            for name in chosen
            if not names or name in names
        ],
    }


def clock_view(
    clock: Clock, calendars: Calendars, found: ClockLedger | None = None
) -> dict[str, Any]:
    """A clock's terms and its ledger: `found`, else the one up to its due instant."""
    calendar = calendars[clock.calendar]
    hours = calendar.to_json()
    return {
        "name": clock.name,
        "cycle": clock.cycle,
        "to_client": clock.to_client,
        "target_s": clock.target_s,
        "due": clock.due,
        "running": clock.running,
        "started_at": clock.started_at,
        "met_at": clock.met_at,
        "breached_at": clock.breached_at,
        "policy": clock.policy,
        "holds": clock.holds,
        "calendar": {
            "hash": calendar.hash,
            "timezone": hours["timezone"],
            "hours": hours["hours"],
        },
        **ledger_view(found or clock_ledger(clock, calendars)),
    }


def ledger_view(found: ClockLedger) -> dict[str, Any]:
    """A ledger's sums and segments; seconds are whole where they can be."""
    return {
        "carried_s": seconds(found.carried),
        "counted_s": seconds(found.counted),
        "held_since": found.held_since,
        "held_for": found.held_for,
        "ledger": [segment_view(one) for one in found.segments],
    }


def segment_view(one: Segment) -> dict[str, Any]:
    """One stretch of a ledger."""
    return {
        "start": one.start,
        "end": one.end,
        "kind": one.kind,
        "reason": one.reason or "",
        "counted_s": seconds(one.counted),
    }


def seconds(length: timedelta) -> int | float:
    """A length in seconds: whole, or to the microsecond."""
    return length / _SECOND if length.microseconds else length // _SECOND
