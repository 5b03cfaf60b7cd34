"""Tickets, their events as they are written, policy time and the floor."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tierline.store import database, lapses, tickets
from tierline.store.schema import head
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import Record, Stored, picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_doc = picker("doc")
_MOVED = (
    "id", "seq", "doc", "state", "priority", "tier", "grp", "owner", "promise_due", "next_due_at",
    "recorded_at", "offered_to",
)  # fmt: skip
_PLACED = ("id", "type", "booked_from", "booked_until", "confirming")
_OPENED = (*_MOVED, "type", "client", "title", "problem_key", "opened_at")


@here.answers(database, "ALIVE")
async def alive(tx: Transaction) -> Reply:
    """The newest migration, once for the one row of the policy clock."""
    return [shape("version_num")((head(),)) for _ in tx.rows("policy_clock")]


@here.answers(tickets, "LOCK_TICKETS")
async def lock_tickets(tx: Transaction, ids: Sequence[int]) -> Reply:
    """Those that exist, locked in order of id."""
    there = [number for number in sorted(set(ids)) if tx.get("ticket", number) is not None]
    return [_doc(row) for row in await tx.lock_rows("ticket", there)]


def due_order(rows: Iterable[Stored]) -> list[tuple[datetime, int]]:
    """Due instant and id of the tickets that have one, the earliest first."""
    return sorted((row["next_due_at"], row["id"]) for row in rows if row["next_due_at"])


def _due(tx: Transaction, horizon: datetime) -> Iterable[int]:
    for due, number in tx.view("ticket", "due", due_order):
        if due > horizon:
            break
        yield number


@here.answers(tickets, "FIRST_DUE")
async def first_due(tx: Transaction) -> Reply:
    """Policy time, its speed, and the earliest due instant there is."""
    due = tx.view("ticket", "due", due_order)
    look = shape("now", "speed", "due")
    return [
        look(
            (tx.policy_now(), 0.0 if clock["held"] else clock["speed"], due[0][0] if due else None)
        )
        for clock in tx.rows("policy_clock")
    ]


@here.answers(tickets, "LOCK_DUE")
async def lock_due(tx: Transaction, horizon: datetime, limit: int) -> Reply:
    """The earliest due ones that nobody else holds, in order of id."""
    locked: list[int] = []
    for number in _due(tx, horizon):
        if len(locked) == limit:
            break
        if tx.try_lock("ticket", number):
            locked.append(number)
    return [_doc(row) for row in await tx.lock_rows("ticket", sorted(locked))]


@here.answers(tickets, "READ_TICKET")
async def read_ticket(tx: Transaction, number: int) -> Reply:
    """Its doc, without a lock."""
    row = tx.get("ticket", number)
    return [] if row is None else [_doc(row)]


@here.answers(tickets, "POLICY_NOW")
async def policy_now(tx: Transaction) -> Reply:
    """Policy time this instant."""
    return [shape("policy_now")((tx.policy_now(),))]


_FLOOR = shape("grp", "login", "beside", "load")


def _load(rows: Iterable[Stored]) -> list[Record]:
    there = list(rows)
    here = [row for row in there if row["state"] in {"queued", "working", "on_hold"}]
    offered = [row["offered_to"] for row in there if row["offered_to"]]
    counted = Counter((row["grp"], "", "") for row in here)
    owned = Counter(("", row["owner"], "") for row in here if row["owner"])
    asked = Counter(("", login, "") for login in offered)
    every = (counted, owned, asked)
    return [_FLOOR((*of, load)) for counts in every for of, load in counts.items()]


def _beside(rows: Iterable[Stored]) -> list[Record]:
    counted = Counter(row["login"] for row in rows)
    return [_FLOOR(("", "", login, load)) for login, load in counted.items()]


@here.answers(tickets, "READ_FLOOR")
async def read_floor(tx: Transaction) -> Reply:
    """Open load by group and by person, and who stands beside how many owners."""
    return [*tx.view("ticket", "floor", _load), *tx.view("joined", "floor", _beside)]


_Turn = tuple[tuple[str, str], list[datetime]]


def _turns(rows: Iterable[Stored]) -> list[_Turn]:
    """The instants of the turns of everybody who ever had one."""
    found: dict[tuple[str, str], list[datetime]] = {}
    for row in rows:
        if row["type"] not in {"claimed", "offered"}:
            continue
        data = json.loads(row["body"])["data"]
        what = data["what"]
        if not what.get("accepted"):
            who = (data["ticket"]["group"], what.get("owner") or what.get("to"))
            found.setdefault(who, []).append(row["recorded_at"])
    return list(found.items())


@here.answers(tickets, "READ_TURNS")
async def read_turns(tx: Transaction, groups: Sequence[str], logins: Sequence[str]) -> Reply:
    """When each was last offered a ticket of the group, or claimed one."""
    turns = dict(tx.view("event", "turns", _turns))
    row = shape("grp", "login", "at", "n")
    found = []
    for one in zip(groups, logins, strict=True):
        if one in turns:
            last = max(turns[one])
            found.append(row((*one, last, turns[one].count(last))))
    return found


def _lapses(rows: Iterable[Stored]) -> list[tuple[datetime, str, datetime]]:
    """When each tier limit was seen to run out, in which group and when it was due."""
    found = []
    for row in rows:
        if row["type"] == "lapsed":
            data = json.loads(row["body"])["data"]
            ticket = data["ticket"]
            if data["what"]["clock"] == "tier" and ticket["mode"] != "watch":
                found.append((row["recorded_at"], ticket["group"], row["at"]))
    return sorted(found, reverse=True)


@here.answers(lapses, "READ_LAPSES")
async def read_lapses(tx: Transaction, as_of: datetime, limit: int) -> Reply:
    """The limits that were seen to run out in the hour before, the last one first."""
    row = shape("grp", "at")
    since = as_of - timedelta(hours=1)
    seen = [one for one in tx.view("event", "lapses", _lapses) if one[0] > since]
    return [row((group, at)) for _, group, at in seen[:limit]]


@here.answers(tickets, "DRAW_NUMBERS")
async def draw_numbers(tx: Transaction, count: int) -> Reply:
    """New ticket numbers."""
    row = shape("n")
    return [row((tx.nextval("ticket_number"),)) for _ in range(count)]


@here.answers(tickets, "NOW_AND_NUMBERS")
async def now_and_numbers(tx: Transaction, count: int) -> Reply:
    """Policy time this instant, and new ticket numbers."""
    numbers = [tx.nextval("ticket_number") for _ in range(count)]
    return [shape("now", "numbers")((tx.policy_now(), numbers))]


_TELLS = 10
"""Parameters that say what is told; those of the tickets follow."""


@here.answers(tickets, "MOVE_TICKETS")
async def move_tickets(tx: Transaction, *said: Any) -> Reply:
    """Each ticket's new state, in the order given, and what is told."""
    for values in zip(*said[_TELLS:], strict=True):
        row = dict(zip(_MOVED, values, strict=True))
        row["changed_at"] = tx.clock()
        if tx.get("ticket", row["id"]) is not None:
            await tx.update("ticket", row["id"], row)
    return await _tell(tx, *said[:_TELLS])


