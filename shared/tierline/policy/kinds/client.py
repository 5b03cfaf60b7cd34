"""Clients: whom we serve, what they bought, who looks after them."""

from typing import Final

from tierline.domain.terms import Mode
from tierline.policy.errors import Where
from tierline.policy.fields import Field, Fields
from tierline.policy.kinds.contract import Complaint, Document, Kind, Link
from tierline.policy.kinds.moments import Moment, ends_of, starts_of
from tierline.policy.kinds.shapes import DOMAIN, LINE, NAME, NAMES, ZONE
from tierline.policy.shapes import Choice, Either, ListOf, Shape
from tierline.store.records import Column, Table

UNSORTED: Final = "Unsorted"
"""The reserved client of alerts whose client is unknown."""

BOUGHT: Final = Fields(
    "an agreement of a client",
    {
        "name": Field(NAME, "which one, one of the policy's `agreements`", required=True),
        "devices": Field(NAMES, "the devices it covers; without it, all"),
        "services": Field(NAMES, "the services it covers; without it, all"),
        "categories": Field(NAMES, "the categories it covers; without it, all"),
    },
)


FREEZE: Final = Fields(
    "a freeze",
    {
        "from": Field(Moment(), "the first day, or when it begins", required=True),
        "to": Field(Moment(), "the last day, or when it ends", required=True),
        "reason": Field(LINE, "like year end", required=True),
    },
)


class _Bought:
    """An agreement's name, or the name with what it covers. Normalised to the longer form."""

    _shape: Shape = Either(NAME, BOUGHT)

    def check(self, value: object, at: Where, problems: object) -> object:
        """Accept either form."""
        found = self._shape.check(value, at, problems)  # type: ignore[arg-type]
        return {"name": found} if isinstance(found, str) else found

    def schema(self) -> dict[str, object]:
        """Both forms."""
        return self._shape.schema()


GRAMMAR: Final = Fields(
    "a client",
    {
        "name": Field(NAME, "what it is called", required=True),
        "agreement": Field(NAME, "what it bought, one of `agreements`"),
        "agreements": Field(
            ListOf(_Bought(), least=1, limit=50, single=True),
            "the longer form, of several; the first is the default one",
        ),
        "record": Field(Choice(("tierline", "psa")), "whose ticket is the ticket"),
        "mode": Field(Choice(tuple(str(m) for m in Mode)), "how far Tierline may go on its own"),
        "domains": Field(ListOf(DOMAIN, single=True), "mail domains of its people"),
        "account_manager": Field(NAME, "who of ours keeps the account, one of `people`"),
        "service_manager": Field(NAME, "who of ours answers for the service, one of `people`"),
        "approvers": Field(NAMES, "who there approves, of its `contacts`"),
        "it": Field(NAMES, "its own IT, of its `contacts`"),
        "zone": Field(ZONE, "where its local times are meant; without it, UTC"),
        "freezes": Field(
            ListOf(FREEZE, limit=100), "when nothing is to be changed there, by its own clock"
        ),
    },
)


def _look(document: Document) -> tuple[Complaint, ...]:
    """It has an agreement, and the short form says nothing else than the long one."""
    bought = document.get("agreements")
    if document["name"] == UNSORTED:
        message = "is reserved for alerts whose client is unknown"
        return (((), message, "choose another name"),)
    if not bought and "agreement" not in document:
        return (((), "a client lacks `agreement`", "add it: what it bought, one of `agreements`"),)
    for i, freeze in enumerate(document.get("freezes", ())):
        if ends_of(freeze["to"]) <= starts_of(freeze["from"]):
            at: Where = ("freezes", i, "to")
            return ((at, "lies before `from`", "write the last day, or the end"),)
    if bought and document.get("agreement", bought[0]["name"]) != bought[0]["name"]:
        message = f"`{document['agreement']}` is not the first of `agreements`"
        return ((("agreement",), message, "keep one of the two, or list it first"),)
    return ()


def _pack(document: Document) -> Document:
    """The default agreement has the column, in whichever form it was written."""
    bought = document.get("agreements")
    return {**document, "agreement": bought[0]["name"]} if bought else document


def _unpack(stored: Document) -> Document:
    """One agreement that covers everything is written in the short form."""
    bought = stored.get("agreements")
    if bought == [{"name": stored.get("agreement")}]:
        return {name: value for name, value in stored.items() if name != "agreements"}
    left_out = "agreement" if bought else ""
    return {name: value for name, value in stored.items() if name != left_out}


CLIENT: Final = Kind(
    name="clients",
    one="client",
    about="whom we serve",
    key=("name",),
    mapped=True,
    wall="name",
    grammar=GRAMMAR,
    table=Table(
        "client",
        ("name",),
        (
            Column("name"),
            Column("agreement"),
            Column("record", empty="tierline"),
            Column("mode", empty=None),
            Column("domains", "text[]", []),
            Column("account_manager"),
            Column("service_manager"),
        ),
    ),
    searched=("name", "agreement"),
    links=(
        Link(("agreement",), "agreements"),
        Link(("agreements", "*", "name"), "agreements"),
        Link(("agreements", "*", "devices", "*"), "devices", client="name"),
        Link(("account_manager",), "people"),
        Link(("service_manager",), "people"),
        Link(("approvers", "*"), "contacts", client="name"),
        Link(("it", "*"), "contacts", client="name"),
    ),
    look=_look,
    pack=_pack,
    unpack=_unpack,
)
