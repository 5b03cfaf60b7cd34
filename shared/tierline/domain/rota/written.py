"""A schedule as plain JSON values, and back; its overrides are kept apart from it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tierline.domain.calendar import Calendar
from tierline.domain.rota.rotation import Rotation, Unit
from tierline.domain.rota.schedule import (
    Fixed,
    FixedShift,
    Layer,
    Override,
    Schedule,
    WhenAway,
)


def schedule_to_json(schedule: Schedule) -> dict[str, Any]:
    """Return the form that `schedule_from_json` reads; equal schedules give equal objects."""
    return {
        "zone": schedule.zone,
        "when_away": str(schedule.when_away),
        "layers": [layer_to_json(layer) for layer in schedule.layers],
    }


def schedule_from_json(
    name: str, doc: Mapping[str, Any], overrides: tuple[Override, ...] = ()
) -> Schedule:
    """Make a schedule of what `schedule_to_json` returned.

    Raises:
        KeyError, ValueError: `doc` is something else.
    """
    return Schedule(
        name=name,
        zone=doc["zone"],
        layers=tuple(layer_from_json(layer) for layer in doc["layers"]),
        overrides=overrides,
        when_away=WhenAway(doc["when_away"]),
    )


def layer_to_json(layer: Layer) -> dict[str, Any]:
    """Return one layer as JSON values."""
    rotates = isinstance(layer.source, Rotation)
    source = _rotation(layer.source) if isinstance(layer.source, Rotation) else _fixed(layer.source)
    return {
        "name": layer.name,
        "hours": layer.hours.to_json() if layer.hours else None,
        "imported": layer.imported,
        "rotation" if rotates else "listed": source,
    }


def layer_from_json(doc: Mapping[str, Any]) -> Layer:
    """Make a layer of what `layer_to_json` returned.

    Raises:
        KeyError, ValueError: `doc` is something else.
    """
    hours = Calendar.from_json(doc["hours"]) if doc["hours"] else None
    rotates = "rotation" in doc
    source = _read_rotation(doc["rotation"]) if rotates else _read_fixed(doc["listed"])
    return Layer(doc["name"], source, hours, doc["imported"])


def _rotation(it: Rotation) -> dict[str, Any]:
    return {
        "people": list(it.people),
        "unit": str(it.unit),
        "every": it.every,
        "zone": it.zone,
        "starts": it.starts.isoformat(),
        "until": it.until.isoformat() if it.until else None,
        "at": it.at,
        "weekday": it.weekday,
        "day": it.day,
    }


def _read_rotation(it: Mapping[str, Any]) -> Rotation:
    until = date.fromisoformat(it["until"]) if it["until"] else None
    read = {
        "people": tuple(it["people"]),
        "unit": Unit(it["unit"]),
        "starts": date.fromisoformat(it["starts"]),
        "until": until,
    }
    return Rotation(**{**it, **read})


def _fixed(it: Fixed) -> dict[str, Any]:
    return {
        "shifts": [[s.person, s.start.isoformat(), s.end.isoformat()] for s in it.by_start],
        "alone": [edge.isoformat() for edge in it.alone] if it.alone else None,
    }


def _read_fixed(it: Mapping[str, Any]) -> Fixed:
    shifts = tuple(
        FixedShift(person, datetime.fromisoformat(start), datetime.fromisoformat(end))
        for person, start, end in it["shifts"]
    )
    edges = [datetime.fromisoformat(edge) for edge in it["alone"] or ()]
    return Fixed(shifts, (edges[0], edges[1]) if edges else None)
