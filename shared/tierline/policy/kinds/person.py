"""People: who works here, and at clients and partners."""

from typing import Final

from tierline.domain.terms import Role
from tierline.policy.fields import Field, Fields
from tierline.policy.kinds.contract import Complaint, Document, Kind, Link
from tierline.policy.kinds.shapes import EMAIL, HOURS, LOGIN, NAME, NAMES, PHONE, ZONE
from tierline.policy.shapes import Choice, Flag, ListOf, Whole
from tierline.store.records import Column, Table

CAPACITY_MAX: Final = 1_000

GRAMMAR: Final = Fields(
    "a person",
    {
        "name": Field(NAME, "what colleagues and the policy call them", required=True),
        "login": Field(LOGIN, "small letters and digits", required=True),
        "email": Field(EMAIL, "where they are told", required=True),
        "phone": Field(PHONE, "where they are called"),
        "role": Field(Choice(tuple(str(r) for r in Role)), "what they may decide", required=True),
        "groups": Field(NAMES, "the groups they work in"),
        "client": Field(NAME, "the one client they may see; without it, all"),
        "clients": Field(ListOf(NAME, least=1, single=True), "the longer form, of several"),
        "skills": Field(NAMES, "categories they can handle"),
        "site": Field(NAME, "where they work"),
        "zone": Field(ZONE, "the time zone they work in"),
        "shifts": Field(HOURS, "when they work: named hours, or hours written out"),
        "capacity": Field(Whole(0, CAPACITY_MAX), "how many open tickets they may hold"),
        "usual_clients": Field(NAMES, "the clients they know best"),
        "active": Field(Flag(), "false: they have left; what they did stays"),
    },
)


def _look(document: Document) -> tuple[Complaint, ...]:
    if "client" in document and "clients" in document:
        return ((("clients",), "has both `client` and `clients`", "keep the one that holds"),)
    return ()


def _pack(document: Document) -> Document:
    """The wall has one column, in whichever form it was written."""
    if "client" not in document:
        return document
    rest = {name: value for name, value in document.items() if name != "client"}
    return {**rest, "clients": [document["client"]]}


def _unpack(stored: Document) -> Document:
    clients = stored.get("clients", ())
    if len(clients) != 1:
        return stored
    rest = {name: value for name, value in stored.items() if name != "clients"}
    return {**rest, "client": clients[0]}


PERSON: Final = Kind(
    name="people",
    one="person",
    about="who works here, and at clients and partners",
    key=("login",),
    mapped=True,
    wall="clients",
    grammar=GRAMMAR,
    table=Table(
        "person",
        ("login",),
        (
            Column("login"),
            Column("name"),
            Column("email"),
            Column("role", empty=None),
            Column("groups", "text[]", []),
            Column("clients", "text[]", None),
            Column("skills", "text[]", []),
            Column("zone"),
            Column("capacity", "integer", None),
            Column("usual_clients", "text[]", []),
            Column("active", "boolean", empty=True),
        ),
    ),
    searched=("name", "login", "email"),
    links=(
        Link(("groups", "*"), "groups"),
        Link(("client",), "clients"),
        Link(("clients", "*"), "clients"),
        Link(("usual_clients", "*"), "clients"),
    ),
    alone=(("name",),),
    hours=("shifts",),
    look=_look,
    pack=_pack,
    unpack=_unpack,
)