@here.answers(tickets, "OPEN_TICKETS")
async def open_tickets(tx: Transaction, *said: Any) -> Reply:
    """New tickets, in the order given, one open ticket a problem, and what is told."""
    for values in zip(*said[_TELLS:], strict=True):
        await tx.insert("ticket", dict(zip(_OPENED, values, strict=True)))
    return await _tell(tx, *said[:_TELLS])


@here.answers(tickets, "PLACE_TICKETS")
async def place_tickets(tx: Transaction, *said: Any) -> Reply:
    """What changes rarely, of those that exist."""
    placed = [dict(zip(_PLACED, values, strict=True)) for values in zip(*said, strict=True)]
    there = [row for row in placed if tx.get("ticket", row["id"]) is not None]
    for row in there:
        await tx.update("ticket", row["id"], row)
    return f"UPDATE {len(there)}"


async def _tell(
    tx: Transaction,
    numbers: Sequence[int],
    seqs: Sequence[int],
    ats: Sequence[datetime],
    recorded_ats: Sequence[datetime],
    types: Sequence[str],
    clients: Sequence[str],
    causes: Sequence[str],
    bodies: Sequence[str],
    shards: Sequence[int],
    topic: str,
) -> Reply:
    """Events and their outbox rows; the outbox in the order given."""
    names = ("ticket", "seq", "at", "recorded_at", "type", "client", "cause", "body")
    said = (numbers, seqs, ats, recorded_ats, types, clients, causes, bodies)
    for values in zip(*said, strict=True):
        await tx.insert("event", dict(zip(names, values, strict=True)))
    for shard, number, body in zip(shards, numbers, bodies, strict=True):
        message = {"shard": shard, "topic": topic, "key": str(number), "body": body.encode()}
        await tx.insert("outbox", message)
    return f"INSERT 0 {len(numbers)}"
