"""How hours are written: days, windows, holidays, edits.

Written:    {zone: Europe/London, mon-fri: 08:00-18:00, holidays: GB-ENG,
             edits: {2026-12-24: 08:00-12:00}}
In a document the holidays are dates, so that it compiles to the same calendar everywhere, always.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tierline.domain.calendar import WEEKDAYS
from tierline.domain.instants import FIRST_INSTANT, LAST_INSTANT
from tierline.policy.durations import UnreadableError, parse_window
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.shapes import BAD, JsonSchema, ListOf, Text, kind_of

ALWAYS = "24x7"
CLOSED = "closed"

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_REGION = r"[A-Z]{2}(-[A-Z0-9]{1,4})?"
_DAY_KEYS = r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$"
_OTHER_KEYS = ("zone", "holidays", "edits")


@dataclass(frozen=True, slots=True)
class WindowText:
    """One window of time, like `08:00-18:00`."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept it and write its hours with two digits."""
        if not isinstance(value, str):
            remedy = "write it like 08:00-18:00"
            problems.error(at, f"{kind_of(value)} is not a window of time", remedy)
            return BAD
        try:
            return parse_window(value)
        except UnreadableError as error:
            problems.error(at, error.message, error.remedy)
            return BAD

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": r"^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}$"}


@dataclass(frozen=True, slots=True)
class DateText:
    """A date, or with `or_region` a region whose public holidays are meant (`GB-ENG`)."""

    or_region: bool = False

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept a real date within the years that calendars know."""
        what = "a date or a region" if self.or_region else "a date"
        example = "2026-12-24 or GB-ENG" if self.or_region else "2026-12-24"
        region = f"|{_REGION}" if self.or_region else ""
        text = Text(what, example=example, pattern=_DATE + region).check(value, at, problems)
        if text is BAD or not text[:1].isdigit():
            return text
        try:
            day = date.fromisoformat(text)
        except ValueError:
            problems.error(at, f"`{text}` is on no calendar", "write it like 2026-12-24")
            return BAD
        if not FIRST_INSTANT.date() <= day < LAST_INSTANT.date():
            problems.error(at, f"`{text}` lies outside 2000 to 2099", "remove it")
            return BAD
        return text

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        region = f"|{_REGION}" if self.or_region else ""
        return {"type": "string", "pattern": f"^({_DATE}{region})$"}


_WINDOWS = ListOf(WindowText(), least=1, single=True, limit=24)
_HOLIDAYS = ListOf(DateText(or_region=True), single=True)
_DATE_KEY = DateText()


@dataclass(frozen=True, slots=True)
class WrittenCalendar:
    """Hours written out. Normalised: the days apart, lists of windows, edits by date."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept a zone, at least one day with windows, holidays and edits."""
        if not isinstance(value, dict):
            remedy = "write 24x7, a name from `hours`, or {zone: ..., mon-fri: 08:00-18:00}"
            problems.error(at, f"hours must not be {kind_of(value)}", remedy)
            return BAD
        found: dict[str, Any] = {"zone": _zone(value, at, problems)}
        found |= dict(_days(value, at, problems))
        if "holidays" in value:
            found["holidays"] = _HOLIDAYS.check(value["holidays"], (*at, "holidays"), problems)
        if "edits" in value:
            found["edits"] = _edits(value["edits"], (*at, "edits"), problems)
        return BAD if any(item is BAD for item in found.values()) else found

    def schema(self) -> JsonSchema:
        """An object with a zone and days."""
        closed: JsonSchema = {"const": CLOSED}
        return {
            "type": "object",
            "properties": {
                "zone": {"type": "string", "description": "IANA time zone, like Europe/London"},
                "holidays": _HOLIDAYS.schema(),
                "edits": {
                    "type": "object",
                    "propertyNames": _DATE_KEY.schema(),
                    "additionalProperties": {"anyOf": [closed, _WINDOWS.schema()]},
                },
            },
            "patternProperties": {_DAY_KEYS: _WINDOWS.schema()},
            "additionalProperties": False,
            "required": ["zone"],
        }


def _zone(value: Mapping[str, Any], at: Where, problems: Problems) -> Any:
    if "zone" not in value:
        problems.error(at, "hours lack `zone`", "add it, like zone: Europe/London", at_key=True)
        return BAD
    return Text("a time zone", example="Europe/London").check(
        value["zone"], (*at, "zone"), problems
    )


def _days(value: Mapping[str, Any], at: Where, problems: Problems) -> Iterator[tuple[str, Any]]:
    """Windows by weekday; `mon-thu` and `mon` together give Monday the windows of both."""
    found: dict[str, list[str]] = {}
    for key, windows in value.items():
        if key in _OTHER_KEYS:
            continue
        days = day_range(key)
        if days is None:
            problems.error((*at, key), f"hours have no key `{key}`", _hint(key), at_key=True)
            yield key, BAD
            continue
        checked = _WINDOWS.check(windows, (*at, key), problems)
        if checked is BAD:
            yield key, BAD
            continue
        for day in days:
            found.setdefault(day, []).extend(w for w in checked if w not in found.get(day, ()))
            problems.moved.setdefault((*at, day), (*at, key))
    yield from ((day, found[day]) for day in WEEKDAYS if day in found)


def _hint(key: str) -> str:
    if ":" in key:
        return "write several windows as a list: [08:00-12:00, 13:00-17:00]"
    return did_you_mean(key, (*_OTHER_KEYS, *WEEKDAYS, "mon-fri", "sat-sun"))


def day_range(text: str) -> tuple[str, ...] | None:
    """`mon-fri` or `sat` as weekdays, `fri-mon` over the weekend; None when it is neither."""
    first, dash, last = text.partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        return None
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return tuple(WEEKDAYS[i % 7] for i in range(start, end + (1 if end >= start else 8)))


def _edits(value: Any, at: Where, problems: Problems) -> Any:
    if not isinstance(value, dict):
        remedy = "write it like {2026-12-24: 08:00-12:00}"
        problems.error(at, f"must be a mapping from dates, not {kind_of(value)}", remedy)
        return BAD
    found: dict[str, Any] = {}
    fine = True
    for key, windows in value.items():
        day = _DATE_KEY.check(key, (*at, key), problems)
        shut = windows == CLOSED
        opens = CLOSED if shut else _WINDOWS.check(windows, (*at, key), problems)
        fine = fine and day is not BAD and opens is not BAD
        if fine:
            found[day] = opens
    return found if fine else BAD
