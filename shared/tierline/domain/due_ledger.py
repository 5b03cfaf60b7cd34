"""The ledger of a due instant: contiguous segments, each counted, closed, holiday or held."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import Literal

from tierline.domain.calendar import Calendar
from tierline.domain.instants import Interval, from_us, span_of
from tierline.domain.open_hours import open_hours
from tierline.domain.windows import DAYS_PER_WEEK, resolve

Kind = Literal["counted", "closed", "holiday", "held"]
_Mark = tuple[int, int, str]
# A holiday's windows may run into the next date, and local dates run a day off UTC's.
_DAYS_AROUND = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a ledger.

    Attributes:
        start: its first instant (UTC).
        end: the instant after its last (UTC).
        kind: `counted`; `held`, open time a hold took; `holiday`, time a holiday closed that the
            plain week has open; `closed`, all other closed time, held or not.
        reason: the holds' reasons, or the holidays' dates, joined by a comma; None where there is
            nothing to say.
        counted: how much of the target it counted: its length, or zero.
    """

    start: datetime
    end: datetime
    kind: Kind
    reason: str | None
    counted: timedelta


def segments(calendar: Calendar, start: int, end: int, holds: Iterable[Interval]) -> list[Segment]:
    """Cut a stretch of time (microseconds since 1970) into segments.

    Args:
        calendar: the opening hours that count.
        start: the first instant.
        end: the instant after the last; nothing comes of an end at or before the start.
        holds: when the clock was held, with reasons.

    Returns:
        Segments in order, without gap or overlap, neighbours differing in kind or reason.
    """
    if end <= start:
        return []
    held = _pieces((*span_of(hold), hold.reason) for hold in holds)
    holidays = _pieces(_holiday_marks(calendar, start, end))
    found: list[Segment] = []
    at = start
    for opens, closes in [*open_hours(calendar).spans(start, end), (end, end)]:
        found += _cut(at, opens, holidays, "closed", "holiday")
        found += _cut(opens, closes, held, "counted", "held")
        at = closes
    return found


def _cut(start: int, end: int, marks: list[_Mark], plain: Kind, marked: Kind) -> Iterator[Segment]:
    if start == end:
        return
    at = start
    for place in range(bisect_right(marks, start, key=itemgetter(1)), len(marks)):
        first, last, label = marks[place]
        if first >= end:
            break
        begin, until = max(first, at), min(last, end)
        if at < begin:
            yield _segment(at, begin, plain, "")
        yield _segment(begin, until, marked, label)
        at = until
    if at < end:
        yield _segment(at, end, plain, "")


def _segment(start: int, end: int, kind: Kind, label: str) -> Segment:
    counted = timedelta(microseconds=end - start) if kind == "counted" else timedelta()
    return Segment(from_us(start), from_us(end), kind, label or None, counted)


def _holiday_marks(calendar: Calendar, start: int, end: int) -> Iterator[_Mark]:
    first = from_us(start).toordinal() - _DAYS_AROUND
    last = from_us(end).toordinal() + _DAYS_AROUND
    for date, _ in calendar.holidays:
        day = date.toordinal()
        if first <= day <= last:
            for window in calendar.week[(day - 1) % DAYS_PER_WEEK]:
                yield (*resolve(calendar.tzinfo, day, window), date.isoformat())


def _pieces(marks: Iterable[_Mark]) -> list[_Mark]:
    """Make labelled stretches disjoint: where several overlap, their labels are joined."""
    known = sorted((start, end, label) for start, end, label in marks if start < end)
    edges = sorted({edge for start, end, _ in known for edge in (start, end)})
    pieces: list[_Mark] = []
    begun, covering = 0, list[_Mark]()
    for first, last in pairwise(edges):
        while begun < len(known) and known[begun][0] <= first:
            covering.append(known[begun])
            begun += 1
        covering = [mark for mark in covering if last <= mark[1]]
        labels = {label for _, _, label in covering}
        if not labels:
            continue
        joined = ", ".join(sorted(labels - {""}))
        if pieces and pieces[-1][1:] == (first, joined):
            pieces[-1] = (pieces[-1][0], last, joined)
        else:
            pieces.append((first, last, joined))
    return pieces
