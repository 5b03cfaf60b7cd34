"""How on-call schedules and overrides are written in `records.yaml`.

Written:    network rota: {zone: Europe/London, every: week, hand over: mon 09:00,
             from: 2026-01-05, people: [Tom, Ines]}
or with `layers:`, a list of such rotations from the base up; later ones win while they are active.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tierline.domain.calendar import WEEKDAYS
from tierline.domain.rota import WhenAway
from tierline.domain.rota.limits import MAX_LAYERS, MAX_PEOPLE
from tierline.policy.errors import Problems, Where
from tierline.policy.fields import Field, Fields
from tierline.policy.hours import DateText, WrittenCalendar
from tierline.policy.shapes import (
    BAD,
    TEXT_LIMIT,
    Checked,
    Choice,
    JsonSchema,
    ListOf,
    Shape,
    Text,
)

EVERY: Final = re.compile(r"(?:([1-9][0-9]{0,2}) )?(hour|day|week|month)s?")
"""The length of a turn: `week`, `2 weeks`, `12 hours`."""

HAND_OVER: Final = re.compile(
    rf"(?:({'|'.join(WEEKDAYS)}|[1-9]|[12][0-9]|3[01]) )?((?:[01]?[0-9]|2[0-3]):[0-5][0-9])"
)
"""When a turn ends: `09:00`, with a weekday before it for weeks, a day of the month for months."""

_NAME: Final = Text("a name")
_ZONE: Final = Text("a time zone", example="Europe/London")
_LOCAL: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{1,2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A date and a time of day, like `2026-12-24 18:00`; in which zone, the schedule says."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept it and write its hour with two digits."""
        example = "2026-12-24 18:00"
        text = Text("a date and a time", example=example).check(value, at, problems)
        if text is BAD:
            return BAD
        match = _LOCAL.fullmatch(text)
        try:
            found = datetime.fromisoformat(f"{match[1]}T{match[2]:0>5}") if match else None
        except ValueError:
            found = None
        if found is None:
            remedy = f"write it like {example}"
            problems.error(at, f"`{text[:60]}` is no date and time", remedy)
            return BAD
        return f"{found:%Y-%m-%d %H:%M}"

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": f"^{_LOCAL.pattern}$"}


def _local_hours(hours: Any) -> tuple[str, str] | None:
    extra = sorted({"holidays", "edits"} & set(hours))
    if not extra:
        return None
    return f"hours of a layer have no `{extra[0]}`", "write an override for that day instead"


_ROTATION: Final[dict[str, Field]] = {
    "every": Field(
        Text("the length of a turn", example="week, 2 weeks or 12 hours", pattern=EVERY.pattern),
        "how long a turn is: hours, days, weeks or months",
    ),
    "hand_over": Field(
        Text("a hand-over", example="mon 09:00, 09:00 or 31 09:00", pattern=HAND_OVER.pattern),
        "when a turn ends, on the wall clock of `zone`; 00:00 if left out",
    ),
    "from": Field(DateText(), "the first day of the first turn"),
    "until": Field(DateText(), "the day on which it ends, at the time of the hand-over"),
    "people": Field(
        ListOf(_NAME, least=1, limit=MAX_PEOPLE, distinct=False), "who takes turns, in order"
    ),
}


def _needed(*names: str) -> dict[str, Field]:
    return {key: Field(it.shape, it.about, required=key in names) for key, it in _ROTATION.items()}


LAYER: Final = Fields(
    "a layer",
    {
        "name": Field(_NAME, "what it is called where somebody asks why", required=True),
        "zone": Field(_ZONE, "of its hand-overs; that of the schedule if left out"),
        "hours": Field(
            Checked(WrittenCalendar(), _local_hours), "when it is active; always if left out"
        ),
        **_needed("every", "from", "people"),
    },
)

WRITTEN_WITH_LAYERS = frozenset({"zone", "layers", "when_away"})


def _one_of_two(schedule: Any) -> tuple[str, str] | None:
    if "layers" in schedule:
        beside = sorted(set(schedule) - WRITTEN_WITH_LAYERS)
        if beside:
            return f"has `layers` and `{beside[0]}`", "write it into one of the layers"
        return None
    for key in ("every", "from", "people"):
        if key not in schedule:
            return f"lacks `{key}`", f"add it: {_ROTATION[key].about}; or write `layers`"
    return None


SCHEDULE: Final[Shape] = Checked(
    Fields(
        "a schedule",
        {
            "zone": Field(_ZONE, "where it is read, like Europe/London", required=True),
            **_needed(),
            "layers": Field(
                ListOf(LAYER, least=1, limit=MAX_LAYERS),
                "several rotations, from the base up; later ones win while they are active",
            ),
            "when_away": Field(
                Choice(tuple(str(rule) for rule in WhenAway)),
                "what becomes of the turn of somebody who is away; next if left out",
            ),
        },
    ),
    _one_of_two,
)
"""One on-call schedule, of `schedules`."""


def _changes_somebody(override: Any) -> tuple[str, str] | None:
    if "person" in override or "instead_of" in override:
        return None
    return "changes nobody", "add `person`, `instead_of`, or both"


OVERRIDE: Final[Shape] = Checked(
    Fields(
        "an override",
        {
            "schedule": Field(_NAME, "one of `schedules`", required=True),
            "from": Field(LocalTime(), "when it begins, in the schedule's zone", required=True),
            "until": Field(LocalTime(), "when it ends", required=True),
            "person": Field(_NAME, "who comes; left out, nobody does"),
            "instead_of": Field(Text("a name, or `everybody`"), "who goes; left out, nobody does"),
            "reason": Field(Text("a reason", limit=TEXT_LIMIT), "why, as shown beside it"),
        },
    ),
    _changes_somebody,
)
"""A change of a schedule between two instants, of `overrides`."""
