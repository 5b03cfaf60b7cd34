"""Calendars of a checked document: holidays looked up, names followed, each made once."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import holidays as public_holidays

from tierline.domain.calendar import WEEKDAYS, Calendar, CalendarError
from tierline.domain.instants import FIRST_INSTANT, LAST_INSTANT
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.hours import ALWAYS, CLOSED

YEARS_BEHIND, YEARS_AHEAD = 1, 5
"""Public holidays are looked up from last year to five years ahead of the year of loading."""


def calendars_of(document: Mapping[str, Any]) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Every calendar written out in a checked document, with its path."""
    spots: list[tuple[Where, Any]] = [
        (("hours", name), hours) for name, hours in document.get("hours", {}).items()
    ]
    spots += [
        (("groups", name, "hours"), group["hours"])
        for name, group in document.get("groups", {}).items()
    ]
    spots += [
        (("slas", name, "cover", priority), hours)
        for name, sla in document.get("slas", {}).items()
        for priority, hours in sla["cover"].items()
    ]
    spots += [
        (("clients", name, "sla", "cover", priority), hours)
        for name, rules in document.get("clients", {}).items()
        if isinstance(rules.get("sla"), dict)
        for priority, hours in rules["sla"].get("cover", {}).items()
    ]
    return ((where, hours) for where, hours in spots if isinstance(hours, dict))


def resolve_holidays(document: Mapping[str, Any], year: int, problems: Problems) -> None:
    """Replace, in place, regions by the dates of their public holidays around `year`."""
    for where, hours in calendars_of(document):
        written = hours.get("holidays", [])
        at = (*where, "holidays")
        days: set[str] = set()
        for i, item in enumerate(written):
            days |= {item} if item[0].isdigit() else _dates_of(item, year, (*at, i), problems)
        if written:
            hours["holidays"] = sorted(days)


def refuse_regions(document: Mapping[str, Any], problems: Problems) -> None:
    """Note holidays that are still regions: a stored document must not depend on a holiday list."""
    for where, hours in calendars_of(document):
        for i, item in enumerate(hours.get("holidays", [])):
            if not item[0].isdigit():
                remedy = "load the policy from its files, which looks the dates up"
                problems.error((*where, "holidays", i), f"`{item}` is not a date", remedy)


def _dates_of(region: str, year: int, at: Where, problems: Problems) -> set[str]:
    """The public holidays of an ISO 3166 country or subdivision, as `YYYY-MM-DD`."""
    country, _, part = region.partition("-")
    known: dict[str, list[str]] = public_holidays.list_supported_countries()
    if country not in known:
        remedy = did_you_mean(country, (name for name in known if len(name) == 2))
        remedy = remedy or "write an ISO country code like GB, or dates"
        problems.error(at, f"no public holidays are known for `{country}`", remedy)
        return set()
    if part and part not in known[country]:
        remedy = did_you_mean(part, known[country]) or "write the country alone, or dates"
        problems.error(at, f"`{country}` has no holidays of a region `{part}`", remedy)
        return set()
    first, last = FIRST_INSTANT.year, LAST_INSTANT.year - 1
    years = [y for y in range(year - YEARS_BEHIND, year + YEARS_AHEAD + 1) if first <= y <= last]
    found = public_holidays.country_holidays(country, subdiv=part or None, years=years)
    return {day.isoformat() for day in found if day.year in years}


class Calendars:
    """Makes calendars of a checked document, each named one once."""

    def __init__(self, document: Mapping[str, Any], problems: Problems) -> None:
        self._problems = problems
        self._named = document.get("hours", {})
        self._made: dict[str, Calendar | None] = {}
        self.all: dict[str, Calendar] = {}
        for name in self._named:
            self._of_name(name, ("hours", name))
        self._keep(Calendar.always())

    @property
    def named(self) -> dict[str, Calendar]:
        """Those of the document's `hours` that could be made, by name."""
        return {name: made for name, made in self._made.items() if made is not None}

    def of(self, hours: Any, at: Where) -> Calendar:
        """The calendar for a name, `24x7`, or hours written out; `at` is where that stands.

        Where it cannot be made, the problem is noted and round the clock stands in.
        """
        made = self._of_name(hours, at) if isinstance(hours, str) else self._build(hours, at)
        return made or Calendar.always()

    def _of_name(self, name: str, at: Where) -> Calendar | None:
        if name == ALWAYS:
            return Calendar.always()
        if name not in self._named:
            remedy = did_you_mean(name, (*self._named, ALWAYS))
            self._problems.error(at, f"no hours are called `{name}`", remedy)
            return None
        if name not in self._made:
            hours, here = self._named[name], ("hours", name)
            always = hours == ALWAYS
            self._made[name] = Calendar.always() if always else self._build(hours, here)
        return self._made[name]

    def _build(self, hours: Mapping[str, Any], at: Where) -> Calendar | None:
        edits = {day: () if w == CLOSED else w for day, w in hours.get("edits", {}).items()}
        closed = (day for day in hours.get("holidays", ()) if day not in edits)
        listed = [(date.fromisoformat(day), ()) for day in closed]
        listed += [(date.fromisoformat(day), tuple(windows)) for day, windows in edits.items()]
        week = {day: hours[day] for day in WEEKDAYS if day in hours}
        try:
            return self._keep(Calendar.build(hours["zone"], week, sorted(listed)))
        except CalendarError as error:
            self._problems.error(_spot(error.field, hours, at), error.message)
            return None

    def _keep(self, calendar: Calendar) -> Calendar:
        return self.all.setdefault(calendar.hash, calendar)


def _spot(field: str, hours: Mapping[str, Any], at: Where) -> Where:
    """Where the thing stands that the calendar complained about."""
    if field == "timezone":
        return (*at, "zone")
    if field.startswith("holidays") and "holidays" in hours:
        return (*at, "holidays")
    day = field.removeprefix("hours.")[:3]
    return (*at, day) if day in hours else at
