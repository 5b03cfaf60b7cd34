"""A schedule as an iCalendar feed (RFC 5545): one event a shift, instants in UTC."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from router.duty.limits import EXPORTED_DAYS
from tierline.domain.rota import Absence, Schedule, Shift, shifts

PRODUCT = "-//Tierline//On call//EN"
_MONTH = timedelta(days=31)


def exported_stretch(now: datetime) -> tuple[datetime, datetime]:
    """From the first of last month up to 90 days ahead.

    A shift that has begun is so shown from its beginning, and keeps its UID while it lasts; one
    longer than that is cut on the first of a month.
    """
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - _MONTH).replace(day=1), now + EXPORTED_DAYS


def to_ical(schedule: Schedule, now: datetime, absences: Sequence[Absence] = ()) -> bytes:
    """Write the shifts of a schedule that are not over.

    Args:
        schedule: with the overrides that touch `exported_stretch(now)`.
        now: policy time (UTC).
        absences: who is away when.
    """
    feed = Calendar()
    feed.add("prodid", PRODUCT)
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", schedule.name)
    for shift in shifts(schedule, *exported_stretch(now), absences):
        if shift.end > now:
            feed.add_component(_event(schedule, shift, now))
    return bytes(feed.to_ical())


def _event(schedule: Schedule, shift: Shift, now: datetime) -> Event:
    event = Event()
    event.add("uid", _uid(schedule, shift))
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", shift.start.replace(microsecond=0))
    event.add("dtend", shift.end.replace(microsecond=0))
    event.add("summary", shift.person)
    event.add("description", f"On call, {schedule.name}: {shift.why}")
    return event


def _uid(schedule: Schedule, shift: Shift) -> str:
    """The same at every export: whose shift of which schedule, and when it began."""
    said = f"{schedule.name}\n{shift.person}\n{shift.start.isoformat()}"
    return f"{hashlib.sha256(said.encode()).hexdigest()[:24]}@tierline"
