"""Instants and durations as people read and type them."""

import re
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

MAX_AHEAD = timedelta(days=400)
_DURATION = re.compile(r"(?:(\d{1,3})d)?\s*(?:(\d{1,4})h)?\s*(?:(\d{1,5})m(?:in)?)?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


class NotAnInstantError(ValueError):
    """What was typed is no instant; the message says how to write one."""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA zone of that name, UTC for one we do not know."""
    return ZoneInfo(name if name in _zones() else "UTC")


def instant(text: str | None) -> datetime | None:
    """Read an RFC 3339 instant of the router.

    Args:
        text: with a zone; or nothing.

    Returns:
        The instant in UTC, or None for nothing or something else.
    """
    if not text:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value.astimezone(UTC) if value.tzinfo else None


def rfc3339(value: datetime) -> str:
    """Write an instant as the router reads it."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown(value: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """Write an instant for people.

    Args:
        value: UTC; or None.
        zone: the reader's.
        now: policy time; on its day the date is left out, in its year the year.

    Returns:
        Like `14:05`, `Mon 23 Nov 14:05` or `4 Jan 2027 09:00`; a dash for None.
    """
    if value is None:
        return "–"  # noqa: RUF001 - a dash for people
    local, today = value.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.year == today.year:
        return f"{local:%a} {local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y %H:%M}"


def exact(value: datetime | None, zone: ZoneInfo) -> str:
    """Write an instant in full, with seconds, in the reader's zone."""
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}" if value else ""


def span(seconds: float) -> str:
    """Write a length of time with its two largest parts, like `2d 4h`, `1h 05m` or `4m 30s`."""
    whole = int(abs(seconds))
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{days}d {hours}h"
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {left:02}s"


def length_of(seconds: float) -> str:
    """The same for a length that is not counted down: without seconds from a minute on."""
    text = span(seconds)
    return text.split()[0] if text.endswith("s") and seconds >= 60 else text


def countdown(due: datetime | None, now: datetime) -> str:
    """Write what is left until `due`, or by how much it is over, then without seconds.

    The page's script does the same.

    Args:
        due: UTC policy time, or None.
        now: UTC policy time.
    """
    if due is None:
        return ""
    left = (due - now).total_seconds()
    if left > 0:
        return span(left)
    return f"over {span(left).split()[0] if left > -3_600 else span(left)}"


def typed(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Read an instant that a person typed.

    Args:
        text: `30m`, `2h`, `1d`, `1h30m` from now; `16:30` (the next one); `2026-11-24 09:00`.
        now: UTC policy time.
        zone: the person's.

    Returns:
        The instant in UTC, or None for an empty text.

    Raises:
        NotAnInstantError: it is none of these, or more than MAX_AHEAD away.
    """
    text = text.strip().lower()
    if not text:
        return None
    value = _from_now(text, now) or _next_time(text, now, zone) or _dated(text, zone)
    if value is None or value - now > MAX_AHEAD:
        raise NotAnInstantError(
            f"“{text}” is not a time here: write 30m, 2h or 1d from now, 16:30, or 2026-11-24 09:00"
        )
    return value


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next 08:00 in the zone, UTC."""
    found = _next_time("08:00", now, zone)
    if found is None:  # pragma: no cover - 08:00 is a time
        raise AssertionError
    return found


def _from_now(text: str, now: datetime) -> datetime | None:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return now + timedelta(days=days, hours=hours, minutes=minutes)


def _next_time(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    at, day = time(int(match[1]), int(match[2])), now.astimezone(zone).date()
    for ahead in (0, 1):
        value = datetime.combine(day + timedelta(days=ahead), at, zone).astimezone(UTC)
        if value > now:
            return value
    return None


def _dated(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        value = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None
