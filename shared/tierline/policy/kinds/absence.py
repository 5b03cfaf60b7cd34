"""Absences: who is away from when until when, and who stands in."""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.kinds.contract import Complaint, Document, Kind, Link
from tierline.policy.kinds.moments import Moment, ends_of, starts_of
from tierline.policy.kinds.shapes import LINE, NAME
from tierline.store.records import Column, Table


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
