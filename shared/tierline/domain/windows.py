"""Opening windows: how they are written, and which instants their edges stand for.

A window is a stretch of one day's opening in local wall time. Its edges become instants as RFC 5545
(section 3.3.5) resolves a local time at a change of the clocks: a time that does not exist takes
the offset before the gap, a time that happens twice is the first of the two. What lies between two
edges is one stretch, however long the clocks make it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTES_PER_DAY = 1440
DAYS_PER_WEEK = 7
MAX_WINDOWS_PER_DAY = 24
MICROSECONDS_PER_MINUTE = 60_000_000

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_WINDOW = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")

Span = tuple[int, int]
"""A half-open stretch of time, in microseconds since 1970-01-01T00:00:00Z."""


class CalendarError(ValueError):
    """A calendar that cannot be used.

    Attributes:
        field: where the fault is, as a path into the calendar's JSON form (`hours.mon[0]`).
        message: what is wrong and how to put it right.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Window(NamedTuple):
    """Opening from `start` to `end`, in minutes after local midnight of the day it starts on.

    `end` is past 1440 when the window runs into the next day; such a window still belongs to the
    day it starts on.
    """

    start: int
    end: int

    def __str__(self) -> str:
        end = self.end if self.end <= MINUTES_PER_DAY else self.end - MINUTES_PER_DAY
        return f"{_clock(self.start)}-{_clock(end)}"


def parse_windows(field: str, texts: object) -> tuple[Window, ...]:
    """Read the windows of one day.

    Args:
        field: the path named in errors.
        texts: a sequence of `HH:MM-HH:MM`; 24:00 may end a window; an end at or before the start
            means the next day.

    Returns:
        The windows in order, each once. Windows that touch or overlap are kept as written, because
        merging them would change what a clock change makes of their edges.

    Raises:
        CalendarError: naming the window that cannot be read.
    """
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise CalendarError(field, 'give a list of windows, like ["09:00-17:00"]')
    if len(texts) > MAX_WINDOWS_PER_DAY:
        raise CalendarError(
            field, f"{len(texts)} windows in a day; merge them into {MAX_WINDOWS_PER_DAY} or fewer"
        )
    return tuple(sorted({_parse(f"{field}[{i}]", text) for i, text in enumerate(texts)}))


def _parse(field: str, text: object) -> Window:
    match = _WINDOW.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise CalendarError(
            field, f'{text!r} is not a window; write two-digit local times, like "09:00-17:00"'
        )
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or end > MINUTES_PER_DAY or start >= MINUTES_PER_DAY:
        raise CalendarError(
            field, f"{text!r} has a time that no day has; use 00:00 to 23:59, or 24:00 as an end"
        )
    return Window(start, end if end > start else end + MINUTES_PER_DAY)


def open_spans(
    zone: ZoneInfo,
    week: Sequence[Sequence[Window]],
    special: Mapping[int, Sequence[Window]],
    days: range,
) -> list[Span]:
    """Say when the windows that start on some days are open.

    Args:
        zone: where the wall clock hangs.
        week: the windows of Monday to Sunday.
        special: windows that replace the week's, by proleptic ordinal of the day.
        days: proleptic ordinals of the days.

    Returns:
        Spans in order, none touching another. A window that a gap turns around adds nothing.
    """
    spans = []
    for day in days:
        windows = special.get(day)
        for window in week[(day - 1) % DAYS_PER_WEEK] if windows is None else windows:
            spans.append(resolve(zone, day, window))  # noqa: PERF401 - a comprehension hides the rule
    return merged(spans)


def resolve(zone: ZoneInfo, day: int, window: Window) -> Span:
    """Turn a window of a day (a proleptic ordinal) into instants; the end may come first."""
    return local_instant(zone, day, window.start), local_instant(zone, day, window.end)


def local_instant(zone: ZoneInfo, day: int, minute: int) -> int:
    """Say which instant a local time stands for, in microseconds since 1970.

    Args:
        zone: where the wall clock hangs.
        day: proleptic ordinal of the local date.
        minute: minutes after its midnight; 1440 or more reach into the days after.
    """
    days, minute = divmod(minute, MINUTES_PER_DAY)
    day += days
    hour, minute = divmod(minute, 60)
    # fold=0, the default, is RFC 5545's reading both in a gap and in a repeated hour (PEP 495).
    wall = datetime.fromordinal(day).replace(hour=hour, minute=minute, tzinfo=zone)
    minutes = (day - _EPOCH_ORDINAL) * MINUTES_PER_DAY + hour * 60 + minute
    return minutes * MICROSECONDS_PER_MINUTE - (wall.utcoffset() or timedelta()) // _MICROSECOND


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the union of spans, in order, none touching another.

    A span that is empty or ends before it starts adds nothing.
    """
    union: list[Span] = []
    for start, end in sorted(spans):
        if union and start <= union[-1][1]:
            if end > union[-1][1]:
                union[-1] = (union[-1][0], end)
        elif start < end:
            union.append((start, end))
    return union


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
