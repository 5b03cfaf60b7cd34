"""Sites: where a client is, and what time it is there."""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.kinds.contract import Kind, Link
from tierline.policy.kinds.shapes import LINE, NAME, ZONE
from tierline.store.records import Column, Table

SITE: Final = Kind(
    name="sites",
    one="site",
    about="where clients are",
    key=("client", "name"),
    wall="client",
    grammar=Fields(
        "a site",
        {
            "client": Field(NAME, "one of `clients`", required=True),
            "name": Field(NAME, "what it is called there", required=True),
            "zone": Field(ZONE, "the time zone it is in"),
            "address": Field(LINE, "street and town, in one line"),
        },
    ),
    table=Table("site", ("client", "name"), (Column("client"), Column("name"), Column("zone"))),
    searched=("name", "client"),
    links=(Link(("client",), "clients"),),
)
