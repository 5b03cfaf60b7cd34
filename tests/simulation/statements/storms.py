"""Storms: one that goes on a group, what was gathered in it, whether it is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from router.storms import store
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import Stored, picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_storm = picker("id", "grp", "first", "opened_at", "until", "over_at")
_opened = shape("id", "grp", "until", "opened")
_member = shape("storm", "to_grp", "decided", "doc")


def _goes_on(tx: Transaction, group: str) -> Stored | None:
    rows = [row for row in tx.rows("storm") if row["grp"] == group and row["over_at"] is None]
    return rows[0] if rows else None


@here.answers(store, "END_STORMS")
async def end_storms(tx: Transaction, groups: Sequence[str], now: datetime) -> Reply:
    """Those of the groups whose time has run out are over."""
    ended = 0
    for row in sorted(tx.rows("storm"), key=lambda row: int(row["id"])):
        if row["grp"] in groups and _ran_out(row, now):
            over = {"over_at": row["until"]}
            done = await tx.update("storm", row["id"], over, still=lambda it: _ran_out(it, now))
            ended += done is not None
    return f"UPDATE {ended}"


def _ran_out(row: Stored, now: datetime) -> bool:
    return bool(row["over_at"] is None and row["until"] <= now)


@here.answers(store, "OPEN_STORMS")
async def open_storms(
    tx: Transaction,
    now: datetime,
    groups: Sequence[str],
    firsts: Sequence[int],
    untils: Sequence[datetime],
) -> Reply:
    """The one of each group that goes on, opened where there is none."""
    found = []
    for group, first, until in sorted(zip(groups, firsts, untils, strict=True)):
        row: Stored | None = None
        opened = False
        while row is None:
            values = {"grp": group, "first": first, "opened_at": now, "until": until}
            row = await tx.insert("storm", values, or_nothing="storm_open")
            opened = row is not None
            if row is None and (there := _goes_on(tx, group)) is not None:
                row = await tx.update("storm", there["id"], {"grp": group}, still=_open)
        found.append(_opened((row["id"], group, row["until"], opened)))
    return found


def _open(row: Stored) -> bool:
    return bool(row["over_at"] is None)


@here.answers(store, "JOIN_STORMS")
async def join_storms(tx: Transaction, *columns: Sequence[Any]) -> Reply:
    """Each is of its storm; again, with its newest event."""
    for storm, ticket, seq, to_group in zip(*columns, strict=True):
        said = {"storm": storm, "ticket": ticket, "seq": seq, "to_grp": to_group}
        if await tx.insert("storm_ticket", said, or_nothing="storm_ticket_pkey") is None:
            again = {"seq": seq, "to_grp": to_group, "decided": False}
            await tx.update("storm_ticket", (storm, ticket), again)
    return f"INSERT 0 {len(columns[0])}"


@here.answers(store, "READ_STORMS")
async def read_storms(tx: Transaction, numbers: Sequence[int]) -> Reply:
    """Those that exist, the newest first."""
    rows = (tx.get("storm", number) for number in sorted(set(numbers), reverse=True))
    return [_storm(row) for row in rows if row is not None]


@here.answers(store, "STORM_TICKETS")
async def storm_tickets(tx: Transaction, storms: Sequence[int], limit: int) -> Reply:
    """What was gathered, with each ticket as it stands."""
    rows = [row for row in tx.rows("storm_ticket") if row["storm"] in storms]
    found = []
    for row in sorted(rows, key=lambda row: (row["storm"], row["decided"], row["ticket"])):
        ticket = tx.get("ticket", row["ticket"])
        if ticket is not None:
            of = (row["storm"], row["to_grp"], row["decided"], ticket["doc"])
            found.append(_member(of))
    return found[:limit]
