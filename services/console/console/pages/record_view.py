"""What a form of a record shows, and what it asks of the router."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from console.router_client import Json, RefusedError
from console.visit import Console, Visit
from tierline.web.record_fields import kinds_of, read_value, write_value

Fields = Mapping[str, str]
FIELD = "f_"
"""How the names of a record's fields begin in a form, apart from the form's own."""

CHOICES = {"clients": "clients", "groups": "groups"}
"""What the policy's view lists the names of, by what a field names."""


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form.

    Attributes:
        name, label, about: of the field.
        value: as typed, or as it is.
        control: `text`, `number`, `choice` or `json`.
        choices: of a choice.
        needed: it may not be empty.
        fixed: it is part of the address of a record that exists.
        lists: the id of the list of names to choose from, or "".
    """

    name: str
    label: str
    about: str
    value: str
    control: str
    choices: Sequence[str]
    needed: bool
    fixed: bool
    lists: str


async def kinds_of_records(console: Console, visit: Visit) -> list[Json]:
    """The kinds of record with their fields."""
    found = await console.kept.get(console.router, visit.session, "/v1/records")
    kinds: list[Json] = found["items"]
    return kinds


def kind_named(kinds: Sequence[Json], name: str) -> Json:
    """The kind called so. Raises RefusedError (404)."""
    for kind in kinds:
        if kind["name"] == name:
            return kind
    raise RefusedError(404, {"detail": "There are no such records."})


def address_of(kind: str, key: Sequence[str]) -> str:
    """Where the router has a record."""
    return "/".join(("/v1/records", *(quote(part, safe="") for part in (kind, *key))))


def inputs(kind: Json, entered: Fields, *, exists: bool) -> list[Input]:
    """The fields of a form, filled in."""
    return [_input(field, entered.get(field["name"], ""), exists) for field in kind["fields"]]


def _input(field: Mapping[str, Any], value: str, exists: bool) -> Input:  # noqa: FBT001
    shape = field["shape"]
    return Input(
        name=field["name"],
        label=field["name"].replace("_", " "),
        about=field["about"],
        value=value,
        control=_control(shape),
        choices=("true", "false") if shape.get("type") == "boolean" else shape.get("enum", ()),
        needed=field["required"],
        fixed=exists and field["key"],
        lists=CHOICES.get(field["names"], ""),
    )


def _control(shape: Mapping[str, Any]) -> str:
    if "enum" in shape or shape.get("type") == "boolean":
        return "choice"
    if shape.get("type") == "integer":
        return "number"
    nested = "object" in kinds_of(shape) or "object" in kinds_of(shape.get("items", {}))
    inner = [one.get("items", {}) for one in shape.get("anyOf", ())]
    return "json" if nested or any("object" in kinds_of(one) for one in inner) else "text"


def typed_in(record: Json) -> dict[str, str]:
    """A record's fields as a form shows them."""
    return {name: write_value(value) for name, value in record["fields"].items()}


def asked_for(kind: Json, entered: Fields) -> dict[str, Any]:
    """What a form says of each field; None of those left empty.

    Raises:
        NotAValueError: a field that should be JSON is none.
    """
    return {
        field["name"]: read_value(entered.get(field["name"], ""), field["shape"])
        for field in kind["fields"]
    }
