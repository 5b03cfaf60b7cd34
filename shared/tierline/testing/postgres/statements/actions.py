"""Rows beside the tickets: open actions, people beside owners, who may see them."""

from collections.abc import Sequence
from datetime import datetime

from tierline.store import actions
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.transaction import Transaction

here = Registry()


@here.answers(actions, "KEEP_ACTIONS")
async def keep_actions(
    tx: Transaction,
    tickets: Sequence[int],
    ids: Sequence[int],
    numbers: Sequence[int],
    owners: Sequence[str],
    dues: Sequence[datetime],
) -> Reply:
    """Those given are there as given; of the tickets named no other is."""
    given = {
        (ticket, number): {"ticket": ticket, "number": number, "owner": owner, "due": due}
        for ticket, number, owner, due in zip(ids, numbers, owners, dues, strict=True)
    }
    for key, row in given.items():
        if await tx.update("action", key, row) is None:
            await tx.insert("action", row)
    return await _rid_of(tx, "action", "number", tickets, set(given))


@here.answers(actions, "KEEP_JOINED")
async def keep_joined(
    tx: Transaction, tickets: Sequence[int], ids: Sequence[int], logins: Sequence[str]
) -> Reply:
    """Those given are there; of the tickets named no other is."""
    given = set(zip(ids, logins, strict=True))
    for ticket, login in sorted(given):
        await tx.insert("joined", {"ticket": ticket, "login": login}, or_nothing="")
    return await _rid_of(tx, "joined", "login", tickets, given)


@here.answers(actions, "KEEP_RESTRICTED")
async def keep_restricted(
    tx: Transaction, tickets: Sequence[int], ids: Sequence[int], keys: Sequence[str]
) -> Reply:
    """Those given have the keys given; of the tickets named no other has any."""
    given: dict[int, list[str]] = {}
    for ticket, key in zip(ids, keys, strict=True):
        given.setdefault(ticket, []).append(key)
    for ticket, found in given.items():
        row = {"ticket": ticket, "keys": sorted(found)}
        if await tx.update("restricted", ticket, row) is None:
            await tx.insert("restricted", row)
    gone = [number for number in tickets if number not in given and tx.get("restricted", number)]
    for number in gone:
        await tx.delete("restricted", number)
    return f"DELETE {len(gone)}"


async def _rid_of(
    tx: Transaction,
    table: str,
    column: str,
    tickets: Sequence[int],
    given: set[tuple[int, int]] | set[tuple[int, str]],
) -> Reply:
    there = [(row["ticket"], row[column]) for row in tx.rows(table) if row["ticket"] in tickets]
    gone = [key for key in there if key not in given]
    for key in gone:
        await tx.delete(table, key)
    return f"DELETE {len(gone)}"
