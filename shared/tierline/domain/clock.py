"""One measured promise: its pinned terms, what it has consumed, and when each threshold is due.

A clock is a value. Every operation returns a new one; none reads the time. A stopped clock has no
due instants. What was consumed is banked in microseconds of business time whenever the clock stops,
so that holds, plans, hand-overs and changes of calendar are all the same thing: a gap between runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from tierline.domain.amend import amended, quick
from tierline.domain.business_time import add_each, open_us_between
from tierline.domain.calendar import Calendar
from tierline.domain.terms import CLIENT_CLOCKS, ClockName

MICROSECOND = timedelta(microseconds=1)
FULL = 1.0

DUES_KEPT = 1_024
"""Searches in a calendar, and clocks that start, that are remembered. Alerts accepted by one commit
share their instant, as do tickets routed in one batch and those due together, so a storm asks the
same few questions again and again. What is kept beyond those is memory that only looks like a leak.
"""

Calendars = Mapping[str, Calendar]
"""Calendars by content hash: how a pinned clock finds the hours it was promised on."""


@dataclass(frozen=True, slots=True)
class Run:
    """One stretch a clock ran: [since, until) on the calendar of that hash, and why it stopped."""

    since: datetime
    until: datetime
    calendar: str
    stopped_by: str


@quick
@dataclass(frozen=True)  # without slots: see `amend`
class Clock:
    """A promise under way or over.

    `target_s`: seconds of business time on `calendar` (a hash). `thresholds`: fractions, ascending.
    `dues`: one UTC instant a threshold while running, else empty. `fired`: thresholds already told
    in this cycle. `policy`: the version whose terms are pinned. `holds`: hold reasons that stop it.
    """

    name: ClockName
    cycle: int
    target_s: int
    calendar: str
    thresholds: tuple[float, ...]
    started_at: datetime
    policy: str
    holds: tuple[str, ...] = ()
    running_since: datetime | None = None
    stopped_by: str = ""
    carried_us: int = 0
    runs: tuple[Run, ...] = ()
    dues: tuple[datetime, ...] = ()
    fired: tuple[float, ...] = ()
    met_at: datetime | None = None
    breached_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether time counts against it now."""
        return self.running_since is not None

    @property
    def over(self) -> bool:
        """Whether it has ended for good in this cycle: met, or void."""
        return self.met_at is not None or self.stopped_by == "void"

    @property
    def to_client(self) -> bool:
        """Whether running out is a breach (of a promise to the client) rather than a lapse."""
        return self.name in CLIENT_CLOCKS

    @property
    def due(self) -> datetime | None:
        """When the whole target is used up (UTC); None while stopped."""
        return self.dues[self.thresholds.index(FULL)] if self.dues else None

    def next_threshold(self) -> tuple[datetime, float] | None:
        """The earliest threshold not fired yet and its instant; None while stopped or all fired."""
        if not self.dues:
            return None
        if not self.fired:
            return self.dues[0], self.thresholds[0]
        for place, fraction in enumerate(self.thresholds):
            if fraction not in self.fired:
                return self.dues[place], fraction
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What a clock pins when it starts. Put together once a policy, and known by identity."""

    target_s: int
    calendar: Calendar
    thresholds: tuple[float, ...]
    policy: str
    holds: tuple[str, ...] = ()


def start(
    name: ClockName,
    terms: Terms,
    at: datetime,
    *,
    cycle: int,
    carried_us: int = 0,
    fired: tuple[float, ...] = (),
) -> Clock:
    """A clock that runs from `at`, with `carried_us` microseconds of its target already used."""
    return _started(name, terms, at, cycle, carried_us, fired)


@lru_cache(maxsize=DUES_KEPT)
def _started(
    name: ClockName,
    terms: Terms,
    at: datetime,
    cycle: int,
    carried_us: int,
    fired: tuple[float, ...],
) -> Clock:
    return Clock(
        name=name,
        cycle=cycle,
        target_s=terms.target_s,
        calendar=terms.calendar.hash,
        thresholds=terms.thresholds,
        started_at=at,
        policy=terms.policy,
        holds=terms.holds,
        running_since=at,
        carried_us=carried_us,
        dues=_dues(terms.thresholds, terms.target_s, carried_us, at, terms.calendar),
        fired=fired,
    )


def stop(clock: Clock, at: datetime, by: str, calendars: Calendars) -> Clock:
    """Bank what was used until `at`; `by` says why it stands still. A stopped clock stays as is."""
    if clock.running_since is None:
        return clock
    at = max(at, clock.running_since)
    used = open_us_between(calendars[clock.calendar], clock.running_since, at)
    return amended(
        clock,
        running_since=None,
        stopped_by=by,
        carried_us=clock.carried_us + used,
        runs=(*clock.runs, Run(clock.running_since, at, clock.calendar, by)),
        dues=(),
    )


def resume(clock: Clock, at: datetime, calendars: Calendars) -> Clock:
    """Let a stopped clock run on from `at`; thresholds not fired yet are armed again."""
    if clock.running or clock.over:
        return clock
    return _run(clock, at, calendars[clock.calendar])


def meet(clock: Clock, at: datetime, calendars: Calendars) -> Clock:
    """The promise is fulfilled at `at`. A breach that already happened stays recorded beside it."""
    if clock.over:
        return clock
    return amended(stop(clock, at, "met", calendars), stopped_by="met", met_at=at)


def void(clock: Clock, at: datetime, calendars: Calendars) -> Clock:
    """The clock no longer applies (its stay, cycle or ticket is over), kept or not."""
    if clock.over:
        return clock
    return amended(stop(clock, at, "void", calendars), stopped_by="void")


def revive(clock: Clock, at: datetime, calendars: Calendars) -> Clock:
    """Let a met clock count on from `at` in the same cycle: the ticket was reopened."""
    if clock.running:
        return clock
    return _run(amended(clock, met_at=None), at, calendars[clock.calendar])


def fire(clock: Clock, fraction: float) -> Clock:
    """Mark a threshold as told. At the full target of a client clock the breach instant is kept."""
    fired = tuple(sorted((*clock.fired, fraction)))
    breached = clock.breached_at
    if fraction == FULL and clock.to_client and breached is None:
        breached = clock.due
    return amended(clock, fired=fired, breached_at=breached)


def used_us(clock: Clock, at: datetime, calendars: Calendars) -> int:
    """Microseconds of the target used up at `at`."""
    if clock.running_since is None or at <= clock.running_since:
        return clock.carried_us
    used = open_us_between(calendars[clock.calendar], clock.running_since, at)
    return clock.carried_us + used


def recount(clock: Clock, calendar: Calendar) -> int:
    """Microseconds that the runs so far would have used on `calendar` instead."""
    return sum(open_us_between(calendar, run.since, run.until) for run in clock.runs)


def _run(clock: Clock, at: datetime, calendar: Calendar) -> Clock:
    dues = _dues(clock.thresholds, clock.target_s, clock.carried_us, at, calendar)
    return amended(clock, running_since=at, stopped_by="", dues=dues)


@lru_cache(maxsize=DUES_KEPT)
def _dues(
    thresholds: tuple[float, ...], target_s: int, carried_us: int, at: datetime, calendar: Calendar
) -> tuple[datetime, ...]:
    """When each threshold is reached from `at`; `at` itself where that much is already used."""
    target_us = target_s * 1_000_000
    left = (max(0, round(fraction * target_us) - carried_us) for fraction in thresholds)
    return add_each(calendar, at, [us * MICROSECOND for us in left])


def in_cycle(clock: Clock, cycle: int) -> Clock:
    """The same clock counted as cycle number `cycle`."""
    return amended(clock, cycle=cycle)
