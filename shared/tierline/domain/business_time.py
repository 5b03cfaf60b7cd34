"""Business time: when a target is due, what has been counted, and how that came about.

Everything here is a pure function of its arguments: interval arithmetic on instants, never a walk
over minutes and never a look at a clock. Instants are timezone-aware and come back in UTC; they
lie from 2000-01-01 to 2100-01-01. Durations are exact to the microsecond. Intervals are half-open.
"""

import functools
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from tierline.domain.calendar import Calendar
from tierline.domain.due_ledger import Segment, segments
from tierline.domain.instants import (
    FIRST_INSTANT,
    LAST_INSTANT,
    InstantError,
    Interval,
    from_us,
    is_open_ended,
    to_us,
    union_of,
    whole,
)
from tierline.domain.open_hours import (
    CALENDARS_KEPT,
    HorizonExceeded,
    bound_from,
    open_hours,
)
from tierline.domain.windows import DAYS_PER_WEEK, MINUTES_PER_DAY, Span, merged

__all__ = [
    "FIRST_INSTANT",
    "LAST_INSTANT",
    "HorizonExceeded",
    "InstantError",
    "Interval",
    "Segment",
    "add",
    "add_each",
    "before",
    "is_open",
    "ledger",
    "local_date",
    "mean_open_per_weekday",
    "never_closes",
    "next_closing",
    "next_opening",
    "open_between",
    "open_us_between",
]

_MINUTES_PER_WEEK = DAYS_PER_WEEK * MINUTES_PER_DAY


def add(
    calendar: Calendar, start: datetime, target: timedelta, holds: Iterable[Interval] = ()
) -> datetime | None:
    """Say when a target is due: the first instant by which it has been counted in full.

    Args:
        calendar: the opening hours that count.
        start: when the clock starts, open or not.
        target: business time to count, zero or more. Zero is due at `start` itself, whatever the
            hours and holds.
        holds: when the clock is held, in any order; where they overlap, the union counts. Only
            open time inside a hold moves the due instant.

    Returns:
        The due instant in UTC; None while an open hold keeps the clock. An open hold that starts
        at or after the due instant does not keep it.

    Raises:
        HorizonExceeded: not due within 20 years of `start`, or by 2100.
        InstantError: `start` or a hold is no usable instant.
        ValueError: `target` is negative.
    """
    begin = to_us(start)
    due = _due(calendar, begin, _target(target), union_of(holds) if holds else [])
    return None if due is None else from_us(due)


def add_each(
    calendar: Calendar, start: datetime, targets: Iterable[timedelta]
) -> tuple[datetime, ...]:
    """Say when each of several targets is due, as `add` without holds does, in one search.

    Raises:
        HorizonExceeded, InstantError, ValueError: as `add`.
    """
    begin = to_us(start)
    hours, bound = open_hours(calendar), bound_from(begin)
    counted = hours.counted(begin)
    dues = []
    for target in targets:
        need = _target(target)
        due = hours.reach(counted + need, begin, bound) if need else begin
        if due is None:
            raise HorizonExceeded(calendar.zone, from_us(begin), from_us(bound))
        dues.append(from_us(due))
    return tuple(dues)


def before(calendar: Calendar, end: datetime, target: timedelta) -> datetime:
    """Say when to begin for a target to be counted by an instant: the latest such open instant.

    Args:
        calendar: the opening hours that count.
        end: when it must have been counted.
        target: business time to count, more than zero.

    Returns:
        The instant in UTC; where the years before `end` hold less, FIRST_INSTANT.

    Raises:
        InstantError: `end` is unusable.
    """
    until, hours = to_us(end), open_hours(calendar)
    count = hours.counted(until) - _target(target)
    back = whole(target)
    while hours.counted(start := max(until - back, to_us(FIRST_INSTANT))) >= count:
        if start == to_us(FIRST_INSTANT):
            return FIRST_INSTANT
        back *= 2
    reached = hours.reach(count, start, until)
    found = None if reached is None else hours.opening(reached, until)
    return end if found is None else from_us(found)


def open_between(
    calendar: Calendar, start: datetime, end: datetime, holds: Iterable[Interval] = ()
) -> timedelta:
    """Say how much open, unheld time lies between two instants.

    Args:
        calendar: the opening hours that count.
        start: from here, inclusive.
        end: up to here, exclusive; at or before `start` the answer is zero.
        holds: as in `add`; an open hold lasts to `end`.

    Raises:
        InstantError: an instant is unusable.
    """
    total = open_us_between(calendar, start, end)
    if not holds or end <= start:
        return timedelta(microseconds=total)
    hours, begin, until = open_hours(calendar), to_us(start), to_us(end)
    for held_from, held_to in union_of(holds):
        first, last = max(held_from, begin), min(held_to, until)
        if first < last:
            total -= hours.counted(last) - hours.counted(first)
    return timedelta(microseconds=total)


