"""The answers to what services ask of schedules and partners (there are none), freezes, approvers.

Who is on call is decided by pure functions of `tierline.domain.rota`; how they are read is tested
on PostgreSQL itself (`tests/services/test_floor.py`).
"""

import json
from collections.abc import Sequence
from datetime import datetime

from tierline.store import approvers, freezes, partners, schedules_read
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
