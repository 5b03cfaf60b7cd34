"""Outcomes of sends as they are recorded."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from notifier import plain, record
from tierline.testing.postgres.registry import Answer, Registry, Reply
from tierline.testing.postgres.rows import picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_live = shape("name", "live")
_became = shape("id", "what")
_id = picker("id")


def _pending(row: dict) -> bool:
    return row["state"] == "pending"


@here.answers(record, "LOCK_SUBSCRIPTIONS")
async def lock_subscriptions(tx: Transaction, names: Sequence[str]) -> Reply:
    """Those that exist, and whether they are live; shared, in order of name."""
    there = [name for name in sorted(set(names)) if tx.get("subscription", name) is not None]
    rows = await tx.lock_rows("subscription", there, share=True)
    return [_live((row["name"], row["disabled_at"] is None)) for row in rows]


@here.answers(record, "SETTLE_MESSAGES")
async def settle_messages(
    tx: Transaction,
    ids: Sequence[int],
    attempts: Sequence[int],
    states: Sequence[str],
    proofs: Sequence[str],
    reasons: Sequence[str],
    waits_s: Sequence[float],
) -> Reply:
    """The outcome, where the attempt is still the latest."""
    settled = []
    said = zip(ids, attempts, states, proofs, reasons, waits_s, strict=True)
    for number, attempt, state, proof, reason, wait_s in said:

        def ours(row: dict, attempt: int = attempt) -> bool:
            return row["attempt"] == attempt and _pending(row)

        row = tx.get("message", number)
        if row is None or not ours(row):
            continue
        outcome = {
            "state": state,
            "proof": proof,
            "reason": reason,
            "due_at": tx.clock() + timedelta(seconds=wait_s),
            "settled_at": None if state == "pending" else tx.clock(),
        }
        done = await tx.update("message", number, outcome, still=ours)
        if done is not None:
            settled.append(_id(done))
    return settled


@here.answers(record, "END_ATTEMPTS")
async def end_attempts(
    tx: Transaction,
    messages: Sequence[int],
    numbers: Sequence[int],
    outcomes: Sequence[str],
    details: Sequence[str],
) -> Reply:
    """What became of each attempt that has no end yet, or was only taken for lost."""
    changed = 0
    said = zip(messages, numbers, outcomes, details, strict=True)
    for message, number, outcome, detail in said:
        row = tx.get("attempt", (message, number))
        if row is not None and _endless(row):
            end = {"ended_at": tx.clock(), "outcome": outcome, "detail": detail}
            done = await tx.update("attempt", (message, number), end, still=_endless)
            changed += done is not None
    return f"UPDATE {changed}"


def _endless(row: dict) -> bool:
    return row["ended_at"] is None or row["outcome"] == "lost"


@here.answers(record, "DROP_NOTICES")
async def drop_notices(tx: Transaction, ids: Sequence[int], reasons: Sequence[str]) -> Reply:
    """Pending ones are superseded."""
    changed = 0
    for number, reason in zip(ids, reasons, strict=True):
        row = tx.get("notice", number)
        if row is not None and _pending(row):
            end = {"state": "superseded", "reason": reason, "settled_at": tx.clock()}
            changed += await tx.update("notice", number, end, still=_pending) is not None
    return f"UPDATE {changed}"


@here.answers(record, "SETTLE_NOTICES")
async def settle_notices(
    tx: Transaction, messages: Sequence[int], states: Sequence[str], reasons: Sequence[str]
) -> Reply:
    """Pending ones of a message end as it did."""
    changed = 0
    for message, state, reason in zip(messages, states, reasons, strict=True):
        for row in [one for one in tx.find("notice", "message", message) if _pending(one)]:
            end = {"state": state, "reason": reason, "settled_at": tx.clock()}
            changed += await tx.update("notice", row["id"], end, still=_pending) is not None
    return f"UPDATE {changed}"


def _failed(row: dict) -> bool:
    return row["state"] == "failed"


@here.answers(record, "NOTE_STAND_INS")
async def note_stand_ins(tx: Transaction, messages: Sequence[int], added: Sequence[str]) -> Reply:
    """Failed ones say what became of the message that stood in."""
    changed = 0
    for message, more in zip(messages, added, strict=True):
        for row in [one for one in tx.find("notice", "message", message) if _failed(one)]:
            done = await tx.update(
                "notice",
                row["id"],
                lambda newest, more=more: {"reason": newest["reason"] + more},
                still=_failed,
            )
            changed += done is not None
    return f"UPDATE {changed}"


@here.answers(record, "NEXT_IN_LINE")
async def next_in_line(tx: Transaction, lines: Sequence[str]) -> Reply:
    """The first pending message of each line has its turn, unless it is under way."""
    firsts = [_first_of(tx, line) for line in sorted(set(lines))]
    changed = 0
    for number in firsts:
        if number and not _under_way(tx, number):
            changed += await tx.update("message", number, _its_turn, still=_pending) is not None
    return f"UPDATE {changed}"


def _its_turn(row: dict) -> dict:
    return {"due_at": row["created_at"]}


def _first_of(tx: Transaction, line: str) -> int:
    """The first pending message of a line, 0 where there is none."""
    return min((row["id"] for row in tx.find("message", "line", line)), default=0)


def _under_way(tx: Transaction, number: int) -> bool:
    message = tx.get("message", number)
    attempt = message and tx.get("attempt", (number, message["attempt"]))
    return bool(attempt) and attempt["ended_at"] is None


def _waited(row: dict) -> bool:
    return _pending(row) and row["attempt"] == 0


@here.answers(record, "CLAIM_NEXT")
async def claim_next(tx: Transaction, ids: Sequence[int], lease_s: float) -> Reply:
    """Those never sent before with nothing pending ahead of them in their line."""
    found = [tx.get("message", number) for number in sorted(set(ids))]
    free = [
        row["id"]
        for row in found
        if row is not None
        and _waited(row)
        and (not row["line"] or _first_of(tx, row["line"]) == row["id"])
    ]
    taken = await tx.lock_rows("message", free, still=_waited)
    for row in taken:
        lease = {"attempt": 1, "due_at": tx.clock() + timedelta(seconds=lease_s)}
        await tx.update("message", row["id"], lease)
        await tx.insert("attempt", {"message": row["id"], "number": 1})
    return [_id(row) for row in taken]


class _Next(NamedTuple):
    """What comes after a message in its line, as it was when the statement began."""

    id: int
    attempt: int
    ours: bool


def recording(settle: Answer = settle_messages, tell: Answer = settle_notices) -> Answer:
    """The answer to RECORD_PLAIN, made of those to the statements that it stands for."""

    async def record_plain(tx: Transaction, *given: Any) -> Reply:
        ids, attempts, states, proofs, reasons, waits_s, outcomes, details, lates, behind, s = given
        over = [number for number, state in zip(ids, states, strict=True) if state != "pending"]
        follower = dict(zip(ids, behind, strict=True))
        following = {number: _after(tx, number, follower[number]) for number in over}
        rows = await settle(tx, ids, attempts, states, proofs, reasons, waits_s)
        settled = [row["id"] for row in rows]
        moved = [await _move(tx, following.get(number), s) for number in settled]
        latest = [number in settled for number in ids]
        said = [outcome if ours else "late" for outcome, ours in zip(outcomes, latest, strict=True)]
        detail = [d if ours else late for d, late, ours in zip(details, lates, latest, strict=True)]
        await end_attempts(tx, ids, attempts, said, detail)
        told = [n for n, number in enumerate(ids) if number in settled and number in over]
        columns = [[column[n] for n in told] for column in (ids, states, reasons)]
        await tell(tx, *columns)
        return [_became((number, "settled")) for number in settled] + [m for m in moved if m]

    return record_plain


here.answers(plain, "RECORD_PLAIN")(recording())


def _after(tx: Transaction, number: int, follower: int | None) -> _Next | None:
    message = tx.get("message", number)
    if message is None or not message["line"]:
        return None
    line = [row for row in tx.find("message", "line", message["line"]) if row["id"] != number]
    if not line:
        return None
    first = min(line, key=lambda row: row["id"])
    if _under_way(tx, first["id"]):
        return None
    ours = first["attempt"] == 0 and first["id"] == follower
    return _Next(first["id"], first["attempt"], ours)


async def _move(tx: Transaction, following: _Next | None, lease_s: float) -> Any:
    """Claimed where it is at hand, else due, unless somebody has taken it since."""
    if following is None:
        return None
    number, attempt, ours = following
    lease = {"attempt": 1, "due_at": tx.clock() + timedelta(seconds=lease_s)}
    done = await tx.update(
        "message",
        number,
        lease if ours else _its_turn,
        still=lambda row: _pending(row) and row["attempt"] == attempt,
    )
    if done is None:
        return None
    if ours:
        await tx.insert("attempt", {"message": number, "number": 1})
    return _became((number, "claimed" if ours else "due"))
