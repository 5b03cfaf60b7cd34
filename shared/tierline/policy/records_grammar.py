"""The grammar of `records.yaml`."""

from typing import Final

from tierline.domain.terms import Mode, Role
from tierline.policy.fields import Field, Fields
from tierline.policy.shapes import Choice, ListOf, MapOf, Text, Whole

_NAME = Text("a name")
_EMAIL = Text(
    "an email address",
    limit=254,
    example="priya@example.com",
    pattern=r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+",
)
_URL = Text(
    "a web address", limit=2_000, example="https://example.com/hook", pattern=r"https?://[^\s/]+.*"
)
_DOMAIN = Text("a domain", limit=253, example="example.com", pattern=r"[A-Za-z0-9.-]+\.[A-Za-z]+")
_LOGIN = Text("a login", limit=64, example="priya", pattern=r"[a-z0-9][a-z0-9._-]*")
_KINDS = ("alertmanager", "json", "cloudevents")

CLIENT: Final = Fields(
    "a client",
    {
        "agreement": Field(_NAME, "what it bought, one of `agreements`", required=True),
        "record": Field(Choice(("tierline", "psa")), "whose ticket is the ticket"),
        "mode": Field(Choice(tuple(str(m) for m in Mode)), "how far Tierline may go on its own"),
        "domains": Field(ListOf(_DOMAIN, single=True), "mail domains of its people"),
    },
)
CONTACT: Final = Fields(
    "a contact",
    {
        "client": Field(_NAME, "one of `clients`", required=True),
        "name": Field(_NAME, "the person's name", required=True),
        "email": Field(_EMAIL, "where they are told", required=True),
    },
)
DEVICE: Final = Fields(
    "a device",
    {
        "client": Field(_NAME, "one of `clients`", required=True),
        "name": Field(_NAME, "its host name, as monitoring calls it", required=True),
        "site": Field(_NAME, "where it stands"),
        "type": Field(_NAME, "like firewall, server, workstation", required=True),
        "criticality": Field(Whole(1, 3), "1 (worst) to 3: the impact if it fails", required=True),
    },
)
PERSON: Final = Fields(
    "a person",
    {
        "login": Field(_LOGIN, "small letters and digits", required=True),
        "email": Field(_EMAIL, "where they are told", required=True),
        "role": Field(Choice(tuple(str(r) for r in Role)), "what they may decide", required=True),
        "groups": Field(ListOf(_NAME, single=True), "the groups they work in"),
        "client": Field(_NAME, "the one client they may see; without it, all"),
    },
)
ROOM: Final = Fields(
    "a room",
    {
        "kind": Field(
            Choice(("slack", "mattermost")), "whose incoming webhook it is", required=True
        ),
        "url": Field(_URL, "the webhook's address; without it, nothing is sent"),
    },
)
INTEGRATION: Final = Fields(
    "an integration",
    {
        "kind": Field(Choice(_KINDS), "the form of its messages", required=True),
        "client": Field(_NAME, "the client of every alert, one of `clients`"),
        "client_field": Field(
            Text("a field", example="labels.client"), "the field of an alert that names the client"
        ),
    },
)
SUBSCRIPTION: Final = Fields(
    "a subscription",
    {
        "url": Field(_URL, "where events are posted", required=True),
        "clients": Field(ListOf(_NAME, single=True), "only events of these clients"),
    },
)

RECORDS: Final = Fields(
    "the records",
    {
        "clients": Field(MapOf(CLIENT), "whom we serve"),
        "contacts": Field(ListOf(CONTACT), "who there may ask and be told"),
        "devices": Field(ListOf(DEVICE), "what can fail"),
        "people": Field(MapOf(PERSON), "who works here, and at clients and partners"),
        "rooms": Field(MapOf(ROOM), "chat rooms"),
        "integrations": Field(MapOf(INTEGRATION), "where alerts come from"),
        "subscriptions": Field(MapOf(SUBSCRIPTION), "outgoing webhooks"),
    },
    later=frozenset({"rosters", "sites", "vendors"}),
)
