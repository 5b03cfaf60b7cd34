"""Devices: what can fail, and how bad that is."""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.kinds.contract import Kind, Link
from tierline.policy.kinds.shapes import NAME
from tierline.policy.shapes import Whole
from tierline.store.records import Column, Table

DEVICE: Final = Kind(
    name="devices",
    one="device",
    about="what can fail",
    key=("client", "name"),
    wall="client",
    grammar=Fields(
        "a device",
        {
            "client": Field(NAME, "one of `clients`", required=True),
            "name": Field(NAME, "its host name, as monitoring calls it", required=True),
            "site": Field(NAME, "where it stands, one of the client's `sites` if it has any"),
            "type": Field(NAME, "like firewall, server, workstation", required=True),
            "criticality": Field(
                Whole(1, 3), "1 (worst) to 3: the impact if it fails", required=True
            ),
            "agreement": Field(NAME, "the agreement that covers it, if not the client's default"),
        },
    ),
    table=Table(
        "device",
        ("client", "name"),
        (
            Column("client"),
            Column("name"),
            Column("site"),
            Column("type"),
            Column("criticality", "smallint", None),
            Column("agreement"),
        ),
    ),
    searched=("name", "client", "type", "site"),
    links=(
        Link(("client",), "clients"),
        Link(("site",), "sites", client="client", lax=True),
        Link(("agreement",), "agreements"),
    ),
)
