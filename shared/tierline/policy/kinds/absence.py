"""Absences: who is away from when until when, and who stands in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tierline.policy.errors import Problems, Where
from tierline.policy.fields import Field, Fields
from tierline.policy.hours import DateText
from tierline.policy.kinds.contract import Complaint, Document, Kind, Link
from tierline.policy.kinds.shapes import LINE, NAME
from tierline.policy.shapes import BAD, JsonSchema, Text
from tierline.store.records import Column, Table

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"T([01][0-9]|2[0-3]):[0-5][0-9]"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a date and a time by the person's own clock: `2026-12-24T13:00`."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept a real date with or without a time of day."""
        shape = Text(
            "a date, or a date and time",
            example="2026-12-24 or 2026-12-24T13:00",
            pattern=f"{_DATE}({_TIME})?",
        )
        text = shape.check(value, at, problems)
        if text is BAD or DateText().check(text[:10], at, problems) is BAD:
            return BAD
        return text

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": f"^{_DATE}({_TIME})?$"}


def starts_of(text: str) -> datetime:
    """The instant a `from` means, by the person's own clock."""
    return datetime.fromisoformat(text)


def ends_of(text: str) -> datetime:
    """The instant an `until` means: the end of a day that is named alone."""
    return datetime.fromisoformat(text) + timedelta(days=0 if "T" in text else 1)


def _look(document: Document) -> tuple[Complaint, ...]:
    found: list[Complaint] = []
    if ends_of(document["until"]) <= starts_of(document["from"]):
        found.append((("until",), "lies before `from`", "write the last day, or the end"))
    if document.get("stand_in") == document["person"]:
        found.append((("stand_in",), "is the person who is away", "name somebody else"))
    return tuple(found)


def _pack(document: Document) -> Document:
    """With both ends as instants, for whoever asks who is away."""
    ends = {"starts": starts_of(document["from"]), "ends": ends_of(document["until"])}
    return {**document, **ends}


def _unpack(stored: Document) -> Document:
    return {name: value for name, value in stored.items() if name not in {"starts", "ends"}}


ABSENCE: Final = Kind(
    name="absences",
    one="absence",
    about="who is away, and who stands in",
    key=("person", "from"),
    label="person",
    through="person",
    grammar=Fields(
        "an absence",
        {
            "person": Field(NAME, "who is away, one of `people`", required=True),
            "from": Field(Moment(), "the first day, or when it begins", required=True),
            "until": Field(Moment(), "the last day, or when it ends", required=True),
            "reason": Field(LINE, "like leave, training"),
            "stand_in": Field(NAME, "who takes their tickets, one of `people`"),
        },
    ),
    table=Table(
        "absence",
        ("person", "since"),
        (
            Column("person"),
            Column("since", field="from"),
            Column("starts", "timestamp", None),
            Column("ends", "timestamp", None),
            Column("stand_in"),
        ),
    ),
    searched=("person", "stand_in"),
    links=(Link(("person",), "people"), Link(("stand_in",), "people")),
    look=_look,
    pack=_pack,
    unpack=_unpack,
)
