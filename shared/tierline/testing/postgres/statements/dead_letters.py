"""What could not be processed."""

from tierline.store import dead_letters
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()


@here.answers(dead_letters, "BURY")
async def bury(tx: Transaction, source: str, key: str, body: bytes, reason: str) -> Reply:
    """One dead letter."""
    letter = {"source": source, "key": key, "body": body, "reason": reason}
    await tx.insert("dead_letter", letter)
    return "INSERT 0 1"


@here.answers(dead_letters, "BURIED")
async def buried(tx: Transaction, source: str, key: str, reason: str) -> Reply:
    """One row where such a letter lies there and was not replayed."""
    there = any(
        (row["source"], row["key"], row["reason"]) == (source, key, reason)
        and row["replayed_at"] is None
        for row in tx.rows("dead_letter")
    )
    return [shape("?column?")((True,))] if there else []