def open_us_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Say how many microseconds of open time lie between two instants, as `open_between` does."""
    begin, until = to_us(start), to_us(end)
    if until <= begin:
        return 0
    hours = open_hours(calendar)
    return hours.counted(until) - hours.counted(begin)


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Say whether the calendar is open at an instant; at a closing time it no longer is."""
    return open_hours(calendar).is_open(to_us(at))


def next_opening(calendar: Calendar, at: datetime) -> datetime | None:
    """Return the first open instant at or after `at`: `at` itself when open, else the opening.

    Returns:
        The instant in UTC; None when the years up to 2100 hold none.
    """
    begin = to_us(at)
    found = open_hours(calendar).opening(begin, bound_from(begin))
    return None if found is None else from_us(found)


def next_closing(calendar: Calendar, at: datetime) -> datetime | None:
    """Return the first closing after `at`: of the opening `at` lies in, else of the next one.

    Returns:
        The instant in UTC; None when the calendar does not close within 20 years, or by 2100.
    """
    begin = to_us(at)
    found = open_hours(calendar).closing(begin, bound_from(begin))
    return None if found is None else from_us(found)


def local_date(calendar: Calendar, at: datetime) -> date:
    """Return the date on the calendar's wall at an instant."""
    return from_us(to_us(at)).astimezone(calendar.tzinfo).date()


@functools.lru_cache(maxsize=CALENDARS_KEPT)
def mean_open_per_weekday(calendar: Calendar) -> timedelta:
    """Return the mean open time of the weekdays that open, which is what one business day lasts.

    The plain week counts, without holidays and changes of the clocks; windows that overlap, within
    a day or from one day into the next, count once.

    Returns:
        The mean, to the nearest second (half a second rounds up).
    """
    opening = [(day, windows) for day, windows in enumerate(calendar.week) if windows]
    spans: list[Span] = []
    for day, windows in opening:
        for start, end in windows:
            first = day * MINUTES_PER_DAY + start
            last = day * MINUTES_PER_DAY + end
            spans.append((first, min(last, _MINUTES_PER_WEEK)))
            spans.append((0, max(last - _MINUTES_PER_WEEK, 0)))
    seconds = 60 * sum(end - start for start, end in merged(spans))
    return timedelta(seconds=(2 * seconds + len(opening)) // (2 * len(opening)))


def never_closes(calendar: Calendar) -> bool:
    """Whether the plain week has no closing, however it is written and whatever its holidays."""
    return all(calendar.week) and mean_open_per_weekday(calendar) == timedelta(days=1)


def ledger(
    calendar: Calendar,
    start: datetime,
    target: timedelta,
    holds: Sequence[Interval] = (),
    *,
    until: datetime | None = None,
) -> list[Segment]:
    """Show how a due instant comes about, segment by segment.

    Args:
        calendar: the opening hours that count.
        start: when the clock starts.
        target: business time to count.
        holds: as in `add`, with their reasons.
        until: how far to show a clock that an open hold keeps; left out, up to where that hold
            begins. A clock with a due instant is shown up to there.

    Returns:
        Segments without gap or overlap from `start` to the end. Their `counted` sums exactly to
        the target, or to what was counted before the hold that keeps the clock. None for a zero
        target.

    Raises:
        HorizonExceeded, InstantError, ValueError: as `add`.
    """
    begin, need, union = to_us(start), _target(target), union_of(holds)
    end = _due(calendar, begin, need, union)
    if end is None:
        end = max(union[-1][0], begin) if until is None else max(to_us(until), begin)
    return segments(calendar, begin, end, holds)


def _target(target: timedelta) -> int:
    need = whole(target)
    if need < 0:
        raise ValueError(f"a target of {target} is negative; give zero or more")
    return need


def _due(calendar: Calendar, begin: int, need: int, holds: list[Span]) -> int | None:
    """Return the due instant in microseconds; None while an open hold keeps the clock."""
    if not need:
        return begin
    hours = open_hours(calendar)
    bound = bound_from(begin)
    at, counted = begin, hours.counted(begin)
    for hold in holds:
        held_from, held_to = hold
        if held_to <= at:
            continue
        if held_from > at:
            available = hours.counted(min(held_from, bound)) - counted
            if available >= need or held_from > bound:
                break
            need -= available
        if is_open_ended(hold):
            return None
        at = min(held_to, bound)
        counted = hours.counted(at)
    due = hours.reach(counted + need, at, bound)
    if due is None:
        raise HorizonExceeded(calendar.zone, from_us(begin), from_us(bound))
    return due
