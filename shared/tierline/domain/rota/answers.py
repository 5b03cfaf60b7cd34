"""What people ask of a schedule: who is on call, the shifts and gaps of a stretch, what comes next.

All of it is a pure function of its arguments. The work grows with what changes inside the stretch
asked about, never with how long ago a rotation began. Intervals are half-open; instants are
timezone-aware, from 2000-01-01 to 2100-01-01, and come back in UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from tierline.domain.instants import LAST, from_us, to_us, whole
from tierline.domain.open_hours import open_hours
from tierline.domain.rota.limits import HANDOVER_HORIZON, MAX_OVERRIDES, MAX_WINDOW
from tierline.domain.rota.rotation import RotaError, Rotation
from tierline.domain.rota.schedule import Absence, Fixed, Layer, Override, Schedule, span_of
from tierline.domain.rota.standing import Nobody, OnCall, Why, standing
from tierline.domain.rota.turns import hand_overs
from tierline.domain.windows import Span

_FIRST_LOOK: Final = whole(timedelta(days=8))
"""Most hand-overs come within a week; a longer look is only taken where there is none."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One person without a break and for one reason, from `start` up to `end` (UTC)."""

    person: str
    start: datetime
    end: datetime
    why: Why


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is on call from `start` up to `end` (UTC), and why."""

    start: datetime
    end: datetime
    why: Nobody


@dataclass(frozen=True, slots=True)
class Handover:
    """The people on call change at `at` (UTC): from `leaving` and whoever stays, to `on_call`."""

    at: datetime
    leaving: tuple[str, ...]
    on_call: OnCall


def on_call(schedule: Schedule, at: datetime, absences: Iterable[Absence] = ()) -> OnCall:
    """Say who is on call at an instant, and why.

    Args:
        schedule: whom to ask.
        at: the instant. Exactly at a hand-over, the one who comes is on call.
        absences: who is away when; nobody is on call while away.

    Raises:
        InstantError: `at` is no instant.
        RotaError: more overrides are in force than an answer looks at.
    """
    us = to_us(at)
    return standing(schedule, us, *_in_force(schedule, absences, (us, us + 1)))


def shifts(
    schedule: Schedule, start: datetime, end: datetime, absences: Iterable[Absence] = ()
) -> list[Shift]:
    """List who is on call from `start` up to `end`, cut at both, in order of start.

    Stretches of one person that touch are one shift where why they are on call is the same too:
    two turns in a row of the only person in a rotation are one shift, the last hour of a turn and
    an override after it are two.

    Raises:
        RotaError: the end is not after the start, or more than 400 days after it.
    """
    running: dict[tuple[str, Why], int] = {}
    found: list[Shift] = []
    for (begin, _), now in _pieces(schedule, start, end, absences):
        here = {(duty.person, duty.why) for duty in now.duties}
        over = [key for key in running if key not in here]
        found += [_shift(key, running.pop(key), begin) for key in over]
        for duty in now.duties:
            running.setdefault((duty.person, duty.why), begin)
    last = to_us(end)
    found += (_shift(key, begin, last) for key, begin in running.items())
    return sorted(found, key=lambda shift: (shift.start, shift.end, shift.person))


def gaps(
    schedule: Schedule, start: datetime, end: datetime, absences: Iterable[Absence] = ()
) -> list[Gap]:
    """List when nobody is on call from `start` up to `end`, cut at both, in order.

    Raises:
        RotaError: the end is not after the start, or more than 400 days after it.
    """
    found: list[Gap] = []
    for (begin, until), now in _pieces(schedule, start, end, absences):
        if now.nobody is None:
            continue
        opens, closes = from_us(begin), from_us(until)
        if found and found[-1].end == opens and found[-1].why is now.nobody:
            opens = found.pop().start
        found.append(Gap(opens, closes, now.nobody))
    return found


def next_handover(
    schedule: Schedule, at: datetime, absences: Iterable[Absence] = ()
) -> Handover | None:
    """Say when after `at` other people are on call, and who.

    A hand-over that changes only why somebody is on call is none. A gap that begins or ends is one.

    Returns:
        The hand-over, or None where nothing changes within 400 days, or before 2100.

    Raises:
        InstantError: `at` is no instant.
    """
    begin = to_us(at)
    bound = min(begin + whole(HANDOVER_HORIZON), LAST)
    away = tuple(absences)
    before = set(on_call(schedule, at, away).people)
    look = _FIRST_LOOK
    while begin < bound:
        end = min(begin + look, bound)
        # One past the end, so that what changes exactly there is not lost between two looks.
        in_force = _in_force(schedule, away, (begin, end + 1))
        for edge in _edges(schedule, (begin, end + 1), *in_force):
            now = standing(schedule, edge, *in_force)
            if set(now.people) != before:
                return Handover(from_us(edge), tuple(sorted(before - set(now.people))), now)
        begin, look = end, look * 4
    return None


def _pieces(
    schedule: Schedule, start: datetime, end: datetime, absences: Iterable[Absence]
) -> Iterator[tuple[Span, OnCall]]:
    """The stretch, cut wherever anything may change, and who is on call in each piece."""
    span = span_of(start, end)
    if span[1] - span[0] > whole(MAX_WINDOW):
        raise RotaError("until", f"more than {MAX_WINDOW.days} days after the start; ask in parts")
    in_force = _in_force(schedule, absences, span)
    cuts = [span[0], *_edges(schedule, span, *in_force), span[1]]
    for piece in pairwise(cuts):
        yield piece, standing(schedule, piece[0], *in_force)


def _in_force(
    schedule: Schedule, absences: Iterable[Absence], span: Span
) -> tuple[list[Override], list[Absence]]:
    overrides = [it for it in schedule.overrides if _overlap(it.span, span)]
    if len(overrides) > MAX_OVERRIDES:
        raise RotaError("overrides", f"{len(overrides)} at once; ask about a shorter stretch")
    return overrides, [it for it in absences if _overlap(it.span, span)]


def _edges(
    schedule: Schedule, span: Span, overrides: Sequence[Override], absences: Sequence[Absence]
) -> list[int]:
    """Every instant inside a stretch at which somebody may come or go, in order, each once."""
    found: set[int] = set()
    for layer in schedule.layers:
        found.update(_layer_edges(layer, span))
    for override in overrides:
        found.update(override.span)
    for absence in absences:
        found.update(absence.span)
    return sorted(edge for edge in found if span[0] < edge < span[1])


def _layer_edges(layer: Layer, span: Span) -> Iterator[int]:
    if isinstance(layer.source, Rotation):
        yield from hand_overs(layer.source, *span)
    else:
        yield from _fixed_edges(layer.source, span)
    if layer.hours is not None:
        for opens, closes in open_hours(layer.hours).spans(*span):
            yield opens
            yield closes


def _fixed_edges(fixed: Fixed, span: Span) -> Iterator[int]:
    if fixed.alone_span is not None:
        yield from fixed.alone_span
    first = bisect_right(fixed.latest, span[0])
    for shift in fixed.by_start[first : bisect_left(fixed.starts, span[1])]:
        yield from shift.span


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _shift(key: tuple[str, Why], begin: int, end: int) -> Shift:
    return Shift(key[0], from_us(begin), from_us(end), key[1])
