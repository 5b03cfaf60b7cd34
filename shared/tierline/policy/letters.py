"""`letters`: when the lead's list, the digest and the manager's letter are written.

Written:    {zone: Europe/London, lead: [08:00, 17:30], weekly: mon 07:00, digest: 17:30}
"""

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tierline.domain.business_time import never_closes
from tierline.domain.calendar import WEEKDAYS, Calendar
from tierline.domain.letters.rules import LetterRules
from tierline.domain.letters.when import BEFORE_CLOSING
from tierline.domain.policy import Group
from tierline.policy.calendars import Calendars
from tierline.policy.fields import Field, Fields
from tierline.policy.hours import ALWAYS
from tierline.policy.shapes import Checked, Choice, Either, Flag, ListOf, Text

NEVER: Final = "never"
OFFICE: Final = "office"
"""The hours that stand in where the policy names no times."""

_TIME = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
TIME_OF_DAY: Final = Text("a time of day", example="08:00", pattern=_TIME)
_TIME_OR_NEVER: Final = Text("a time of day, or never", example="17:30", pattern=f"{_TIME}|{NEVER}")
_WEEKLY: Final = Text(
    "a weekday and a time, or never",
    example="mon 07:00",
    pattern=f"(({'|'.join(WEEKDAYS)}) {_TIME})|{NEVER}",
)
_LAST_LIST: Final = time(23, 30)


def read_time(text: str) -> time:
    """An accepted time of day."""
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def _in_order(pair: list[str]) -> tuple[str, str] | None:
    morning, evening = map(read_time, pair)
    if morning < evening <= _LAST_LIST:
        return None
    return "must be two times of one day, the later at 23:30 or before", "write [08:00, 17:30]"


def _zone(text: str) -> tuple[str, str] | None:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return f"`{text}` is no time zone", "write it like Europe/London"
    return None


LETTERS: Final = Fields(
    "letters",
    {
        "zone": Field(
            Checked(
                Text("a time zone", example="Europe/London", pattern=r"[A-Za-z0-9_+/-]+"), _zone
            ),
            "the zone of the times here; that of the hours `office`, if left out",
        ),
        "lead": Field(
            Either(
                Choice((NEVER,)),
                Checked(ListOf(TIME_OF_DAY, least=2, limit=2), _in_order),
            ),
            "when leads of groups that never close get their two lists; those of the others get"
            " them at opening and half an hour before closing",
        ),
        "weekly": Field(_WEEKLY, "when the service manager gets the week in figures"),
        "digest": Field(_TIME_OR_NEVER, "when everybody gets what was kept for a digest"),
        "silent_when_empty": Field(Flag(), "true: a list with nothing in it is not sent"),
    },
)


def read_letters(
    document: Mapping[str, Any], calendars: Calendars, groups: Iterable[Group]
) -> LetterRules:
    """The rules of an accepted document, from its hours where it says nothing."""
    it: Mapping[str, Any] = document.get("letters", {})
    office = _office(document, calendars, groups)
    zone = it.get("zone") or (office.zone if office else "UTC")
    lead = it.get("lead", "")
    rules = LetterRules()
    hours = office if office is not None and "zone" not in it else _every_day(zone, "8:00", "17:30")
    weekly, digest = it.get("weekly", "mon 07:00"), it.get("digest", "17:30")
    day, _, at = weekly.partition(" ")
    return LetterRules(
        zone=zone,
        round_the_clock=_every_day(zone, *lead) if isinstance(lead, list) else hours,
        lists=lead != NEVER,
        weekly_day=None if weekly == NEVER else WEEKDAYS.index(day),
        weekly_at=rules.weekly_at if weekly == NEVER else read_time(at),
        digest_at=None if digest == NEVER else read_time(digest),
        silent_when_empty=it.get("silent_when_empty", rules.silent_when_empty),
    )


def _office(
    document: Mapping[str, Any], calendars: Calendars, groups: Iterable[Group]
) -> Calendar | None:
    """The hours called `office`, else those of the first group that closes."""
    named = document.get("hours", {})
    if OFFICE in named and named[OFFICE] != ALWAYS:
        return calendars.of(OFFICE, ("hours", OFFICE))
    return next((group.hours for group in groups if not never_closes(group.hours)), None)


def _every_day(zone: str, opening: str, last_list: str) -> Calendar:
    """Hours that open at a time and close half an hour after the other, every day."""
    first, last = read_time(opening), read_time(last_list)
    end = last.hour * 60 + last.minute + int(BEFORE_CLOSING.total_seconds()) // 60
    window = f"{first:%H:%M}-{end // 60:02}:{end % 60:02}"
    return Calendar.build(zone, dict.fromkeys(WEEKDAYS, (window,)))
