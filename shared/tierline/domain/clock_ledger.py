"""The ledger of a ticket's clock: every stretch since it started, and how they add up to its due.

What a clock has used before its first stretch, or what a change of its terms gave or took, is no
stretch of time; it stands beside them as `carried`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tierline.domain.clock import Calendars, Clock
from tierline.domain.due_ledger import Segment, segments
from tierline.domain.instants import Interval, to_us

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ClockLedger:
    """How a clock stands, or comes to stand, at an instant.

    Attributes:
        carried: brought in from earlier visits to a tier, or given or taken (then negative) when
            its terms changed.
        segments: from its start on, without gap or overlap (UTC).
        counted: what the segments count; `carried + counted` is the target where the clock is
            shown up to its due instant and had not used all of it when it last went on.
        held_since: when it stopped for good so far (UTC); None while it runs.
        held_for: why it stands still; empty while it runs.
    """

    carried: timedelta
    segments: tuple[Segment, ...]
    counted: timedelta
    held_since: datetime | None = None
    held_for: str = ""


def clock_ledger(
    clock: Clock, calendars: Calendars, *, until: datetime | None = None
) -> ClockLedger:
    """Show a clock.

    Args:
        clock: in whatever state.
        calendars: by hash; raises KeyError where one that the clock counted on is not there.
        until: how far to show one that runs (UTC): an instant not before it last went on. Left
            out, its due instant.
    """
    found: list[Segment] = []
    ran_s = timedelta()
    at = clock.runs[0].since if clock.runs else clock.running_since
    why = ""
    for run in clock.runs:
        found += _held(clock, calendars, at, run.since, why)
        ran = _cut(calendars, run.calendar, run.since, run.until)
        ran_s += _counted(ran)
        found += ran
        at, why = run.until, run.stopped_by
    if clock.running_since is not None:
        found += _held(clock, calendars, at, clock.running_since, why)
        end = until or clock.due or clock.running_since
        found += _cut(calendars, clock.calendar, clock.running_since, end)
    return ClockLedger(
        carried=clock.carried_us * _MICROSECOND - ran_s,
        segments=tuple(found),
        counted=_counted(found),
        held_since=None if clock.running else at,
        held_for=clock.stopped_by,
    )


def _held(
    clock: Clock, calendars: Calendars, since: datetime | None, until: datetime, why: str
) -> Iterator[Segment]:
    if since is not None and since < until:
        yield from _cut(calendars, clock.calendar, since, until, [Interval(since, until, why)])


def _cut(
    calendars: Calendars,
    calendar: str,
    since: datetime,
    until: datetime,
    holds: list[Interval] | None = None,
) -> list[Segment]:
    return segments(calendars[calendar], to_us(since), to_us(until), holds or [])


def _counted(found: list[Segment]) -> timedelta:
    return sum((one.counted for one in found), timedelta())
