"""A calendar compiled to open spans, with running totals to search in.

Open time is a number line: `counted` says how far along it an instant lies, `reach` which instant
lies at a given place. Spans are compiled a year at a time, when first needed, and kept for the
calendars used last. A compiled year never changes, and readers take one consistent state, so
threads share it without waiting.
"""

import functools
import threading
from array import array
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Final, NamedTuple

from tierline.domain.calendar import Calendar
from tierline.domain.instants import FIRST, LAST, LAST_INSTANT, from_us, to_us, whole
from tierline.domain.windows import Span, merged, open_spans

CALENDARS_KEPT = 256
SEARCH_YEARS = 20
# A local date is at most one day off the UTC date, and a window may run one day on; one to spare.
_DAYS_AROUND_A_YEAR: Final = 3
_SEARCH: Final = whole(timedelta(days=366 * SEARCH_YEARS))


class HorizonExceeded(ValueError):  # noqa: N818 - the word for it in every message and runbook
    """A search for an instant that went as far as it may without finding it.

    Attributes:
        zone: the zone of the calendar searched.
        start: where the search began (UTC).
        bound: how far it went: 20 years on, or 2100-01-01 (UTC).
    """

    def __init__(self, zone: str, start: datetime, bound: datetime) -> None:
        super().__init__(zone, start, bound)
        self.zone = zone
        self.start = start
        self.bound = bound

    def __str__(self) -> str:
        return (
            f"no such instant between {self.start.isoformat()} and {self.bound.isoformat()} in the"
            f" calendar of {self.zone}; the target is too long for its opening hours"
        )


def bound_from(start: int) -> int:
    """Return the last instant a search from `start` may look at (microseconds since 1970)."""
    return min(start + _SEARCH, LAST)


class _State(NamedTuple):
    """What is compiled: spans within `low` to `high`; `sums` is the counted time at each end."""

    low: int
    high: int
    base: int
    starts: "array[int]"
    ends: "array[int]"
    sums: "array[int]"


def _state(low: int, high: int, base: int, spans: list[Span]) -> _State:
    spans = merged(spans)
    totals = accumulate((end - start for start, end in spans), initial=base)
    return _State(
        low,
        high,
        base,
        array("q", [start for start, _ in spans]),
        array("q", [end for _, end in spans]),
        array("q", list(totals)[1:]),
    )


_NOTHING: Final = _state(LAST + 1, FIRST - 1, 0, [])


class OpenHours:
    """The open spans of one calendar. All instants and durations are whole microseconds."""

    __slots__ = ("_lock", "_special", "_state", "_week", "_zone")

    def __init__(self, calendar: Calendar) -> None:
        self._zone = calendar.tzinfo
        self._week = calendar.week
        self._special = calendar.special_days
        self._lock = threading.Lock()
        always = calendar.is_always_open
        self._state = _state(FIRST, LAST, 0, [(FIRST, LAST)]) if always else _NOTHING

    def counted(self, at: int) -> int:
        """Return the open time up to `at`, from an origin that stays fixed for this object."""
        state = self._covering(at, at)
        i = bisect_right(state.ends, at)
        if i == len(state.ends):
            return state.sums[-1] if i else state.base
        start, end = state.starts[i], state.ends[i]
        return state.sums[i] - (end - max(start, at))

    def reach(self, count: int, start: int, bound: int) -> int | None:
        """Return the first instant at which `counted` is `count`.

        Args:
            count: more than `counted(start)`.
            start: where to search from.
            bound: the last instant that may be the answer.

        Returns:
            The instant, or None when it lies past `bound`.
        """
        state: _State | None = self._covering(start, start)
        while state is not None:
            if state.sums and state.sums[-1] >= count:
                i = bisect_left(state.sums, count)
                found = state.ends[i] - (state.sums[i] - count)
                return found if found <= bound else None
            state = self._further(state, bound)
        return None

    def is_open(self, at: int) -> bool:
        """Say whether `at` lies in an open span."""
        state = self._covering(at, at)
        i = bisect_right(state.ends, at)
        return i < len(state.ends) and state.starts[i] <= at

    def opening(self, at: int, bound: int) -> int | None:
        """Return the first open instant at or after `at`; None when none is found up to `bound`."""
        state: _State | None = self._covering(at, at)
        while state is not None:
            i = bisect_right(state.ends, at)
            if i < len(state.ends):
                found = max(state.starts[i], at)
                return found if found <= bound else None
            state = self._further(state, bound)
        return None

    def closing(self, at: int, bound: int) -> int | None:
        """Return the first closing after `at`; None when none is found up to `bound`."""
        state: _State | None = self._covering(at, at)
        while state is not None:
            i = bisect_right(state.ends, at)
            # A span that ends where the compiled years end may go on in the next one.
            if i < len(state.ends) and state.ends[i] < state.high:
                return state.ends[i] if state.ends[i] <= bound else None
            state = self._further(state, bound)
        return None

    def spans(self, start: int, end: int) -> list[Span]:
        """Return the open spans between two instants, cut at them."""
        state = self._covering(start, end)
        i, j = bisect_right(state.ends, start), bisect_left(state.starts, end)
        found = zip(state.starts[i:j], state.ends[i:j], strict=True)
        return [(max(opens, start), min(closes, end)) for opens, closes in found]

    def _covering(self, first: int, last: int) -> _State:
        state = self._state
        if state.low <= first and (last < state.high or state.high == LAST):
            return state
        with self._lock:
            state = self._state
            if state is _NOTHING:
                year = min(from_us(first).year, LAST_INSTANT.year - 1)
                low, high = _year_bounds(year)
                state = _state(low, high, 0, self._compiled(year))
            while state.low > first:
                state = self._with_year_before(state)
            while last >= state.high != LAST:
                state = self._with_year_after(state)
            self._state = state
        return state

    def _further(self, state: _State, bound: int) -> _State | None:
        return None if state.high >= bound else self._covering(state.low, state.high)

    def _with_year_before(self, state: _State) -> _State:
        year = from_us(state.low).year - 1
        spans = self._compiled(year)
        base = state.base - sum(end - start for start, end in spans)
        spans += zip(state.starts, state.ends, strict=True)
        return _state(_year_bounds(year)[0], state.high, base, spans)

    def _with_year_after(self, state: _State) -> _State:
        year = from_us(state.high).year
        spans = list(zip(state.starts, state.ends, strict=True)) + self._compiled(year)
        return _state(state.low, _year_bounds(year)[1], state.base, spans)

    def _compiled(self, year: int) -> list[Span]:
        low, high = _year_bounds(year)
        first, last = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
        days = range(first - _DAYS_AROUND_A_YEAR, last + _DAYS_AROUND_A_YEAR)
        spans = open_spans(self._zone, self._week, self._special, days)
        return [(max(s, low), min(e, high)) for s, e in spans if s < high and e > low]


def _year_bounds(year: int) -> Span:
    return to_us(datetime(year, 1, 1, tzinfo=UTC)), to_us(datetime(year + 1, 1, 1, tzinfo=UTC))


@functools.lru_cache(maxsize=CALENDARS_KEPT)
def open_hours(calendar: Calendar) -> OpenHours:
    """Return the compiled form of a calendar, shared by all calendars of the same content."""
    return OpenHours(calendar)
