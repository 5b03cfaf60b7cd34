"""When a tier trains: the first Tuesday of a month or a quarter, at a time by the wall."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LAST: Final = -1
_MONTHS_AHEAD: Final = 7
"""Two quarters and a month: the next session lies within."""

_QUARTER: Final = 3


@dataclass(frozen=True, slots=True)
class Sessions:
    """A tier's sessions.

    Attributes:
        nth: which of the month's: 1 to 4, or LAST.
        weekday: 0 is Monday.
        at: the time of day by the provider's wall.
        quarterly: in the first month of each quarter only; the LAST one in its last month.
    """

    nth: int
    weekday: int
    at: time
    quarterly: bool = False


def next_session(sessions: Sessions, zone: ZoneInfo, after: datetime) -> datetime:
    """The first session that begins after an instant (UTC)."""
    local = after.astimezone(zone).date()
    year, month = local.year, local.month
    for _ in range(_MONTHS_AHEAD):
        if not sessions.quarterly or month % _QUARTER == (0 if sessions.nth == LAST else 1):
            day = _day_in(sessions, year, month)
            begins = datetime.combine(day, sessions.at, zone).astimezone(UTC)
            if begins > after:
                return begins
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    raise AssertionError("no session within two quarters")  # pragma: no cover - there is one


def _day_in(sessions: Sessions, year: int, month: int) -> date:
    if sessions.nth == LAST:
        end = date(year, month, monthrange(year, month)[1])
        return end - timedelta(days=(end.weekday() - sessions.weekday) % 7)
    first = date(year, month, 1)
    ahead = (sessions.weekday - first.weekday()) % 7 + 7 * (sessions.nth - 1)
    return first + timedelta(days=ahead)
