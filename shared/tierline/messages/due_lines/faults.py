"""What is wrong with a line: which field, why, and what to write instead."""

import re
from typing import Final

import msgspec

from tierline.domain.calendar import CalendarError

REMEDIES: Final = {
    "": 'write one JSON object on the line, with "calendar", "start" and "target_minutes"',
    "calendar": 'give an object with "timezone", "hours" and, if there are any, "holidays"',
    "start": 'write an instant with its offset, like "2026-11-20T16:30:00+01:00"',
    "target_minutes": "give a number of minutes, zero or more",
    "pauses": "give a list of [start, end] or [start, end, reason]; null is the end of an open one",
    "id": "give a text, a number, true, false or null",
}
"""By the first part of a field's path."""

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not the JSON that was expected."""

_MISSING = re.compile(r"Object missing required field `(\w+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_AT = re.compile(r" - at `\$\.?([^`]*)`$")


class BadLineError(ValueError):
    """A line that has no answer.

    Attributes:
        field: the path of what is wrong, like `pauses[0][1]`; empty for the line as a whole.
        reason: what is wrong.
        remedy: what to do about it.
    """

    def __init__(self, field: str, reason: str, remedy: str = "") -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason
        self.remedy = remedy or REMEDIES[re.split(r"[.\[]", field, maxsplit=1)[0]]


def of_calendar(error: CalendarError) -> BadLineError:
    """A calendar that cannot be used; its message says what to do after the last semicolon."""
    reason, _, remedy = error.message.rpartition("; ")
    field = "calendar" if error.field == "calendar" else f"calendar.{error.field}"
    return BadLineError(field, reason or "it cannot be read", remedy)


def of_json(error: Exception, under: str = "") -> BadLineError:
    """A line, or its field `under`, that is UNREADABLE: no JSON, or not of the right shape."""
    text = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    if found := _MISSING.match(text):
        return BadLineError(found[1], "it is missing")
    if found := _UNKNOWN.match(text):
        known = ", ".join(name for name in REMEDIES if name)
        return BadLineError(found[1], "there is no such field", f"a line has {known}; leave it out")
    field = _AT.search(text)
    path = field[1] if field else under
    return BadLineError(path, _AT.sub("", text))
