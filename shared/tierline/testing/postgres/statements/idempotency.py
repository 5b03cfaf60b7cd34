"""Commands by their Idempotency-Key."""

from datetime import timedelta

from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import picker, shape
from tierline.testing.postgres.transaction import Transaction
from tierline.web import idempotency

here = Registry()

_earlier = picker("digest", "answer")


@here.answers(idempotency, "CLAIM_KEY")
async def claim_key(tx: Transaction, asker: str, key: str, digest: str) -> Reply:
    """One row where the key was free; waits for who is claiming it."""
    values = {"asker": asker, "key": key, "digest": digest, "status": 0, "answer": "null"}
    row = await tx.insert("command", values, or_nothing="")
    return [] if row is None else [shape("?column?")((True,))]


@here.answers(idempotency, "KEEP_ANSWER")
async def keep_answer(tx: Transaction, asker: str, key: str, status: int, answer: str) -> Reply:
    """The answer under the key."""
    if tx.get("command", (asker, key)) is None:
        return "UPDATE 0"
    kept = await tx.update("command", (asker, key), {"status": status, "answer": answer})
    return f"UPDATE {int(kept is not None)}"


@here.answers(idempotency, "EARLIER_ANSWER")
async def earlier_answer(tx: Transaction, asker: str, key: str) -> Reply:
    """The answer given before."""
    row = tx.get("command", (asker, key))
    return [] if row is None else [_earlier(row)]


@here.answers(idempotency, "FORGET_ANSWERS")
async def forget_answers(tx: Transaction, older_than_s: float, limit: int) -> Reply:
    """Delete some that are old."""
    latest = tx.now - timedelta(seconds=older_than_s)
    old = [row for row in tx.rows("command") if row["created_at"] < latest][:limit]
    gone = [await tx.delete("command", (row["asker"], row["key"])) for row in old]
    return f"DELETE {sum(gone)}"
