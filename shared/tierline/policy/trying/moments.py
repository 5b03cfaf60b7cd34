"""Instants in tests: `fri 17:50` of the coming week, or `2026-11-27 17:50`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tierline.domain.calendar import WEEKDAYS
from tierline.policy.errors import Problems, Where
from tierline.policy.shapes import BAD, JsonSchema, Text

_DAY = rf"(?:{'|'.join(WEEKDAYS)})"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
_MOMENT = re.compile(rf"({_DAY}|{_DATE}) ({_TIME})")


@dataclass(frozen=True, slots=True)
class MomentText:
    """A day of the week, or a date, and a time of day."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept it, with a date that there is."""
        shape = Text("a day and a time", example='"fri 17:50"', pattern=_MOMENT.pattern)
        text = shape.check(value, at, problems)
        if text is BAD or text[:3] in WEEKDAYS:
            return text
        try:
            datetime.fromisoformat(text[:10])
        except ValueError:
            problems.error(at, f"`{text}` is on no calendar", 'write it like "2026-11-27 17:50"')
            return BAD
        return text

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": f"^{_MOMENT.pattern}$"}


def moment(text: str, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) that an accepted text means: of a weekday the next one after `after`."""
    day, _, clock = text.partition(" ")
    hour, _, minute = clock.partition(":")
    at = time(int(hour), int(minute))
    if day not in WEEKDAYS:
        return datetime.combine(datetime.fromisoformat(day), at, zone).astimezone(UTC)
    today = after.astimezone(zone).date()
    ahead = (WEEKDAYS.index(day) - today.weekday()) % 7
    found = datetime.combine(today + timedelta(days=ahead), at, zone)
    if found <= after:
        found = datetime.combine(today + timedelta(days=ahead + 7), at, zone)
    return found.astimezone(UTC)


def shown(at: datetime, zone: ZoneInfo) -> str:
    """An instant as people write it in a test, with its date."""
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}".lower()
