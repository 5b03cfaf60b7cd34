"""The router's commands, and dead letters that it sends on their way again."""

from collections.abc import Sequence
from datetime import timedelta

from router import commands, policy_clock, replay
from tierline.domain.seeing import marked
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import picker, shape
from tierline.testing.postgres.transaction import Transaction, policy_time

here = Registry()

_one = shape("?column?")
_id = picker("id")
_client = picker("client")
_letter = picker("source", "key", "body", "replayed_at")
_outbox = ("shard", "topic", "key", "body")


@here.answers(commands, "CLIENT_OF")
async def client_of(tx: Transaction, sight: Sequence[str], number: int) -> Reply:
    """The ticket's client, where the sight holds it, and a key if it is restricted."""
    row, restricted = tx.get("ticket", number), tx.get("restricted", number)
    if row is None or not {marked("every client"), row["client"]} & set(sight):
        return []
    hidden = restricted is not None and set(restricted["keys"]).isdisjoint(sight)
    return [] if hidden else [_client(row)]


@here.answers(commands, "LOCK_PROBLEM")
async def lock_problem(tx: Transaction, number: int) -> Reply:
    """The problem of a ticket, locked."""
    ticket = tx.get("ticket", number)
    pair = (ticket["client"], ticket["problem_key"]) if ticket else None
    if pair is None or tx.get("problem", pair) is None:
        return []
    return [_one((1,)) for _ in await tx.lock_rows("problem", [pair])]


@here.answers(commands, "POINT_PROBLEM")
async def point_problem(tx: Transaction, client: str, key: str, ticket: int) -> Reply:
    """The problem's open ticket."""
    if tx.get("problem", (client, key)) is None:
        return "UPDATE 0"
    done = await tx.update("problem", (client, key), {"ticket": ticket})
    return f"UPDATE {int(done is not None)}"


@here.answers(commands, "OPEN_ELSEWHERE")
async def open_elsewhere(tx: Transaction, number: int) -> Reply:
    """Another ticket that is not closed, of the same client and problem key."""
    ticket = tx.get("ticket", number)
    if ticket is None:
        return []
    same = (ticket["client"], ticket["problem_key"])
    return [
        _id(row)
        for row in tx.rows("ticket")
        if (row["client"], row["problem_key"]) == same
        and row["id"] != number
        and row["state"] != "closed"
    ]


@here.answers(policy_clock, "READ_CLOCK")
async def read_clock(tx: Transaction) -> Reply:
    """Policy time, real time, and how one is made of the other."""
    clock = shape("now", "real", "speed", "held", "changes")
    return [
        clock((tx.policy_now(), tx.clock(), row["speed"], row["held"], row["changed"]))
        for row in tx.rows("policy_clock")
    ]


@here.answers(policy_clock, "LOCK_CLOCK")
async def lock_clock(tx: Transaction) -> Reply:
    """The clock's row, locked."""
    return [_one((1,)) for _ in await tx.lock_rows("policy_clock", [True])]


@here.answers(policy_clock, "MOVE_CLOCK")
async def move_clock(
    tx: Transaction, speed: float | None, jump_s: float | None, held: bool | None, slack_s: float
) -> Reply:
    """Another speed, a jump, a hold; a change that slows it down takes hold a little ahead."""
    seen = tx.get("policy_clock", True)
    slower = not seen["held"] and (
        (seen["speed"] if speed is None else speed) < seen["speed"]
        or bool(seen["held"] if held is None else held)
    )
    at = tx.clock() + timedelta(seconds=slack_s if slower else 0)

    def changed(row):
        return {
            "real_anchor": at,
            "speed": row["speed"] if speed is None else speed,
            "held": row["held"] if held is None else held,
            "anchor": policy_time(row, at) + timedelta(seconds=jump_s or 0),
            "changed": row["changed"] + 1,
        }

    await tx.update("policy_clock", True, changed)
    return "UPDATE 1"


@here.answers(replay, "LOCK_LETTER")
async def lock_letter(tx: Transaction, number: int) -> Reply:
    """A dead letter, locked."""
    if tx.get("dead_letter", number) is None:
        return []
    return [_letter(row) for row in await tx.lock_rows("dead_letter", [number])]


@here.answers(replay, "MARK_REPLAYED")
async def mark_replayed(tx: Transaction, number: int) -> Reply:
    """It was sent on its way."""
    if tx.get("dead_letter", number) is None:
        return "UPDATE 0"
    done = await tx.update("dead_letter", number, {"replayed_at": tx.clock()})
    return f"UPDATE {int(done is not None)}"


def _set_aside(alert: dict) -> bool:
    return alert["outcome"] == "dead letter"


@here.answers(replay, "TAKE_OUTCOME_BACK")
async def take_outcome_back(tx: Transaction, number: int) -> Reply:
    """The alert waits again."""
    row = tx.get("alert", number)
    if row is None or not _set_aside(row):
        return "UPDATE 0"
    none = {"outcome": None, "handled_at": None}
    done = await tx.update("alert", number, none, still=_set_aside)
    return f"UPDATE {int(done is not None)}"


@here.answers(replay, "REACT_AGAIN")
async def react_again(tx: Transaction, number: int) -> Reply:
    """The reaction waits again."""
    row = tx.get("reaction", number)
    if row is None or row["state"] != "failed":
        return "UPDATE 0"
    waits = {"state": "pending", "reason": "", "settled_at": None}
    done = await tx.update(
        "reaction", number, waits, still=lambda newest: newest["state"] == "failed"
    )
    return f"UPDATE {int(done is not None)}"


@here.answers(replay, "UNSEE")
async def unsee(tx: Transaction, consumer: str, ticket: int, seq: int) -> Reply:
    """The consumer has seen no more than this."""
    if tx.get("progress", (consumer, ticket)) is None:
        return "UPDATE 0"
    done = await tx.update(
        "progress", (consumer, ticket), lambda row: {"seq": min(row["seq"], seq)}
    )
    return f"UPDATE {int(done is not None)}"


@here.answers(replay, "SEND_AGAIN")
async def send_again(tx: Transaction, *values: object) -> Reply:
    """One outbox row."""
    await tx.insert("outbox", dict(zip(_outbox, values, strict=True)))
    return "INSERT 0 1"
