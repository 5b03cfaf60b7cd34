"""Months: blocks of numbers, each with its partitions; made ahead, begun in their turn.

Tickets are numbered in the order in which they are opened, alerts in that of their acceptance. A
month's are a block of numbers: at its turn numbers go on at the next block, and the few between
are left out. So a partition holds whole months, although its key is a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, Final

import structlog

from tierline.store.database import Database
from tierline.store.tickets import Connection, policy_now

log = structlog.get_logger(__name__)

AHEAD: Final = 3
"""Blocks that are there beyond the one numbers are drawn from."""

DRAWN_AT_ONCE: Final = 100_000
MOVED_MAX: Final = 10_000
"""Rows beyond every block that are moved into one which is made; of more the auditor tells."""

REST_BYTES_MAX: Final = 256 * 1024 * 1024
"""Of a table beyond every block. PostgreSQL reads all of it, under a lock, when a block is made."""

KEEPING: Final = 7_208_115
"""Advisory lock: one replica at a time keeps the months."""

SEQUENCES: Final = {"ticket": "tierline.ticket_number", "alert": "tierline.alert_id_seq"}
SMALLEST: Final = {"ticket": 1_000, "alert": 1_000_000}
"""The smallest block, and what all are multiples of."""


@dataclass(frozen=True, slots=True)
class Month:
    """A block of numbers, from `first` up to but not including `until`.

    `begins`: the month (its first day, policy time) in which they began to be drawn, None where
    none was; `since`: the last number drawn before that.
    """

    first: int
    until: int
    begins: date | None = None
    since: int = 0


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do: numbers drawn up to `draw_to`, blocks that begin, blocks that are made."""

    begin: tuple[Month, ...] = ()
    make: tuple[Month, ...] = ()
    draw_to: int = 0


def steps(months: Sequence[Month], last: int, today: date, smallest: int) -> Steps:
    """What is to be done about the blocks of one kind.

    Args:
        months: those that are there, in order; at least one.
        last: the last number drawn.
        today: by policy time.
        smallest: block.
    """
    month = today.replace(day=1)
    width = _width(months, last, smallest)
    now = max((n for n, one in enumerate(months) if one.begins or one.first <= last), default=0)
    make = [*_blocks(months[-1].until, width, AHEAD - (len(months) - 1 - now))]
    begin: list[Month] = []
    current, draw_to = months[now], 0
    if current.begins is None:
        # Of a block that numbers ran into by themselves, too: then a month has two.
        begin.append(replace(current, begins=month, since=last))
    elif current.begins < month and last == current.since:
        begin.append(replace(current, begins=month))
    elif current.begins < month:
        make = [*_blocks(months[-1].until, width, AHEAD + 1 - (len(months) - 1 - now))]
        following = [*months[now + 1 :], *make][0]
        draw_to = following.first - 1
        begin.append(replace(following, begins=month, since=max(last, draw_to)))
    return Steps(tuple(begin), tuple(make), draw_to)


def _width(months: Sequence[Month], last: int, smallest: int) -> int:
    """Twice the fullest month, so that few ever run into the next block."""
    since = [one.since for one in months if one.begins] + [last]
    fullest = max((after - before for before, after in pairwise(since)), default=0)
    return max(1, -(-2 * fullest // smallest)) * smallest


def _blocks(first: int, width: int, count: int) -> list[Month]:
    return [Month(first + n * width, first + (n + 1) * width) for n in range(max(0, count))]


REST: Final = {
    kind: f"SELECT count(*) FROM (SELECT FROM tierline.{table}_rest"
    f" WHERE {column} >= $1 AND {column} < $2 LIMIT $3) AS few"
    for kind, table, column in (("ticket", "event", "ticket"), ("alert", "alert", "id"))
}
REST_BYTES = (
    "SELECT coalesce(max(pg_table_size(format('tierline.%I', p.parent || '_rest')::regclass)), 0)"
    " FROM tierline.parted($1) AS p"
)
READ_MONTHS = (
    "SELECT first, until, begins, since FROM tierline.month"
    " WHERE kind = $1 AND dropped_at IS NULL ORDER BY first"
)
TRY_KEEPING = "SELECT pg_try_advisory_xact_lock($1)"
ADD_MONTH = "SELECT tierline.add_month($1, $2, $3)"
BEGIN_MONTH = "UPDATE tierline.month SET begins = $3, since = $4 WHERE kind = $1 AND first = $2"


async def keep_months(db: Database) -> None:
    """Make what is to be there ahead, and begin the month that has come.

    May be called by several at once, and as often as one likes: a month begins once. Raises one of
    REPLAYABLE where a lock was not to be had; the next call goes on.
    """
    for kind in SEQUENCES:
        async with db.connection() as connection:
            found = await _steps(connection, kind)
        for block in found.make:
            await _make(db, kind, block)
        async with db.transaction() as connection:
            if found.begin and await connection.fetchval(TRY_KEEPING, KEEPING):
                await _begin(connection, kind)


async def _months(connection: Connection, kind: str) -> list[Month]:
    return [Month(**dict(row)) for row in await connection.fetch(READ_MONTHS, kind)]


async def _steps(connection: Connection, kind: str) -> Steps:
    months = await _months(connection, kind)
    today = (await policy_now(connection)).date()
    return steps(months, await last_drawn(connection, kind), today, SMALLEST[kind])


async def last_drawn(connection: Connection, kind: str) -> int:
    """The last number drawn of that kind; one less than the first where none was."""
    row: Any = await connection.fetchrow(f"SELECT last_value, is_called FROM {SEQUENCES[kind]}")
    return int(row["last_value"]) - (not row["is_called"])


async def _draw(connection: Connection, kind: str, up_to: int) -> None:
    """Leave the numbers out up to that one. A sequence that was set might be set back."""
    while (left := up_to - await last_drawn(connection, kind)) > 0:
        await connection.fetchval(
            f"SELECT count(nextval('{SEQUENCES[kind]}')) FROM generate_series(1, $1::bigint)",
            min(left, DRAWN_AT_ONCE),
        )


async def _make(db: Database, kind: str, block: Month) -> None:
    async with db.transaction() as connection:
        if not await connection.fetchval(TRY_KEEPING, KEEPING):
            return
        if block.first != (await _months(connection, kind))[-1].until:
            return  # somebody else was faster, or is at the one before it
        if not await _can_be_made(connection, kind, block):
            log.error("no month made: too much lies beyond all months", kind=kind)
            return
        await connection.execute(ADD_MONTH, kind, block.first, block.until)
        log.info("month made", kind=kind, first=block.first, until=block.until)


async def _can_be_made(connection: Connection, kind: str, block: Month) -> bool:
    """Whether what lies beyond every block lets that one be made within a moment."""
    if await connection.fetchval(REST_BYTES, kind) > REST_BYTES_MAX:
        return False
    rows = await connection.fetchval(REST[kind], block.first, block.until, MOVED_MAX + 1)
    return bool(rows <= MOVED_MAX)


async def _begin(connection: Connection, kind: str) -> None:
    """Judged anew under the lock, so that no two replicas leave numbers out for one month."""
    found = await _steps(connection, kind)
    made = {month.first for month in await _months(connection, kind)}
    for month in found.begin:
        if month.first not in made:
            return  # it could not be made
        await _draw(connection, kind, found.draw_to)
        since = await last_drawn(connection, kind)
        await connection.execute(BEGIN_MONTH, kind, month.first, month.begins, since)
        log.info("month begun", kind=kind, month=str(month.begins), first=month.first)
