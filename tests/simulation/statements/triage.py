"""Triage: alerts, problems, and what records say of clients and devices."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from intake.triage import counting, directory, store
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import Record, Stored, in_doc, picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

Pair = tuple[str, str]

_id = picker("id")
_alike = shape("n", "accepted_at", "idx", "id")
_place = picker("client", "key", "accepted_at", "idx", "alert")
_taken_up = shape("id", "client", "key", "accepted_at", "idx", "alert")
_state = picker("client", "problem_key", "doc")
_waiting = picker("id", "idx", "accepted_at", "integration", "source", "client", "body")
_client = shape("name", "agreement", "record", "mode", "bought")
_device = picker("client", "name", "site", "type", "criticality", "agreement")


def _unhandled(alert: dict) -> bool:
    return alert["outcome"] is None


@here.answers(store, "LOCK_ALERTS")
async def lock_alerts(tx: Transaction, ids: Sequence[int]) -> Reply:
    """Those without an outcome, locked in order of id."""
    keys = _fresh(tx, ids, None)
    return [_id(row) for row in await tx.lock_rows("alert", keys, still=_unhandled)]


@here.answers(store, "TAKE_UP")
async def take_up(
    tx: Transaction,
    ids: Sequence[int],
    clients: Sequence[str],
    keys: Sequence[str],
    first: int | None,
) -> Reply:
    """Those without an outcome; their problems, locked or made, but for one just made by others."""
    wanted = dict(zip(ids, zip(clients, keys, strict=True), strict=True))
    fresh = _fresh(tx, wanted, first)
    there = {pair for pair in wanted.values() if tx.get("problem", pair) is not None}
    alerts = await tx.lock_rows("alert", fresh, still=_unhandled)
    pairs = sorted({wanted[row["id"]] for row in alerts})
    held = await tx.lock_rows("problem", [pair for pair in pairs if pair in there])
    return taken_up(alerts, [*held, *await make_missing(tx, pairs, held)])


def _fresh(tx: Transaction, ids: Iterable[int], first: int | None) -> list[int]:
    """Those without an outcome as the statement begins; none while one older than `first` is."""
    waiting = tx.find("alert", "waiting", True)
    if first is not None and any(row["id"] < first for row in waiting):
        return []
    found = [tx.get("alert", number) for number in sorted(set(ids))]
    return [row["id"] for row in found if row is not None and _unhandled(row)]


async def make_missing(
    tx: Transaction, pairs: Iterable[Pair], held: Iterable[Stored]
) -> list[Stored]:
    """Those of the problems that are not held, made, unless somebody else has just made them."""
    known = {(row["client"], row["key"]) for row in held}
    made = []
    for client, key in pairs:
        if (client, key) not in known:
            row = await tx.insert("problem", {"client": client, "key": key}, or_nothing="")
            if row is not None:
                # What was made is told without its columns' defaults, as nothing was read of it.
                made.append({**row, "idx": None, "alert": None})
    return made


def taken_up(alerts: Iterable[Stored], problems: Iterable[Stored]) -> list[Record]:
    """A row for each alert, and one for each problem that is locked: where it stands."""
    rows = [_taken_up((alert["id"], *(None,) * 5)) for alert in alerts]
    return rows + [_taken_up((None, *_place(problem))) for problem in problems]


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


@here.answers(store, "SET_ASIDE")
async def set_aside(tx: Transaction, number: int) -> Reply:
    """A dead letter is its outcome, where it had none."""
    row = tx.get("alert", number)
    if row is None or not _unhandled(row):
        return "UPDATE 0"
    said = {"outcome": "dead letter", "handled_at": tx.clock()}
    done = await tx.update("alert", number, said, still=_unhandled)
    return f"UPDATE {int(done is not None)}"


@here.answers(counting, "ALIKE")
async def alike(
    tx: Transaction,
    integrations: Sequence[str],
    keys: Sequence[str],
    clients: Sequence[str],
    since: Sequence[datetime],
    until: Sequence[datetime],
    limit: int,
) -> Reply:
    """Of each kind those that fired in its span, among the latest `limit` of it."""
    found = []
    asked = zip(integrations, keys, clients, since, until, strict=True)
    for n, (integration, key, client, after, last) in enumerate(asked, 1):
        kind = (client, key, integration)
        rows = [
            row for row in tx.find("alert", "alike", kind) if after < row["accepted_at"] <= last
        ]
        rows.sort(key=lambda row: row["accepted_at"], reverse=True)
        fired = [row for row in rows[:limit] if json.loads(row["body"]).get("status") == "firing"]
        found += [_alike((n, row["accepted_at"], row["idx"], row["id"])) for row in fired]
    return found


@here.answers(directory, "CLIENTS")
async def clients(tx: Transaction) -> Reply:
    """Every client."""
    return [
        _client((it["name"], it["agreement"], it["record"], it["mode"], in_doc(it, "agreements")))
        for it in tx.rows("client")
    ]


@here.answers(directory, "DEVICES")
async def devices(tx: Transaction, clients: Sequence[str], names: Sequence[str]) -> Reply:
    """Those devices that exist."""
    found = [tx.get("device", pair) for pair in zip(clients, names, strict=True)]
    return [_device(row) for row in found if row is not None]
