"""Partners: other providers who work on clients with us."""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.kinds.contract import Kind, Link
from tierline.policy.kinds.shapes import EMAIL, HOURS, NAME, NAMES, PHONE, URL
from tierline.store.records import Column, Table

PARTNER: Final = Kind(
    name="partners",
    one="partner",
    about="who works on clients with us",
    key=("name",),
    mapped=True,
    wall="clients",
    grammar=Fields(
        "a partner",
        {
            "name": Field(NAME, "what it is called", required=True),
            "email": Field(EMAIL, "where they are told"),
            "phone": Field(PHONE, "where they are called"),
            "portal": Field(URL, "where they take tickets"),
            "hours": Field(HOURS, "when they work: named hours, or hours written out"),
            "clients": Field(NAMES, "the clients they work on; without it, all of them"),
        },
    ),
    table=Table(
        "partner",
        ("name",),
        (Column("name"), Column("email"), Column("phone"), Column("clients", "text[]", [])),
    ),
    searched=("name", "email"),
    links=(Link(("clients", "*"), "clients"),),
    hours=("hours",),
)
