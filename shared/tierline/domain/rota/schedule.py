"""A schedule: layers of people over one another, and what was changed by hand between instants.

Where several layers are active the last one wins; where it is not, those before it fill in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import Final

from tierline.domain.calendar import Calendar
from tierline.domain.instants import LAST, InstantError, to_us
from tierline.domain.rota.limits import MAX_FIXED_SHIFTS, MAX_LAYERS
from tierline.domain.rota.rotation import RotaError, Rotation
from tierline.domain.windows import Span

EVERYBODY: Final = "*"
"""In an override's `replaces`: whoever is on call."""

_NEVER: Final = LAST + 1


class WhenAway(StrEnum):
    """What becomes of the turn of somebody who is away."""

    NEXT = "next"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class FixedShift:
    """One person from `start` up to, not including, `end`."""

    person: str
    start: datetime
    end: datetime
    span: Span = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            RotaError: no name, no instants, or an end that is not after the start.
        """
        _refuse_nameless("person", self.person)
        object.__setattr__(self, "span", span_of(self.start, self.end))


@dataclass(frozen=True, slots=True)
class Fixed:
    """Shifts listed one by one, by hand or from a calendar file; several people may overlap.

    Attributes:
        shifts: in any order.
        alone: a stretch in which this layer is active even where it lists nobody: a temporary
            schedule, whose gaps no layer before it fills. None: active where it lists somebody.
    """

    shifts: tuple[FixedShift, ...]
    alone: tuple[datetime, datetime] | None = None
    alone_span: Span | None = field(init=False, repr=False, compare=False)
    by_start: tuple[FixedShift, ...] = field(init=False, repr=False, compare=False)
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    latest: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check it and put the shifts in order.

        Raises:
            RotaError: too many shifts, or a stretch that ends before it starts.
        """
        if len(self.shifts) > MAX_FIXED_SHIFTS:
            many = f"{len(self.shifts)} shifts in one layer; list at most {MAX_FIXED_SHIFTS}"
            raise RotaError("shifts", many)
        by_start = tuple(sorted(self.shifts, key=lambda shift: shift.span))
        ends = accumulate((shift.span[1] for shift in by_start), max)
        object.__setattr__(self, "alone_span", None if not self.alone else span_of(*self.alone))
        object.__setattr__(self, "by_start", by_start)
        object.__setattr__(self, "starts", tuple(shift.span[0] for shift in by_start))
        object.__setattr__(self, "latest", tuple(ends))


@dataclass(frozen=True, slots=True)
class Layer:
    """People by rotation or by list; with `hours`, active only while those are open.

    `imported`: it came from a calendar file, and stays when the schedule is written anew.
    """

    name: str
    source: Rotation | Fixed
    hours: Calendar | None = None
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """A change by hand from `start` up to, not including, `end`.

    `person` without `replaces` is on call in addition; `replaces` without `person` is taken off;
    both: one stands in for the other. `replaces` may be `EVERYBODY`. It also holds for whoever
    stands in for an absent `replaces`, because the turn is still theirs.
    """

    id: str
    start: datetime
    end: datetime
    person: str = ""
    replaces: str = ""
    reason: str = ""
    span: Span = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            RotaError: it changes nobody, replaces somebody by themselves, or its end is not after
                its start.
        """
        if not self.person and not self.replaces:
            raise RotaError("person", "an override that changes nobody; name who comes or goes")
        if self.person == self.replaces:
            raise RotaError("person", f"{self.person} cannot stand in for themselves")
        if self.person == EVERYBODY:
            raise RotaError("person", "name the one person who comes")
        object.__setattr__(self, "span", span_of(self.start, self.end))


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away from `start` up to `end`, or for good where `end` is None."""

    person: str
    start: datetime
    end: datetime | None = None
    span: Span = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            RotaError: no name, no instants, or an end that is not after the start.
        """
        _refuse_nameless("person", self.person)
        if self.end is None:
            object.__setattr__(self, "span", (_instant("from", self.start), _NEVER))
        else:
            object.__setattr__(self, "span", span_of(self.start, self.end))


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who is on call when.

    Attributes:
        name: unique among schedules.
        zone: IANA name; the zone it is shown in. Each rotation has its own.
        layers: from the base up; later ones win where they are active.
        overrides: in the order they are applied.
        when_away: what becomes of the turn of somebody who is away.
    """

    name: str
    zone: str
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()
    when_away: WhenAway = WhenAway.NEXT

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            RotaError: too many layers, or two of one name.
        """
        if len(self.layers) > MAX_LAYERS:
            raise RotaError("layers", f"{len(self.layers)} layers; write at most {MAX_LAYERS}")
        names = [layer.name for layer in self.layers]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise RotaError(f"layers[{i}].name", f"{name!r} is there twice; rename one")


def span_of(start: datetime, end: datetime) -> Span:
    """Return a stretch in microseconds.

    Raises:
        RotaError: an edge is no instant, or the end is not after the start.
    """
    span = _instant("from", start), _instant("until", end)
    if span[0] >= span[1]:
        message = f"{end.isoformat()} is not after {start.isoformat()}, where it starts"
        raise RotaError("until", message)
    return span


def people_named(schedule: Schedule) -> Sequence[str]:
    """Return everybody whom the layers of a schedule name, each once, in order."""
    found: dict[str, None] = {}
    for layer in schedule.layers:
        if isinstance(layer.source, Rotation):
            found |= dict.fromkeys(layer.source.people)
        else:
            found |= dict.fromkeys(shift.person for shift in layer.source.shifts)
    return list(found)


def _instant(name: str, at: datetime) -> int:
    try:
        return to_us(at)
    except InstantError as error:
        raise RotaError(name, str(error)) from None


def _refuse_nameless(name: str, person: str) -> None:
    if not person:
        raise RotaError(name, "empty; name a person")
