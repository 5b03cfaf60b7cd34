"""The grammar of `records.yaml`: the kinds of record, and what connects us to other programs."""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.kinds import KINDS
from tierline.policy.kinds.shapes import NAME, NAMES, URL
from tierline.policy.schedules_grammar import OVERRIDE, SCHEDULE
from tierline.policy.shapes import Choice, Flag, ListOf, MapOf, Text

_KINDS = ("alertmanager", "json", "cloudevents")

ROOM: Final = Fields(
    "a room",
    {
        "kind": Field(
            Choice(("slack", "mattermost")), "whose incoming webhook it is", required=True
        ),
        "url": Field(URL, "the webhook's address; without it, nothing is sent"),
    },
)
INTEGRATION: Final = Fields(
    "an integration",
    {
        "kind": Field(Choice(_KINDS), "the form of its messages", required=True),
        "client": Field(NAME, "the client of every alert, one of `clients`"),
        "client_field": Field(
            Text("a field", example="labels.client"), "the field of an alert that names the client"
        ),
    },
)
SUBSCRIPTION: Final = Fields(
    "a subscription",
    {
        "url": Field(URL, "where events are posted", required=True),
        "clients": Field(NAMES, "only events of these clients"),
        "restricted": Field(Flag(), "true: events of restricted tickets too"),
    },
)

RECORDS: Final = Fields(
    "the records",
    {
        **{
            kind.name: Field(
                MapOf(kind.written) if kind.mapped else ListOf(kind.written), kind.about
            )
            for kind in KINDS.values()
        },
        "rooms": Field(MapOf(ROOM), "chat rooms"),
        "integrations": Field(MapOf(INTEGRATION), "where alerts come from"),
        "subscriptions": Field(MapOf(SUBSCRIPTION), "outgoing webhooks"),
        "schedules": Field(MapOf(SCHEDULE), "who is on call when"),
        "overrides": Field(ListOf(OVERRIDE), "changes of schedules between two instants"),
    },
    instead={"rosters": "write who is on call when under `schedules`"},
)
