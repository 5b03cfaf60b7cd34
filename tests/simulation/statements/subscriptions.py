"""Ending and resuming a subscription."""

import json

from notifier import subscriptions
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()


def _pending(row: dict) -> bool:
    return row["state"] == "pending"


def _failed(row: dict) -> bool:
    return row["state"] == "failed"


def _live(row: dict) -> bool:
    return row["disabled_at"] is None


def _under_way(tx: Transaction, row: dict) -> bool:
    attempt = tx.get("attempt", (row["id"], row["attempt"]))
    return row["attempt"] > 0 and (attempt is None or attempt["ended_at"] is None)


@here.answers(subscriptions, "DISABLE")
async def disable(tx: Transaction, name: str, why: str) -> Reply:
    """Disabled now, unless it was."""
    row = tx.get("subscription", name)
    if row is None or not _live(row):
        return "UPDATE 0"
    end = {"disabled_at": tx.clock(), "why": why}
    done = await tx.update("subscription", name, end, still=_live)
    return f"UPDATE {int(done is not None)}"


@here.answers(subscriptions, "FAIL_WAITING")
async def fail_waiting(tx: Transaction, name: str, reason: str, limit: int) -> Reply:
    """What waits for it fails, except what others hold or send; its notices with it."""
    waiting = [
        row["id"]
        for row in tx.find("message", "address", ("webhook", name))
        if _pending(row) and not _under_way(tx, row)
    ]
    locked: list[int] = []
    for number in sorted(waiting):
        if len(locked) == limit:
            break
        if tx.try_lock("message", number):
            locked.append(number)
    notices = [
        row["id"]
        for number in locked
        for row in tx.find("notice", "message", number)
        if _pending(row)
    ]
    end = {"state": "failed", "reason": reason, "settled_at": tx.clock()}
    for number in locked:
        await tx.update("message", number, end)
    changed = 0
    for number in notices:
        changed += await tx.update("notice", number, end, still=_pending) is not None
    return f"UPDATE {changed}"


@here.answers(subscriptions, "ENABLE")
async def enable(tx: Transaction, name: str) -> Reply:
    """Live again."""
    if tx.get("subscription", name) is None:
        return "UPDATE 0"
    done = await tx.update("subscription", name, {"disabled_at": None, "why": ""})
    return f"UPDATE {int(done is not None)}"


@here.answers(subscriptions, "SEND_MISSED")
async def send_missed(tx: Transaction, name: str, began: str, limit: int) -> Reply:
    """What failed because it was disabled is pending again; how many."""

    def missed(row: dict) -> bool:
        return _failed(row) and row["reason"].startswith(began)

    rows = tx.find("message", "address", ("webhook", name))
    ids = sorted(row["id"] for row in rows if missed(row))
    notices = {
        number: [row["id"] for row in tx.find("notice", "message", number) if _failed(row)]
        for number in ids
    }
    locked = [row["id"] for row in await tx.lock_rows("message", ids[:limit], still=missed)]
    fresh = {"state": "pending", "reason": "", "settled_at": None}
    for number in locked:
        again = {**fresh, "due_at": tx.clock()}
        await tx.update(
            "message",
            number,
            lambda row, again=again: {**again, "content": _spent(row["content"], row["attempt"])},
        )
        for notice in notices[number]:
            await tx.update("notice", notice, fresh, still=_failed)
    return [shape("count")((len(locked),))]


def _spent(content: str, attempts: int) -> str:
    """The content with what the attempts so far are worth; keys in the order jsonb gives them."""
    said = {**json.loads(content), "spent": attempts}
    ordered = dict(sorted(said.items(), key=lambda pair: (len(pair[0].encode()), pair[0])))
    return json.dumps(ordered, ensure_ascii=False)
