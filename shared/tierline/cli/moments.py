"""Instants and lengths of time as people type and read them, counted on policy time.

Times without a zone are the local time of the machine the command runs on.
"""

import re
from datetime import UTC, datetime, time, timedelta

from tierline.cli.failures import USAGE, FailureError
from tierline.policy.durations import UnreadableError, parse_duration

HOW_INSTANTS = "Write 14:30, +45m, 2h30m, or 2026-11-24T09:00 (with Z or an offset, if not local)."
HOW_SPANS = "Write 45m, 2h, 1h30m or 3d; a day is 24 hours here."

_CLOCK_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DAYS = re.compile(r"([0-9]{1,3})d([0-9].*)?")


def parse_moment(text: str, now: datetime) -> datetime:
    """Read an instant.

    Args:
        text: `14:30` (the next one), `+45m`, `45m` or `1d` from now, or an ISO 8601 date and time.
        now: UTC policy time.

    Returns:
        The instant in UTC.

    Raises:
        FailureError: it is none of these.
    """
    text = text.strip()
    if parts := _CLOCK_TIME.fullmatch(text):
        return _next_time(text, int(parts[1]), int(parts[2]), now)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    try:
        return now + parse_span(text.removeprefix("+"))
    except FailureError as error:
        raise FailureError(error.message, HOW_INSTANTS, code=USAGE) from None


def parse_span(text: str) -> timedelta:
    """Read a length of time like `45m`, `2h`, `1h30m` or `3d`; a day is 24 hours, as on the board.

    Raises:
        FailureError: it is none, or counts business days, which need a calendar.
    """
    days, rest = timedelta(0), text
    if parts := _DAYS.fullmatch(text):
        days, rest = timedelta(days=int(parts[1])), parts[2] or ""
    try:
        return days + timedelta(seconds=_seconds(rest) if rest or not days else 0)
    except UnreadableError as error:
        message = error.message[:1].upper() + error.message[1:]
        raise FailureError(f"{message}.", HOW_SPANS, code=USAGE) from None


def _seconds(text: str) -> float:
    return parse_duration(text, business_days=False).seconds


def _next_time(text: str, hour: int, minute: int, now: datetime) -> datetime:
    if hour > 23 or minute > 59:
        raise FailureError(f"No clock shows {text}.", HOW_INSTANTS, code=USAGE)
    today = now.astimezone().date()
    for ahead in range(2):
        # Made naive and read as local, so that a change of the clocks in between is minded.
        local = datetime.combine(today + timedelta(days=ahead), time(hour, minute))
        if (found := local.astimezone(UTC)) > now:
            return found
    return found


def parse_instant(text: str | None) -> datetime | None:
    """Read an RFC 3339 instant of the router; None for nothing."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def rfc3339(at: datetime) -> str:
    """Write an instant as the router reads it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local_time(at: datetime | None, now: datetime) -> str:
    """Write an instant in local time: on the day of `now` without a date, else with one."""
    if at is None:
        return "-"
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b %H:%M}" + (
        f" {local.year}" if local.year != today.year else ""
    )


def full_time(at: datetime | None) -> str:
    """Write an instant in local time in full, with its zone."""
    return f"{at.astimezone():%a %Y-%m-%d %H:%M:%S %Z}" if at else "-"


def span(length: timedelta) -> str:
    """Write a length of time by its two largest parts: `40s`, `23m`, `2h 05m`, `3d 4h`."""
    seconds = int(abs(length).total_seconds())
    if seconds < 60:
        return f"{seconds}s"
    minutes, hours = seconds // 60 % 60, seconds // 3600
    if hours >= 24:
        return f"{hours // 24}d {hours % 24}h"
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m"


def until(due: datetime, now: datetime) -> str:
    """Write how long until an instant (`in 23m`) or since it (`over 5m`)."""
    return f"in {span(due - now)}" if due > now else f"over {span(now - due)}"
