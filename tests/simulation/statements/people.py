"""What the router asks the records and the notices while it answers a command."""

from collections import Counter

from router import owners
from router import people as names
from router.queries import records, tickets
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import in_doc, picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_login = picker("login")
_name = picker("login", "name")


@here.answers(names, "NAMES")
async def login_names(tx: Transaction) -> Reply:
    """Everybody's login and name."""
    return [_name(row) for row in tx.rows("person")]


@here.answers(owners, "OWNERS")
async def owners_of(tx: Transaction, number: int) -> Reply:
    """Who is active and may see that ticket."""
    ticket = tx.get("ticket", number)
    if ticket is None:
        return []
    return [
        _login(row)
        for row in tx.rows("person")
        if row["active"] and (row["clients"] is None or ticket["client"] in row["clients"])
    ]


@here.answers(tickets, "NOTICE_COUNTS")
async def notice_counts(tx: Transaction, number: int) -> Reply:
    """A ticket's notices by state."""
    counted = Counter(row["state"] for row in tx.find("notice", "ticket", number))
    row = shape("state", "n")
    return [row(pair) for pair in counted.items()]


@here.answers(records, "CLIENT_FACTS")
async def client_facts(tx: Transaction, client: str, host: str, email: str, name: str) -> Reply:
    """What the records say of a client, a device of it and a contact."""
    known = tx.get("client", client)
    if known is None:
        return []
    device = tx.get("device", (client, host)) or {"type": None, "criticality": None, "site": ""}
    vip = any(
        contact["vip"]
        for contact in tx.find("contact", "client", client)
        if (contact["email"] and contact["email"].lower() == email.lower())
        or contact["name"] == name
    )
    row = shape("agreement", "bought", "record", "mode", "type", "criticality", "site", "vip")
    covering = device.get("agreement", "")
    bought = None if covering else in_doc(known, "agreements")
    terms = (covering or known["agreement"], bought, known["record"], known["mode"])
    return [row((*terms, device["type"], device["criticality"], device["site"], vip))]
