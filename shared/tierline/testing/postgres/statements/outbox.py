"""The outbox, as the relay empties it."""

from collections.abc import Sequence

from tierline.bus import relay
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import Record, picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_message = picker("id", "topic", "key", "body")


@here.answers(relay, "TAKE_SHARDS")
async def take_shards(tx: Transaction, shards: int, space: int, limit: int) -> Reply:
    """Up to `limit` shards that have rows, locked, in random order."""
    waiting = [shard for shard in range(shards) if tx.find("outbox", "shard", shard)]
    tx.shuffle(waiting)
    taken: list[int] = []
    for shard in waiting:
        if len(taken) == limit:
            break
        if tx.try_advisory(space, shard):
            taken.append(shard)
    row = shape("s")
    return [row((shard,)) for shard in taken]


@here.answers(relay, "OUTBOX_ROWS")
async def outbox_rows(tx: Transaction, shards: Sequence[int], limit: int) -> Reply:
    """The oldest rows of each of those shards, in order of id."""
    found: list[Record] = []
    for shard in shards:
        rows = sorted(tx.find("outbox", "shard", shard), key=lambda row: row["id"])
        found.extend(_message(row) for row in rows[:limit])
    return found


@here.answers(relay, "FORGET_SENT")
async def forget_sent(tx: Transaction, ids: Sequence[int]) -> Reply:
    """Delete rows."""
    there = [one for one in ids if tx.get("outbox", one) is not None]
    gone = [await tx.delete("outbox", one) for one in there]
    return f"DELETE {sum(gone)}"


@here.answers(relay, "BURY_REFUSED")
async def bury_refused(tx: Transaction, ids: Sequence[int], reasons: Sequence[str]) -> Reply:
    """Rows become dead letters, whole."""
    buried = 0
    for number, reason in zip(ids, reasons, strict=True):
        row = tx.get("outbox", number)
        if row is not None:
            letter = {
                "source": f"outbox:{row['topic']}",
                "key": row["key"],
                "body": row["body"],
                "reason": reason,
            }
            await tx.insert("dead_letter", letter)
            buried += 1
    return f"INSERT 0 {buried}"
