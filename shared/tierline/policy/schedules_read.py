"""From checked `schedules` and `overrides` to the schedules of the core."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tierline.domain.calendar import WEEKDAYS, CalendarError, check_zone
from tierline.domain.rota import (
    EVERYBODY,
    Layer,
    Override,
    RotaError,
    Rotation,
    Schedule,
    Unit,
    WhenAway,
    conflict_in_words,
    conflicting,
)
from tierline.policy.calendars import Calendars
from tierline.policy.errors import Problems, Where
from tierline.policy.schedules_grammar import EVERY, HAND_OVER

BASE = "rotation"
"""What the only layer of a schedule without `layers` is called."""

WRITTEN_EVERYBODY = "everybody"


def read_schedules(
    written: Mapping[str, Any], overrides: Sequence[Mapping[str, Any]], problems: Problems
) -> tuple[Schedule, ...]:
    """Make the schedules; what is wrong with one is noted, and that one left out.

    Args:
        written: `schedules`, as the grammar accepted them.
        overrides: `overrides`, likewise; those of unknown schedules are passed over.
        problems: where findings are collected.
    """
    found = []
    for name, it in written.items():
        layers = _layers(it, ("schedules", name), problems)
        if layers is None:
            continue
        try:
            plain = Schedule(name, it["zone"], layers)
        except RotaError as error:
            problems.error(("schedules", name, "layers"), error.message)
            continue
        mine = [(i, change) for i, change in enumerate(overrides) if change["schedule"] == name]
        changes = _overrides(plain, mine, problems)
        rule = WhenAway(it.get("when_away", WhenAway.NEXT))
        found.append(Schedule(name, it["zone"], layers, changes, rule))
    return tuple(found)


def _layers(it: Mapping[str, Any], at: Where, problems: Problems) -> tuple[Layer, ...] | None:
    if not _is_zone(it["zone"], at, problems):
        return None
    if "layers" not in it:
        layer = _layer({"name": BASE, **it}, it["zone"], at, problems)
        return None if layer is None else (layer,)
    made = [
        _layer(layer, it["zone"], (*at, "layers", i), problems)
        for i, layer in enumerate(it["layers"])
    ]
    there = tuple(layer for layer in made if layer is not None)
    return there if len(there) == len(made) else None


def _is_zone(zone: str, at: Where, problems: Problems) -> bool:
    try:
        check_zone(zone)
    except CalendarError as error:
        problems.error((*at, "zone"), error.message)
        return False
    return True


def _layer(it: Mapping[str, Any], zone: str, at: Where, problems: Problems) -> Layer | None:
    hours = Calendars({}, problems).of(it["hours"], (*at, "hours")) if "hours" in it else None
    try:
        return Layer(it["name"], _rotation(it, it.get("zone", zone)), hours)
    except RotaError as error:
        here = (*at, error.field)
        problems.error(here if error.field in it else at, error.message)
        return None


def _rotation(it: Mapping[str, Any], zone: str) -> Rotation:
    length = EVERY.fullmatch(it["every"])
    edge = HAND_OVER.fullmatch(it.get("hand_over", "00:00"))
    if length is None or edge is None:
        raise RotaError("every", "cannot be read; write it like 2 weeks")
    day = edge[1] or ""
    return Rotation(
        people=tuple(it["people"]),
        unit=Unit(length[2]),
        every=int(length[1] or 1),
        zone=zone,
        starts=date.fromisoformat(it["from"]),
        until=date.fromisoformat(it["until"]) if "until" in it else None,
        at=f"{edge[2]:0>5}",
        weekday=WEEKDAYS.index(day) if day in WEEKDAYS else None,
        day=int(day) if day.isdigit() else None,
    )


def _overrides(
    schedule: Schedule, written: Sequence[tuple[int, Mapping[str, Any]]], problems: Problems
) -> tuple[Override, ...]:
    found: list[Override] = []
    for i, it in written:
        at: Where = ("overrides", i)
        try:
            override = read_override(it, schedule)
        except RotaError as error:
            problems.error((*at, error.field) if error.field in it else at, error.message)
            continue
        other = conflicting(override, found)
        if other is not None:
            problems.error(at, conflict_in_words(other))
        found.append(override)
    return tuple(found)


def read_override(it: Mapping[str, Any], schedule: Schedule) -> Override:
    """Make one override; its id follows from what it says, so that loading again changes nothing.

    Raises:
        RotaError: it changes nobody, or ends before it begins.
    """
    zone = ZoneInfo(schedule.zone)
    start, end = (datetime.fromisoformat(it[key]).replace(tzinfo=zone) for key in ("from", "until"))
    person, replaces = it.get("person", ""), it.get("instead_of", "")
    said = "\n".join((schedule.name, it["from"], it["until"], person, replaces))
    return Override(
        id=f"r-{hashlib.sha256(said.encode()).hexdigest()[:10]}",
        start=start,
        end=end,
        person=person,
        replaces=EVERYBODY if replaces == WRITTEN_EVERYBODY else replaces,
        reason=it.get("reason", ""),
    )
