"""Triage: alerts, problems, and what records say of clients and devices."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from intake.triage import directory, store
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_id = picker("id")
_place = picker("client", "key", "accepted_at", "idx", "alert")
_pair = picker("client", "key")
_state = picker("client", "problem_key", "doc")
_waiting = picker("id", "idx", "accepted_at", "integration", "source", "client", "body")
_client = picker("name", "agreement", "record", "mode")
_device = picker("client", "name", "site", "type", "criticality")


def _unhandled(alert: dict) -> bool:
    return alert["outcome"] is None


@here.answers(store, "LOCK_ALERTS")
async def lock_alerts(tx: Transaction, ids: Sequence[int]) -> Reply:
    """Those without an outcome, locked in order of id."""
    found = [tx.get("alert", number) for number in sorted(set(ids))]
    keys = [row["id"] for row in found if row is not None and _unhandled(row)]
    return [_id(row) for row in await tx.lock_rows("alert", keys, still=_unhandled)]


@here.answers(store, "MAKE_PROBLEMS")
async def make_problems(tx: Transaction, clients: Sequence[str], keys: Sequence[str]) -> Reply:
    """Those that were not there."""
    made = []
    for client, key in zip(clients, keys, strict=True):
        row = await tx.insert("problem", {"client": client, "key": key}, or_nothing="")
        if row is not None:
            made.append(_pair(row))
    return made


@here.answers(store, "LOCK_PROBLEMS")
async def lock_problems(tx: Transaction, clients: Sequence[str], keys: Sequence[str]) -> Reply:
    """Those that exist, locked in order of client and key."""
    pairs = sorted(set(zip(clients, keys, strict=True)))
    there = [pair for pair in pairs if tx.get("problem", pair) is not None]
    return [_place(row) for row in await tx.lock_rows("problem", there)]


def _open(ticket: dict) -> bool:
    return ticket["state"] != "closed"


@here.answers(store, "LOCK_OPEN_TICKETS")
async def lock_open_tickets(tx: Transaction, clients: Sequence[str], keys: Sequence[str]) -> Reply:
    """The open ticket of each problem, locked in order of id."""
    pairs = [pair for pair in zip(clients, keys, strict=True) if pair[1]]
    found = [row["id"] for pair in pairs for row in tx.find("ticket", "open_problem", pair)]
    return [_state(row) for row in await tx.lock_rows("ticket", sorted(found), still=_open)]


@here.answers(store, "SETTLE")
async def settle(
    tx: Transaction,
    ids: Sequence[int],
    outcomes: Sequence[str],
    tickets: Sequence[int],
    *problems: Sequence[Any],
) -> Reply:
    """Outcome and ticket of each alert (0: none), and where its problem stands."""
    changed = 0
    for number, outcome, ticket in zip(ids, outcomes, tickets, strict=True):
        said = {"outcome": outcome, "ticket": ticket or None, "handled_at": tx.clock()}
        if tx.get("alert", number) is not None:
            changed += await tx.update("alert", number, said) is not None
    await _apply(tx, *problems)
    return f"UPDATE {changed}"


async def _apply(
    tx: Transaction,
    clients: Sequence[str],
    keys: Sequence[str],
    ats: Sequence[datetime],
    indexes: Sequence[int],
    alerts: Sequence[int],
    tickets: Sequence[int],
) -> None:
    """The last alert of each; 0 leaves the ticket as it is."""
    said = zip(clients, keys, ats, indexes, alerts, tickets, strict=True)
    for client, key, at, index, alert, ticket in said:
        last = {"accepted_at": at, "idx": index, "alert": alert}
        if ticket:
            last["ticket"] = ticket
        if tx.get("problem", (client, key)) is not None:
            await tx.update("problem", (client, key), last)


@here.answers(store, "WAITING_ALERTS")
async def waiting_alerts(tx: Transaction, older_than_s: float, limit: int) -> Reply:
    """Those without an outcome for a while, in order of id."""
    latest = tx.clock() - timedelta(seconds=older_than_s)
    rows = sorted(tx.find("alert", "waiting", True), key=lambda row: row["id"])
    return [_waiting(row) for row in rows if row["received_at"] < latest][:limit]


@here.answers(store, "OLDER_WAIT")
async def older_wait(tx: Transaction, number: int) -> Reply:
    """Whether one with a lower id has no outcome."""
    waits = any(row["id"] < number for row in tx.find("alert", "waiting", True))
    return [shape("older_wait")((waits,))]


@here.answers(store, "SET_ASIDE")
async def set_aside(tx: Transaction, number: int) -> Reply:
    """A dead letter is its outcome, where it had none."""
    row = tx.get("alert", number)
    if row is None or not _unhandled(row):
        return "UPDATE 0"
    said = {"outcome": "dead letter", "handled_at": tx.clock()}
    done = await tx.update("alert", number, said, still=_unhandled)
    return f"UPDATE {int(done is not None)}"


@here.answers(directory, "CLIENTS")
async def clients(tx: Transaction) -> Reply:
    """Every client."""
    return [_client(row) for row in tx.rows("client")]


@here.answers(directory, "DEVICES")
async def devices(tx: Transaction, clients: Sequence[str], names: Sequence[str]) -> Reply:
    """Those devices that exist."""
    found = [tx.get("device", pair) for pair in zip(clients, names, strict=True)]
    return [_device(row) for row in found if row is not None]
