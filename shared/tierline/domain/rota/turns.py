"""Which turn of a rotation an instant lies in: reckoned, never counted up from the start."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Final

from tierline.domain.instants import from_us
from tierline.domain.rota.rotation import Rotation, Unit
from tierline.domain.windows import DAYS_PER_WEEK, local_instant

_HOUR: Final = 3_600_000_000
_MONTHS: Final = 12


def turn_at(rotation: Rotation, at: int) -> int | None:
    """Return the number of the turn, from 0, that the instant `at` (microseconds) lies in.

    None before the rotation begins and once it has ended. Where a change of the clocks makes two
    hand-overs one instant, the turn between them is empty and the later one counts.
    """
    if at < rotation.begin or (rotation.end is not None and at >= rotation.end):
        return None
    if rotation.unit is Unit.HOUR:
        return (at - rotation.begin) // (rotation.every * _HOUR)
    # A day more: clocks set back over midnight show yesterday again after today's hand-over.
    tomorrow = from_us(at).astimezone(rotation.tz).toordinal() + 1
    if rotation.unit is Unit.MONTH:
        turn = (_month_of(tomorrow) - _first_month(rotation)) // rotation.every
    else:
        turn = (tomorrow - _first_day(rotation)) // _days(rotation)
    while turn > 0 and hand_over(rotation, turn) > at:
        turn -= 1
    return turn


def hand_over(rotation: Rotation, turn: int) -> int:
    """Return the instant (microseconds) at which the turn with this number, from 0, begins."""
    if turn == 0:
        return rotation.begin
    if rotation.unit is Unit.HOUR:
        return rotation.begin + turn * rotation.every * _HOUR
    if rotation.unit is Unit.MONTH:
        month = _first_month(rotation) + turn * rotation.every
        day = _day_in(month, rotation.day or rotation.starts.day)
    else:
        day = _first_day(rotation) + turn * _days(rotation)
    return local_instant(rotation.tz, day, rotation.minute)


def hand_overs(rotation: Rotation, start: int, end: int) -> Iterator[int]:
    """Yield the instants after `start` and before `end` at which somebody begins or ends a turn."""
    if start < rotation.begin < end:
        yield rotation.begin
    last = end if rotation.end is None else min(end, rotation.end)
    # One person's turns follow each other without anything changing hands.
    if len(set(rotation.people)) > 1 and max(start, rotation.begin) < last:
        turn = (turn_at(rotation, max(start, rotation.begin)) or 0) + 1
        while (edge := hand_over(rotation, turn)) < last:
            yield edge
            turn += 1
    if rotation.end is not None and start < rotation.end < end:
        yield rotation.end


def _days(rotation: Rotation) -> int:
    return rotation.every * (DAYS_PER_WEEK if rotation.unit is Unit.WEEK else 1)


def _first_day(rotation: Rotation) -> int:
    """The proleptic ordinal that turns of days and weeks are counted from; at most the start."""
    day = rotation.starts.toordinal()
    if rotation.weekday is None:
        return day
    return day - (rotation.starts.weekday() - rotation.weekday) % DAYS_PER_WEEK


def _first_month(rotation: Rotation) -> int:
    """The month, counted from year 0, whose hand-over is the last one at or before the start."""
    start = rotation.starts.toordinal()
    month = _month_of(start)
    return month - 1 if _day_in(month, rotation.day or rotation.starts.day) > start else month


def _month_of(day: int) -> int:
    it = date.fromordinal(day)
    return it.year * _MONTHS + it.month - 1


def _day_in(month: int, day: int) -> int:
    """The proleptic ordinal of a day of a month, or of its last day where it is shorter."""
    year, month = divmod(month, _MONTHS)
    month += 1
    return date(year, month, min(day, monthrange(year, month)[1])).toordinal()
