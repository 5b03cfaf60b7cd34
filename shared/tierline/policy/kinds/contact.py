"""Contacts: who at a client may ask, approve and be told, and when."""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.kinds.contract import Kind, Link
from tierline.policy.kinds.shapes import EMAIL, HOURS, NAME, NAMES, PHONE
from tierline.policy.shapes import Choice, Either, Flag, Whole
from tierline.store.records import Column, Table

AMOUNT_MAX: Final = 1_000_000_000
ANY_AMOUNT: Final = "any"

CONTACT: Final = Kind(
    name="contacts",
    one="contact",
    about="who at clients may ask, approve and be told",
    key=("client", "name"),
    wall="client",
    grammar=Fields(
        "a contact",
        {
            "client": Field(NAME, "one of `clients`", required=True),
            "name": Field(NAME, "the person's name", required=True),
            "email": Field(EMAIL, "where they are told", required=True),
            "phone": Field(PHONE, "where they are called"),
            "when": Field(HOURS, "when they may be reached: named hours, or hours written out"),
            "vip": Field(Flag(), "true: a step more urgent, as the policy's `vip` says"),
            "approver": Field(
                Either(Choice((ANY_AMOUNT,)), Whole(0, AMOUNT_MAX)),
                "the amount they may approve, in whole units of the agreement; or `any`",
            ),
            "roles": Field(NAMES, "like reception, finance, IT"),
        },
    ),
    table=Table(
        "contact",
        ("client", "name"),
        (
            Column("client"),
            Column("name"),
            Column("email"),
            Column("phone"),
            Column("vip", "boolean", empty=False),
        ),
    ),
    searched=("name", "client", "email", "phone"),
    links=(Link(("client",), "clients"),),
    alone=(("client", "email"),),
    hours=("when",),
)
