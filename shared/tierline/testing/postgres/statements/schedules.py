"""The answers to what services ask of schedules, people, partners, freezes, approvers, vendors.

Nobody in them is away or has shifts, there are no schedules, no partners and no vendors.

Who is on call is decided by pure functions of `tierline.domain.rota`; how they are read is tested
on PostgreSQL itself (`tests/services/test_floor.py`).
"""

import json
from collections.abc import Sequence
from datetime import datetime

from tierline.policy import crew, vendors
from tierline.store import approvers, freezes, on_call, partners, schedules_read
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()


@here.answers(schedules_read, "SCHEDULES")
async def read_schedules(_tx: Transaction, _names: Sequence[str] | None) -> Reply:
    """No schedule."""
    return []


@here.answers(partners, "PARTNERS")
async def read_partners(_tx: Transaction) -> Reply:
    """No partner."""
    return []


@here.answers(vendors, "VENDOR")
async def read_vendor(_tx: Transaction, _name: str) -> Reply:
    """No vendor."""
    return []


@here.answers(approvers, "APPROVERS")
async def read_approvers(tx: Transaction, clients: Sequence[str] | None) -> Reply:
    """Contacts whom their client names, in that order, and those with an amount of their own."""
    row, found = shape("client", "name", "email", "most", "place"), []
    named = {it["name"]: json.loads(it["doc"]).get("approvers", []) for it in tx.rows("client")}
    for contact in tx.rows("contact"):
        client, name = contact["client"], contact["name"]
        order, most = named.get(client, []), json.loads(contact["doc"]).get("approver")
        place = order.index(name) + 1 if name in order else None
        wanted = client in named and (clients is None or client in clients)
        if wanted and (place is not None or most is not None):
            said = None if most is None else str(most)
            found.append((client, name, contact["email"], said, place))
    found.sort(key=lambda one: (one[0], one[4] is None, one[4] or 0, one[1]))
    return [row(one) for one in found]


@here.answers(freezes, "FREEZES")
async def read_freezes(tx: Transaction) -> Reply:
    """The clients that have any, with their zone."""
    row = shape("name", "zone", "freezes")
    documents = ((client["name"], json.loads(client["doc"])) for client in tx.rows("client"))
    return [
        row((name, doc.get("zone"), json.dumps(doc["freezes"])))
        for name, doc in documents
        if doc.get("freezes") is not None
    ]


@here.answers(schedules_read, "OVERRIDES")
async def read_overrides(
    _tx: Transaction, _names: Sequence[str] | None, _start: datetime, _end: datetime
) -> Reply:
    """No override."""
    return []


@here.answers(on_call, "ABSENCES")
async def absences(_tx: Transaction, _since: datetime) -> Reply:
    """Nobody is away."""
    return []


@here.answers(on_call, "LOGINS")
async def logins(tx: Transaction) -> Reply:
    """Names and logins of who is active."""
    found = shape("name", "login")
    rows = sorted(tx.rows("person"), key=lambda row: row["login"], reverse=True)
    return [found((row["name"], row["login"])) for row in rows if row["active"]]


_PERSON = (
    "login", "name", "zone", "shifts", "skills", "capacity", "usual_clients", "clients", "active",
)  # fmt: skip


@here.answers(crew, "PEOPLE")
async def people(tx: Transaction) -> Reply:
    """Everybody on record."""
    found = shape(*_PERSON)
    rows = sorted(tx.rows("person"), key=lambda row: row["login"])
    return [
        found(tuple(None if name == "shifts" else row[name] for name in _PERSON)) for row in rows
    ]
