"""Where a ticket's time went, from its events alone: in its tiers, on hold, closed hours, after.

Each microsecond of wall time from the opening to the end of the log stands in exactly one of them.
What a tier's clock counted and what its calendar says must agree for the sum to come out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tierline.domain import clock as clocks
from tierline.domain.calendar import Calendar
from tierline.domain.clock import MICROSECOND, Clock
from tierline.domain.due_ledger import segments
from tierline.domain.events import Event
from tierline.domain.evolve import evolve
from tierline.domain.instants import to_us
from tierline.domain.terms import ClockName
from tierline.domain.ticket import Ticket

ZERO = timedelta()


@dataclass(slots=True)
class Books:
    """Sums of one ticket's time.

    `tiers`: counted by tier clocks; `holds`: by reason; `closed`: outside the hours of the group
    that had it; `finished`: resolved or closed; `wall`: all of it. `stopped`: time in which a
    tier's clock should have run and did not.
    """

    tiers: dict[str, timedelta] = field(default_factory=dict)
    holds: dict[str, timedelta] = field(default_factory=dict)
    closed: timedelta = ZERO
    finished: timedelta = ZERO
    stopped: timedelta = ZERO
    wall: timedelta = ZERO

    @property
    def adds_up(self) -> bool:
        """Whether tiers, holds, closed hours and what came after are the wall time, exactly."""
        parts = (*self.tiers.values(), *self.holds.values(), self.closed, self.finished)
        return not self.stopped and sum(parts, ZERO) == self.wall


def time_books(events: Iterable[Event], calendars: Mapping[str, Calendar], end: datetime) -> Books:
    """The books of one ticket.

    Args:
        events: all of one ticket's, in order of seq.
        calendars: by content hash, those its clocks were started on (the policy's).
        end: up to when (UTC); at or after the last event.
    """
    books = Books()
    ticket: Ticket | None = None
    for event in events:
        if ticket is not None:
            _enter(books, ticket, event.at, calendars)
        ticket = evolve(ticket, event)
    if ticket is not None:
        _enter(books, ticket, end, calendars)
    return books


def _enter(
    books: Books, ticket: Ticket, until: datetime, calendars: Mapping[str, Calendar]
) -> None:
    """Book the stretch from the ticket's last event to `until`."""
    since = ticket.last_at
    length = until - since
    if length <= ZERO:
        return
    books.wall += length
    tier = ticket.clocks.get(ClockName.TIER)
    if not ticket.active:
        books.finished += length
    elif ticket.hold is not None:
        reason = ticket.hold.reason.value
        books.holds[reason] = books.holds.get(reason, ZERO) + length
    elif tier is None or not tier.running:
        books.stopped += length
    else:
        counted = _counted(tier, since, until, calendars)
        books.tiers[ticket.tier] = books.tiers.get(ticket.tier, ZERO) + counted
        books.closed += _closed(calendars[tier.calendar], since, until)


def _counted(
    tier: Clock, since: datetime, until: datetime, calendars: Mapping[str, Calendar]
) -> timedelta:
    """What the tier's clock itself says it used up in between."""
    used = clocks.used_us(tier, until, calendars) - clocks.used_us(tier, since, calendars)
    return used * MICROSECOND


def _closed(calendar: Calendar, since: datetime, until: datetime) -> timedelta:
    """Closed time by the calendar's ledger, which is reckoned apart from the clock."""
    cut = segments(calendar, to_us(since), to_us(until), ())
    return sum((part.end - part.start for part in cut if part.kind != "counted"), ZERO)
