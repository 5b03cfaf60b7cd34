"""Vendors: who stands behind what we run, and how to get hold of them."""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.hours import DateText
from tierline.policy.kinds.contract import Kind
from tierline.policy.kinds.shapes import EMAIL, HOURS, LINE, NAME, PHONE, URL
from tierline.policy.shapes import DurationText, Flag, ListOf
from tierline.store.records import Column, Table

CONTRACT: Final = Fields(
    "a contract",
    {
        "name": Field(NAME, "what it is called", required=True),
        "number": Field(NAME, "what they know us by"),
        "covers": Field(LINE, "what it is about"),
        "until": Field(DateText(), "the last day it holds"),
    },
)

VENDOR: Final = Kind(
    name="vendors",
    one="vendor",
    about="who stands behind what we run",
    key=("name",),
    mapped=True,
    grammar=Fields(
        "a vendor",
        {
            "name": Field(NAME, "what it is called", required=True),
            "email": Field(EMAIL, "where cases are opened by mail"),
            "phone": Field(PHONE, "where cases are opened by telephone"),
            "portal": Field(URL, "where cases are opened by hand"),
            "hours": Field(HOURS, "when they work: named hours, or hours written out"),
            "resold": Field(
                Flag(), "true: we resell it, so waiting for them stops no promise of ours"
            ),
            "chase": Field(DurationText(), "how long they may be silent before we ask again"),
            "contracts": Field(ListOf(CONTRACT, limit=100), "what we have with them"),
        },
    ),
    table=Table(
        "vendor",
        ("name",),
        (
            Column("name"),
            Column("email"),
            Column("phone"),
            Column("resold", "boolean", empty=False),
        ),
    ),
    searched=("name", "email"),
    hours=("hours",),
)
