"""A calendar file (RFC 5545) as shifts: events that repeat are written out, names are matched."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

from router.duty.limits import IMPORTED_DAYS, IMPORTED_EVENTS_MAX
from router.duty.names import Roster
from tierline.domain.rota import FixedShift, RotaError
from tierline.domain.rota.limits import MAX_FIXED_SHIFTS

_DAY = timedelta(days=1)
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
"""How often a shift may repeat; more often nobody hands over."""


class UnreadableCalendarError(ValueError):
    """What came is no calendar file, or one too large to be one of shifts."""


@dataclass(slots=True)
class Taken:
    """What a calendar file holds: shifts, and what could not be taken, with the reason."""

    shifts: list[FixedShift] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)


def read_ical(body: bytes, zone: ZoneInfo, roster: Roster, now: datetime) -> Taken:
    """Read the shifts that are not over, up to 366 days ahead.

    Args:
        body: the file.
        zone: of times that name none, and of whole days.
        roster: whom events are matched to.
        now: policy time (UTC).

    Raises:
        UnreadableCalendarError: it cannot be read, or holds more than 1,000 events.
    """
    try:
        events = Calendar.from_ical(body).walk("VEVENT")
    except (ValueError, IndexError, KeyError, TypeError) as error:
        said = f"this is no iCalendar file: {error}"[:200]
        raise UnreadableCalendarError(said) from None
    if len(events) > IMPORTED_EVENTS_MAX:
        said = f"{len(events)} events; send at most {IMPORTED_EVENTS_MAX}"
        raise UnreadableCalendarError(said)
    taken = Taken()
    edited = _edited(events, zone)
    for event in events:
        _take(event, zone, roster, now, edited, taken)
    if len(taken.shifts) > MAX_FIXED_SHIFTS:
        said = f"{len(taken.shifts)} shifts within a year; a layer lists {MAX_FIXED_SHIFTS}"
        raise UnreadableCalendarError(said)
    return taken


def _take(
    event: Any, zone: ZoneInfo, roster: Roster, now: datetime, edited: set[Any], taken: Taken
) -> None:
    title = str(event.get("SUMMARY", ""))[:200]
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    try:
        person = _person(event, title, roster)
        found = [
            FixedShift(person, start, end)
            for start, end in _occurrences(event, zone, now, edited)
            if end > now
        ]
    except (RotaError, ValueError, TypeError, AttributeError, OverflowError, KeyError) as error:
        said = error.message if isinstance(error, RotaError) else str(error)
        taken.left.append({"summary": title, "reason": said[:200] or "cannot be read"})
        return
    taken.shifts += found


def _person(event: Any, title: str, roster: Roster) -> str:
    """Whom an event is about: its attendee by address, else the name or login in its title."""
    attendees = event.get("ATTENDEE") or []
    listed = attendees if isinstance(attendees, list) else [attendees]
    addresses = [str(it).casefold().removeprefix("mailto:") for it in listed]
    by_address = {roster.by_email[it] for it in addresses if it in roster.by_email}
    if len(by_address) == 1:
        return by_address.pop()
    if len(by_address) > 1:
        raise ValueError("names several people; split it into one event each")
    text = title.rpartition(":")[2].strip()
    names = {name.casefold(): name for name in roster.logins}
    names |= {login: name for name, login in roster.logins.items()}
    if (name := names.get(text.casefold())) is not None:
        return name
    raise ValueError("names nobody of the records; give it a name, a login or an attendee")


def _occurrences(
    event: Any, zone: ZoneInfo, now: datetime, edited: set[Any]
) -> Iterator[tuple[datetime, datetime]]:
    begin, length, own = _span(event, zone)
    identity = str(event.get("UID", ""))
    if "RRULE" not in event and "RDATE" not in event:
        yield begin.astimezone(UTC), _end(begin, length, own)
        return
    excluded = {it.astimezone(UTC) for it in _dates(event, "EXDATE", zone)}
    for wall in sorted({*_repeated(event, begin, now), *_walls(event, begin, zone)}):
        # Repeated on the wall clock: a weekly shift keeps its hour over a change of the clocks.
        start = wall.replace(tzinfo=begin.tzinfo)
        at = start.astimezone(UTC)
        if at not in excluded and (identity, at) not in edited:
            yield at, _end(start, length, own)


def _span(event: Any, zone: ZoneInfo) -> tuple[datetime, timedelta, bool]:
    """When it first begins, how long it is, and whether that is wall time (whole days)."""
    if "DTSTART" not in event:
        raise ValueError("has no beginning")
    first = event["DTSTART"].dt
    whole_days = not isinstance(first, datetime)
    begin = _instant(first, zone)
    if "DTEND" in event:
        end = _instant(event["DTEND"].dt, zone)
        length = (
            end.replace(tzinfo=None) - begin.replace(tzinfo=None)
            if whole_days
            else (end.astimezone(UTC) - begin.astimezone(UTC))
        )
    elif "DURATION" in event:
        length = event["DURATION"].dt
    else:
        length = _DAY if whole_days else timedelta()
    if length <= timedelta():
        raise ValueError("has no length; give it an end after its beginning")
    return begin, length, whole_days


def _end(start: datetime, length: timedelta, whole_days: bool) -> datetime:  # noqa: FBT001
    return (start + length if whole_days else start.astimezone(UTC) + length).astimezone(UTC)


def _repeated(event: Any, begin: datetime, now: datetime) -> Iterable[datetime]:
    """The local times of an RRULE, those of the next 366 days included, not those after."""
    local = begin.replace(tzinfo=None)
    horizon = (now + IMPORTED_DAYS).astimezone(begin.tzinfo).replace(tzinfo=None)
    if "RRULE" not in event:
        return [local]
    rule = event["RRULE"]
    if isinstance(rule, list):
        raise ValueError("has several rules of repetition; give it one")  # noqa: TRY004
    frequency = str(rule.get("FREQ", [""])[0]).upper()
    if frequency not in _FREQUENCIES:
        raise ValueError(f"repeats {frequency}; use {', '.join(sorted(_FREQUENCIES))}")
    until = rule.get("UNTIL", [None])[0]
    if until is not None:
        last = _instant(until, begin.tzinfo).astimezone(begin.tzinfo).replace(tzinfo=None)
        if not isinstance(until, datetime):
            last += _DAY - timedelta(microseconds=1)
        horizon = min(horizon, last)
    parts = rule.to_ical().decode().split(";")
    text = ";".join(part for part in parts if not part.upper().startswith("UNTIL="))
    found = rrulestr(f"RRULE:{text}", dtstart=local)
    soon = (it for it in iter(found))
    listed: list[datetime] = []
    for it in islice(soon, 40 * MAX_FIXED_SHIFTS):
        if it > horizon:
            break
        listed.append(it)
    return listed


def _walls(event: Any, begin: datetime, zone: ZoneInfo) -> list[datetime]:
    return [it.astimezone(begin.tzinfo).replace(tzinfo=None) for it in _dates(event, "RDATE", zone)]


def _dates(event: Any, name: str, zone: ZoneInfo) -> list[datetime]:
    found = event.get(name) or []
    lists = found if isinstance(found, list) else [found]
    return [_instant(it.dt, zone) for each in lists for it in each.dts]


def _edited(events: Iterable[Any], zone: ZoneInfo) -> set[tuple[str, datetime]]:
    """Occurrences that an event of their own replaces: by UID and the start they had."""
    return {
        (str(event.get("UID", "")), _instant(event["RECURRENCE-ID"].dt, zone).astimezone(UTC))
        for event in events
        if "RECURRENCE-ID" in event
    }


def _instant(found: Any, zone: Any) -> datetime:
    """A date or time of a file with its zone; one without is read in `zone`."""
    if isinstance(found, datetime):
        return found if found.tzinfo is not None else found.replace(tzinfo=zone)
    if isinstance(found, date):
        return datetime.combine(found, time(), zone)
    raise ValueError("has a time that is none")
