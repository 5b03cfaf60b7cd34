"""Calendars of opening hours: a zone, a plain week, and the holidays that replace parts of it.

A calendar is a value: two with the same content are equal, have the same hash, and count time the
same way. A clock pins the hash of the calendar it was started under.
"""

import difflib
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tierline.domain.instants import FIRST_INSTANT, LAST_INSTANT, from_us
from tierline.domain.windows import (
    DAYS_PER_WEEK,
    MINUTES_PER_DAY,
    CalendarError,
    Window,
    open_spans,
    parse_windows,
)

__all__ = ["WEEKDAYS", "Calendar", "CalendarError", "Holiday", "check_zone"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_CLOSED_DAYS = 60
MAX_HOLIDAYS = 10_000
# A weekday that opens at all opens every seventh day, or every fourteenth when a clock change
# swallows the only window of the week.
_LONGEST_PLAIN_CLOSURE_DAYS = 2 * DAYS_PER_WEEK
_NOT_IANA = frozenset({"Factory", "localtime", "posixrules"})
_JSON_KEYS = frozenset({"timezone", "hours", "holidays"})


class Holiday(NamedTuple):
    """A date on which `windows`, none for a closed day, replace those of the plain week."""

    day: date
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Opening hours in one zone. Made by `build`, `from_json` or `always`, which check it.

    Attributes:
        zone: IANA name of the zone whose wall clock the windows are read on.
        week: the windows that start on Monday to Sunday.
        holidays: dates whose windows replace the week's, in order of date.
        hash: SHA-256, in hexadecimal, of the canonical JSON form.
    """

    zone: str
    week: tuple[tuple[Window, ...], ...]
    holidays: tuple[Holiday, ...]
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        object.__setattr__(self, "hash", hashlib.sha256(text.encode()).hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and other.hash == self.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    @classmethod
    def build(
        cls,
        zone: str,
        week: Mapping[str, Sequence[str]],
        holidays: Sequence[date | tuple[date, Sequence[str]]] = (),
    ) -> Self:
        """Make a calendar.

        Args:
            zone: IANA name of a zone, like `Europe/Berlin`.
            week: `mon` to `sun` to windows `HH:MM-HH:MM`; days left out are closed. 24:00 may end
                a window. An end at or before the start means the next day: `22:00-06:00` belongs
                to the day it starts on, and `00:00-00:00` is the whole day.
            holidays: closed dates, or dates with the windows that replace those starting on them.

        Raises:
            CalendarError: unknown zone or weekday, an unreadable window, a date listed twice with
                different hours, or 60 days in a row without an open second.
        """
        check_zone(zone)
        calendar = cls(zone, _parse_week(week), _parse_holidays(holidays))
        _refuse_long_closures(calendar)
        return calendar

    @staticmethod
    def always() -> "Calendar":
        """Return the calendar that is open round the clock, in UTC."""
        return _always()

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Make a calendar from `{"timezone": ..., "hours": {...}, "holidays": [...]}`.

        Args:
            obj: `hours` as `week` in `build`; each holiday a date `YYYY-MM-DD`, or an object with
                `date` and `hours`. `holidays` may be left out.

        Raises:
            CalendarError: as `build`, and on keys it does not know.
        """
        if not isinstance(obj, Mapping):
            raise CalendarError("calendar", "give an object with timezone, hours and holidays")
        unknown = sorted(str(key) for key in obj if key not in _JSON_KEYS)
        if unknown:
            raise CalendarError(unknown[0], "unknown; a calendar has timezone, hours and holidays")
        holidays = obj.get("holidays", [])
        if isinstance(holidays, str) or not isinstance(holidays, Sequence):
            raise CalendarError("holidays", 'give a list of dates, like ["2026-12-25"]')
        parsed = [_holiday_from_json(f"holidays[{i}]", item) for i, item in enumerate(holidays)]
        return cls.build(obj.get("timezone", ""), obj.get("hours", {}), parsed)

    def to_json(self) -> dict[str, Any]:
        """Return the form `from_json` reads; equal calendars give equal objects."""
        return {
            "timezone": self.zone,
            "hours": {
                name: [str(window) for window in windows]
                for name, windows in zip(WEEKDAYS, self.week, strict=True)
                if windows
            },
            "holidays": [
                {"date": day.isoformat(), "hours": [str(window) for window in windows]}
                if windows
                else day.isoformat()
                for day, windows in self.holidays
            ],
        }

    @property
    def tzinfo(self) -> ZoneInfo:
        """The zone itself."""
        return ZoneInfo(self.zone)

    @property
    def special_days(self) -> dict[int, tuple[Window, ...]]:
        """The windows of each holiday, by proleptic ordinal of its date."""
        return {day.toordinal(): windows for day, windows in self.holidays}

    @property
    def is_always_open(self) -> bool:
        """Whether every day is one window from midnight to midnight, without holidays."""
        whole_day = (Window(0, MINUTES_PER_DAY),)
        return not self.holidays and all(windows == whole_day for windows in self.week)


@functools.cache
def _always() -> Calendar:
    return Calendar.build("UTC", dict.fromkeys(WEEKDAYS, ("00:00-24:00",)))


def check_zone(zone: object) -> None:
    """Refuse what is not the IANA name of a zone.

    Raises:
        CalendarError: at `timezone`, with the nearest name there is.
    """
    if not isinstance(zone, str) or not _is_iana(zone):
        names = {name.casefold(): name for name in available_timezones()}
        near = difflib.get_close_matches(str(zone).casefold(), names, n=1)
        hint = f"did you mean {names[near[0]]}?" if near else "write it like Europe/Berlin or UTC"
        raise CalendarError("timezone", f"{zone!r} is not an IANA time zone; {hint}")


@functools.lru_cache(maxsize=1024)
def _is_iana(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return False
    return zone not in _NOT_IANA and not zone.startswith(("posix/", "right/"))


def _parse_week(week: object) -> tuple[tuple[Window, ...], ...]:
    if not isinstance(week, Mapping):
        raise CalendarError("hours", 'give weekdays with windows, like {"mon": ["09:00-17:00"]}')
    for name in week:
        if name not in WEEKDAYS:
            raise CalendarError(f"hours.{name}", f"no such weekday; use {', '.join(WEEKDAYS)}")
    parsed = tuple(parse_windows(f"hours.{name}", week.get(name, ())) for name in WEEKDAYS)
    if not any(parsed):
        raise CalendarError("hours", "no weekday ever opens; give at least one day a window")
    return parsed


def _holiday_from_json(path: str, item: object) -> date | tuple[date, Sequence[str]]:
    is_object = isinstance(item, Mapping)
    if isinstance(item, Mapping) and set(item) != {"date", "hours"}:
        raise CalendarError(path, "a holiday with hours has exactly the keys date and hours")
    text = item["date"] if isinstance(item, Mapping) else item
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # type: ignore[arg-type]  # noqa: DTZ007
    except (TypeError, ValueError):
        raise CalendarError(
            f"{path}.date" if is_object else path, f'{text!r} is not a date; write "2026-12-25"'
        ) from None
    return (day, item["hours"]) if isinstance(item, Mapping) else day


def _parse_holidays(items: Sequence[date | tuple[date, Sequence[str]]]) -> tuple[Holiday, ...]:
    if len(items) > MAX_HOLIDAYS:
        raise CalendarError(
            "holidays", f"{len(items)} dates are too many; list {MAX_HOLIDAYS} or fewer"
        )
    found: dict[date, tuple[Window, ...]] = {}
    for i, item in enumerate(items):
        path = f"holidays[{i}]"
        day, texts = item if isinstance(item, tuple) else (item, ())
        if not isinstance(day, date) or isinstance(day, datetime):
            raise CalendarError(path, f"{day!r} is not a date; give a date without a time")
        if not FIRST_INSTANT.date() <= day < LAST_INSTANT.date():
            raise CalendarError(path, f"{day} lies outside the years 2000 to 2099; remove it")
        windows = parse_windows(f"{path}.hours", texts)
        if found.setdefault(day, windows) != windows:
            raise CalendarError(path, f"{day} is listed twice with different hours; keep one")
    return tuple(Holiday(day, found[day]) for day in sorted(found))


def _refuse_long_closures(calendar: Calendar) -> None:
    """Refuse a calendar that stays shut so long that a promise under it means nothing.

    Away from holidays the plain week repeats and opens, so only runs of holidays can shut a
    calendar for long; each run is looked at with the plain days around it.
    """
    days = [day.toordinal() for day, _ in calendar.holidays]
    first = 0
    for i, day in enumerate(days):
        if i + 1 < len(days) and days[i + 1] - day <= _LONGEST_PLAIN_CLOSURE_DAYS:
            continue
        if day - days[first] > MAX_CLOSED_DAYS - 2 * _LONGEST_PLAIN_CLOSURE_DAYS - 2:
            _refuse_gap_between(calendar, days[first], day)
        first = i + 1


def _refuse_gap_between(calendar: Calendar, first: int, last: int) -> None:
    margin = _LONGEST_PLAIN_CLOSURE_DAYS + DAYS_PER_WEEK
    days = range(first - margin, last + margin + 1)
    spans = open_spans(calendar.tzinfo, calendar.week, calendar.special_days, days)
    for (_, closes), (opens, _) in pairwise(spans):
        length = timedelta(microseconds=opens - closes)
        if length >= timedelta(days=MAX_CLOSED_DAYS):
            begin, end = (from_us(us).astimezone(calendar.tzinfo) for us in (closes, opens))
            raise CalendarError(
                "holidays",
                f"closed from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M},"
                f" {length.days} days without an open second; give a date in between hours,"
                " or take dates off the list",
            )
