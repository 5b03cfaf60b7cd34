"""Moments of records, by the clock of whom they are about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tierline.policy.errors import Problems, Where
from tierline.policy.hours import DateText
from tierline.policy.shapes import BAD, JsonSchema, Text

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"T([01][0-9]|2[0-3]):[0-5][0-9]"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a date and a time by somebody's own clock: `2026-12-24T13:00`."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept a real date with or without a time of day."""
        shape = Text(
            "a date, or a date and time",
            example="2026-12-24 or 2026-12-24T13:00",
            pattern=f"{_DATE}({_TIME})?",
        )
        text = shape.check(value, at, problems)
        if text is BAD or DateText().check(text[:10], at, problems) is BAD:
            return BAD
        return text

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": f"^{_DATE}({_TIME})?$"}


def starts_of(text: str) -> datetime:
    """What a `from` means, by that clock."""
    return datetime.fromisoformat(text)


def ends_of(text: str) -> datetime:
    """What an `until` or a `to` means: the end of a day that is named alone."""
    return datetime.fromisoformat(text) + timedelta(days=0 if "T" in text else 1)
