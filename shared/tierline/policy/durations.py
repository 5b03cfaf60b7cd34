"""How durations and opening windows are written."""

import re

from tierline.domain.policy import Duration

LONGEST_SECONDS = 366 * 24 * 3600
LONGEST_BUSINESS_DAYS = 366

EXAMPLE = "write it like 30m, 4h, 1h30m or 2bd (business days)"

_CLOCK_TIME = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,8})s)?")
_BUSINESS_DAYS = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)bd")
_DAYS = re.compile(r"([0-9]{1,3})d(?:ays?)?")
_WINDOW = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")


class UnreadableError(ValueError):
    """A text that is not what it should be.

    Attributes:
        message: what is wrong.
        remedy: how to write it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy


def parse_duration(text: str, *, business_days: bool = True) -> Duration:
    """Read `30m`, `4h`, `1h30m`, `90s` or `2bd`.

    Args:
        text: as written.
        business_days: whether `bd` is allowed here.

    Returns:
        More than zero and at most a year.

    Raises:
        UnreadableError: with how to write it.
    """
    if days := _BUSINESS_DAYS.fullmatch(text):
        if not business_days:
            raise UnreadableError(f"`{text}` counts business days", "write it in hours and minutes")
        return _in_range(text, Duration(business_days=float(days[1])))
    if days := _DAYS.fullmatch(text):
        hours = f"write {int(days[1]) * 24}h for hours by the clock"
        raise UnreadableError(
            f"`{text}` is ambiguous", f"{hours}, or {days[1]}bd for business days"
        )
    parts = _CLOCK_TIME.fullmatch(text)
    if parts is None or not text:
        if text.isascii() and text.isdigit():
            raise UnreadableError(f"`{text}` has no unit", f"write {text}m or {text}h")
        raise UnreadableError(f"`{text}` is not a duration", EXAMPLE)
    hours_, minutes, seconds = (int(part or 0) for part in parts.groups())
    return _in_range(text, Duration(seconds=hours_ * 3600 + minutes * 60 + seconds))


def _in_range(text: str, duration: Duration) -> Duration:
    if not (duration.seconds or duration.business_days):
        raise UnreadableError(
            f"`{text}` is no time at all", "write more than zero, or leave it out"
        )
    if duration.seconds > LONGEST_SECONDS or duration.business_days > LONGEST_BUSINESS_DAYS:
        raise UnreadableError(f"`{text}` is longer than a year", "write a shorter one")
    return duration


def parse_window(text: str) -> str:
    """Read `08:00-18:00`, `8:00-18:00` or `18:00-24:00`; an end before the start is the next day.

    Returns:
        The window as `HH:MM-HH:MM`.

    Raises:
        UnreadableError: with how to write it.
    """
    parts = _WINDOW.fullmatch(text.strip())
    if parts is None:
        raise UnreadableError(f"`{text}` is not a window of time", "write it like 08:00-18:00")
    hours, minutes, end_hours, end_minutes = (int(part) for part in parts.groups())
    end_ok = end_hours < 24 or (end_hours == 24 and end_minutes == 0)
    if hours > 23 or minutes > 59 or end_minutes > 59 or not end_ok:
        raise UnreadableError(f"`{text}` names a time that no clock shows", "use 00:00 to 24:00")
    return f"{hours:02}:{minutes:02}-{end_hours:02}:{end_minutes:02}"
