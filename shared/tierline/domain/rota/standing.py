"""Who is on call at one instant, and why."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tierline.domain.open_hours import open_hours
from tierline.domain.rota.rotation import Rotation
from tierline.domain.rota.schedule import (
    EVERYBODY,
    Absence,
    Fixed,
    FixedShift,
    Layer,
    Override,
    Schedule,
    WhenAway,
)
from tierline.domain.rota.turns import turn_at


class Nobody(StrEnum):
    """Why nobody is on call."""

    NO_LAYER = "no layer covers this time"
    AWAY = "away"
    TAKEN_OFF = "taken off by an override"


@dataclass(frozen=True, slots=True)
class Why:
    """What put a person on call.

    Attributes:
        layer: the layer that is active; empty where an override alone put them there.
        place: their place in its rotation, from 1; 0 for a listed shift.
        places: how many places the rotation has; 0 for a listed shift.
        away: whose turn it would have been, in order: each of them is away.
        override: the id of the override that put them there, or empty.
        replaces: whom they stand in for by that override.
        reason: what was written with the override.
    """

    layer: str = ""
    place: int = 0
    places: int = 0
    away: tuple[str, ...] = ()
    override: str = ""
    replaces: str = ""
    reason: str = ""

    def __str__(self) -> str:
        parts = []
        if self.override:
            instead = f" instead of {self.replaces}" if self.replaces else " in addition"
            said = f" ({self.reason})" if self.reason else ""
            parts.append(f"by override {self.override}{instead}{said}")
        if self.layer:
            place = (
                f", {self.place} of {self.places} in the rotation" if self.places else ", listed"
            )
            parts.append(f"layer {self.layer}{place}")
        if self.away:
            parts.append(f"because {', '.join(self.away)} {_are(self.away)} away")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Duty:
    """One person on call, and why."""

    person: str
    why: Why


@dataclass(frozen=True, slots=True)
class OnCall:
    """Everybody on call at an instant, in order. Where nobody is, `nobody` says why."""

    duties: tuple[Duty, ...]
    nobody: Nobody | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(duty.person for duty in self.duties)


def standing(
    schedule: Schedule, at: int, overrides: Sequence[Override], absences: Sequence[Absence]
) -> OnCall:
    """Say who is on call.

    Args:
        schedule: whose layers and rule hold; its own overrides are not looked at.
        at: the instant, in microseconds.
        overrides: those that may be in force then, in order.
        absences: those that may be in force then.
    """
    away = {absence.person for absence in absences if _covers(absence.span, at)}
    duties: list[Duty] = []
    nobody = Nobody.NO_LAYER
    for layer in reversed(schedule.layers):
        found = _on_layer(layer, at, away, schedule.when_away)
        if found is not None:
            duties = found
            break
    for override in overrides:
        if _covers(override.span, at):
            before = bool(duties)
            duties = _overridden(duties, override)
            nobody = Nobody.TAKEN_OFF if before and not duties else nobody
    there = tuple(duty for duty in duties if duty.person not in away)
    if duties and not there:
        nobody = Nobody.AWAY
    return OnCall(there, None if there else nobody)


def _on_layer(layer: Layer, at: int, away: Collection[str], rule: WhenAway) -> list[Duty] | None:
    """Who has the layer, those whose turn fell away included; None where it is not active."""
    if layer.hours is not None and not open_hours(layer.hours).is_open(at):
        return None
    if isinstance(layer.source, Rotation):
        return _on_turn(layer.name, layer.source, at, away, rule)
    listed = _listed(layer.source, at)
    if not listed:
        alone = layer.source.alone_span
        return [] if alone is not None and _covers(alone, at) else None
    names = dict.fromkeys(shift.person for shift in listed)
    return [Duty(name, Why(layer.name)) for name in names]


def _on_turn(
    name: str, rotation: Rotation, at: int, away: Collection[str], rule: WhenAway
) -> list[Duty] | None:
    turn = turn_at(rotation, at)
    if turn is None:
        return None
    count = len(rotation.people)
    passed: dict[str, None] = {}
    # Only the person whose turn it is may be away and kept: then there is a gap, unless overridden.
    for step in range(count if rule is WhenAway.NEXT else 1):
        place = (turn + step) % count
        person = rotation.people[place]
        if person not in away:
            return [Duty(person, Why(name, place + 1, count, tuple(passed)))]
        passed[person] = None
    place = turn % count
    return [Duty(rotation.people[place], Why(name, place + 1, count))]


def _listed(fixed: Fixed, at: int) -> list[FixedShift]:
    """The shifts that cover an instant. Looked for backwards, while an earlier one may reach it."""
    found = []
    i = bisect_right(fixed.starts, at) - 1
    while i >= 0 and fixed.latest[i] > at:
        if fixed.by_start[i].span[1] > at:
            found.append(fixed.by_start[i])
        i -= 1
    return found[::-1]


def _overridden(duties: list[Duty], override: Override) -> list[Duty]:
    gone = [duty for duty in duties if _is_replaced(duty, override.replaces)]
    left = [duty for duty in duties if duty not in gone]
    # Who replaces one named person comes only while that person is on call.
    idle = override.replaces not in ("", EVERYBODY) and not gone
    if not override.person or idle or override.person in (duty.person for duty in left):
        return left
    return [*left, Duty(override.person, _why_changed(override, gone))]


def _is_replaced(duty: Duty, replaces: str) -> bool:
    if not replaces:
        return False
    return replaces in (EVERYBODY, duty.person) or replaces in duty.why.away[:1]


def _why_changed(override: Override, gone: Sequence[Duty]) -> Why:
    layer = gone[0].why if gone else Why()
    whose = [duty.why.away[0] if duty.why.away else duty.person for duty in gone]
    return Why(
        layer=layer.layer,
        place=layer.place,
        places=layer.places,
        override=override.id,
        replaces=", ".join(whose),
        reason=override.reason,
    )


def _covers(span: tuple[int, int], at: int) -> bool:
    return span[0] <= at < span[1]


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
