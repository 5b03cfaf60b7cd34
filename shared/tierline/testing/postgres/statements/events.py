"""Events read back, and what consumers have seen of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tierline.store import events
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import Stored, picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_body = picker("body")
_seen = picker("ticket", "seq")
_told = picker("ticket", "seq", "body")


def _of(tx: Transaction, ticket: int, after: int, before: int | None = None) -> list[Stored]:
    """A ticket's events with seq above `after` (and below `before`), in order."""
    found = [
        row
        for row in tx.find("event", "ticket", ticket)
        if row["seq"] > after and (before is None or row["seq"] < before)
    ]
    return sorted(found, key=lambda row: row["seq"])


@here.answers(events, "TIMELINE")
async def timeline(tx: Transaction, number: int, after: int, limit: int) -> Reply:
    """A ticket's bodies after a seq, in order."""
    return [_body(row) for row in _of(tx, number, after)[:limit]]


@here.answers(events, "MAKE_PROGRESS")
async def make_progress(tx: Transaction, consumer: str, tickets: Sequence[int]) -> Reply:
    """The rows that were not there, at seq 0."""
    made = []
    for ticket in sorted(tickets):
        values = {"consumer": consumer, "ticket": ticket, "seq": 0}
        row = await tx.insert("progress", values, or_nothing="")
        if row is not None:
            made.append(_seen(row))
    return made


@here.answers(events, "LOCK_PROGRESS")
async def lock_progress(tx: Transaction, consumer: str, tickets: Sequence[int]) -> Reply:
    """Those that exist, locked in order of ticket."""
    keys = [(consumer, ticket) for ticket in sorted(set(tickets))]
    there = [key for key in keys if tx.get("progress", key) is not None]
    return [_seen(row) for row in await tx.lock_rows("progress", there)]


@here.answers(events, "SAVE_PROGRESS")
async def save_progress(
    tx: Transaction, consumer: str, tickets: Sequence[int], seqs: Sequence[int]
) -> Reply:
    """The last seq seen, never backwards."""
    changed = 0
    for ticket, seq in zip(tickets, seqs, strict=True):
        row = tx.get("progress", (consumer, ticket))
        if row is not None and row["seq"] < seq:
            saved = await tx.update(
                "progress",
                (consumer, ticket),
                {"seq": seq},
                still=lambda newest, seq=seq: newest["seq"] < seq,  # type: ignore[misc]
            )
            changed += saved is not None
    return f"UPDATE {changed}"


@here.answers(events, "MISSING")
async def missing(
    tx: Transaction,
    tickets: Sequence[int],
    afters: Sequence[int],
    befores: Sequence[int],
    limit: int,
) -> Reply:
    """Events inside the ranges, in order of ticket and seq."""
    ranges = zip(tickets, afters, befores, strict=True)
    found = [row for one in ranges for row in _of(tx, *one)]
    found.sort(key=lambda row: (row["ticket"], row["seq"]))
    return [_told(row) for row in found[:limit]]


def _changed_order(rows: Iterable[Stored]) -> list[tuple[datetime, int, int]]:
    return sorted((row["changed_at"], row["id"], row["seq"]) for row in rows)


@here.answers(events, "CLEAN_SINCE")
async def clean_since(tx: Transaction, consumer: str) -> Reply:
    """How long ago the consumer was last found to have seen everything."""
    row = tx.get("sweep", consumer)
    if row is None:
        return []
    return [shape("age_s")(((tx.clock() - row["clean_until"]).total_seconds(),))]


@here.answers(events, "SAVE_CLEAN")
async def save_clean(tx: Transaction, consumer: str, began_s: float) -> Reply:
    """Forward only."""
    until = tx.clock() - timedelta(seconds=began_s)
    row = {"consumer": consumer, "clean_until": until}
    if await tx.insert("sweep", row, or_nothing="") is None:
        await tx.update(
            "sweep",
            consumer,
            lambda newest: {"clean_until": max(newest["clean_until"], until)},
        )
    return "INSERT 0 1"


@here.answers(events, "BEHIND")
async def behind(
    tx: Transaction, consumer: str, older_than_s: float, within_s: float | None, limit: int
) -> Reply:
    """Tickets whose seq is ahead of the consumer for a while, the longest unchanged first."""
    row = shape("id", "seen", "seq")
    latest = tx.now - timedelta(seconds=older_than_s)
    earliest = None if within_s is None else tx.now - timedelta(seconds=within_s)
    found: list[Any] = []
    for changed_at, number, seq in tx.view("ticket", "changed", _changed_order):
        if changed_at >= latest or len(found) == limit:
            break
        if earliest is not None and changed_at < earliest:
            continue
        progress = tx.get("progress", (consumer, number))
        seen = progress["seq"] if progress else 0
        if seq > seen:
            found.append(row((number, seen, seq)))
    return found
