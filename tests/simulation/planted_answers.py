"""Statements that do not do what they say, for the faults that are planted into the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.statements.outcomes import settle_notices
from tests.simulation.statements.telling import insert_notices
from tests.simulation.statements.triage import _unhandled, make_missing, taken_up
from tierline.messages.topics import ALERTS
from tierline.testing.postgres.registry import Reply
from tierline.testing.postgres.rows import picker, shape
from tierline.testing.postgres.statements.outbox import outbox_rows
from tierline.testing.postgres.statements.tickets import (
    _MOVED,
    _TELLS,
    _tell,
    due_order,
    move_tickets,
)
from tierline.testing.postgres.transaction import Transaction

_id = picker("id")
_message = picker("id", "topic", "key", "body")


async def take_shards_without_lock(tx: Transaction, shards: int, _space: int, limit: int) -> Reply:
    """Shards that have rows, whoever is sending them."""
    waiting = [shard for shard in range(shards) if tx.find("outbox", "shard", shard)]
    tx.shuffle(waiting)
    return [shape("s")((shard,)) for shard in waiting[:limit]]


async def rows_nobody_sends(tx: Transaction, shards: Sequence[int], limit: int) -> Reply:
    """The oldest rows of those shards that no other transaction has locked."""
    rows = [row for shard in shards for row in tx.find("outbox", "shard", shard)]
    rows.sort(key=lambda row: row["id"])
    return [_message(row) for row in rows if tx.try_lock("outbox", row["id"])][:limit]


async def take_up_unlocked(
    tx: Transaction, ids: Sequence[int], clients: Sequence[str], keys: Sequence[str], _first: Any
) -> Reply:
    """Alerts are locked; their problems are read, and made where new, but not locked."""
    wanted = dict(zip(ids, zip(clients, keys, strict=True), strict=True))
    alerts = await tx.lock_rows("alert", sorted(wanted), still=_unhandled)
    pairs = sorted({wanted[row["id"]] for row in alerts})
    read = [row for pair in pairs if (row := tx.get("problem", pair)) is not None]
    return taken_up(alerts, [*read, *await make_missing(tx, pairs, read)])


async def take_up_handled(
    tx: Transaction, ids: Sequence[int], clients: Sequence[str], keys: Sequence[str], _first: Any
) -> Reply:
    """Alerts are taken up whether they have an outcome or not."""
    wanted = dict(zip(ids, zip(clients, keys, strict=True), strict=True))
    alerts = await tx.lock_rows("alert", sorted(wanted))
    pairs = sorted({wanted[row["id"]] for row in alerts})
    there = [pair for pair in pairs if tx.get("problem", pair) is not None]
    held = await tx.lock_rows("problem", there)
    return taken_up(alerts, [*held, *await make_missing(tx, pairs, held)])


async def move_without_due(tx: Transaction, *said: Any) -> Reply:
    """Each ticket's new state, its due column left as it was, and what is told."""
    for values in zip(*said[_TELLS:], strict=True):
        row = dict(zip(_MOVED, values, strict=True))
        row["changed_at"] = tx.clock()
        if row["state"] != "closed":
            del row["next_due_at"]
        await tx.update("ticket", row["id"], row)
    return await _tell(tx, *said[:_TELLS])


async def lock_live_subscriptions(tx: Transaction, names: Sequence[str]) -> Reply:
    """Those that are live, shared; disabled ones are not locked."""
    there = [name for name in sorted(set(names)) if _is_live(tx.get("subscription", name))]
    rows = await tx.lock_rows("subscription", there, still=_is_live, share=True)
    return [shape("name", "live")((row["name"], True)) for row in rows]


def _is_live(subscription: Any) -> bool:
    return subscription is not None and subscription["disabled_at"] is None


async def settle_whichever_attempt(
    tx: Transaction,
    ids: Sequence[int],
    _attempts: Sequence[int],
    states: Sequence[str],
    proofs: Sequence[str],
    reasons: Sequence[str],
    waits_s: Sequence[float],
) -> Reply:
    """The outcome, while there is none yet."""
    settled = []
    for number, state, proof, reason, wait_s in zip(
        ids, states, proofs, reasons, waits_s, strict=True
    ):
        outcome = {
            "state": state,
            "proof": proof,
            "reason": reason,
            "due_at": tx.clock() + timedelta(seconds=wait_s),
            "settled_at": None if state == "pending" else tx.clock(),
        }
        done = await tx.update(
            "message", number, outcome, still=lambda row: row["state"] == "pending"
        )
        if done is not None:
            settled.append(_id(done))
    return settled


async def all_rows_but_some(tx: Transaction, shards: Sequence[int], limit: int) -> Reply:
    """The oldest rows of those shards, but for some alerts, which a sweep finds elsewhere."""
    rows = await outbox_rows(tx, shards, limit)
    return [row for row in rows if row["topic"] != ALERTS or row["id"] % 40]


async def read_due(tx: Transaction, horizon: datetime, limit: int) -> Reply:
    """The earliest due ones, not locked."""
    due = [number for at, number in tx.view("ticket", "due", due_order) if at <= horizon]
    found = [tx.get("ticket", number) for number in sorted(due[:limit])]
    return [picker("doc")(row) for row in found if row is not None]


async def move_and_tell_or_nothing(tx: Transaction, *said: Any) -> Reply:
    """Tickets, their events ON CONFLICT DO NOTHING, and outbox rows."""
    *columns, shards, topic = said[:_TELLS]
    nothing: list[list[Any]] = [[] for _ in range(_TELLS - 1)]
    await move_tickets(tx, *nothing, topic, *said[_TELLS:])
    names = ("ticket", "seq", "at", "recorded_at", "type", "client", "cause", "body")
    for values in zip(*columns, strict=True):
        await tx.insert("event", dict(zip(names, values, strict=True)), or_nothing="")
    for shard, number, body in zip(shards, columns[0], columns[-1], strict=True):
        message = {"shard": shard, "topic": topic, "key": str(number), "body": body.encode()}
        await tx.insert("outbox", message)
    return f"INSERT 0 {len(shards)}"


async def insert_some_notices(tx: Transaction, *said: Any) -> list[dict]:
    """Some are left out."""
    columns, rest = said[:11], said[11:]
    rows = zip(*columns, strict=True)
    kept = [row for row in rows if (row[0] * 31 + row[1]) % 17]
    return await insert_notices(
        tx, *([list(one) for one in zip(*kept, strict=True)] or [[]] * 11), *rest
    )


async def settle_as_delivered(
    tx: Transaction, messages: Sequence[int], states: Sequence[str], reasons: Sequence[str]
) -> Reply:
    """Pending ones of a message end as delivered."""
    return await settle_notices(tx, messages, ["delivered"] * len(states), reasons)


async def settle_nothing(_tx: Transaction, *_said: Any) -> Reply:
    """Notices stay as they are."""
    return "UPDATE 0"
