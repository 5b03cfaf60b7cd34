"""What has been kept long enough goes: whole months, rows of stragglers, loose alerts, archives."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from tierline.domain.retention_rules import RetentionRules
from tierline.store.archive.files import forget
from tierline.store.archive.limits import ALERTS_AT_ONCE, STRAGGLERS_AFTER, TICKETS_AT_ONCE
from tierline.store.database import Database
from tierline.store.months import KEEPING, TRY_KEEPING
from tierline.store.tickets import Connection, policy_now

OVER = """
SELECT first, until, ends, thinned FROM (
    SELECT m.*, (SELECT min(n.begins) FROM tierline.month n WHERE n.kind = m.kind
        AND n.first > m.first AND n.begins > m.begins) AS ends
    FROM tierline.month m WHERE m.kind = $1 AND m.dropped_at IS NULL
) AS months
WHERE ends IS NOT NULL ORDER BY first
"""
"""Months that are over: a later one has begun. ends: the first day that is not theirs."""


@dataclass(frozen=True, slots=True)
class Over:
    """A month that is over, and its numbers."""

    first: int
    until: int
    ends: date
    thinned: bool

    @property
    def ended_at(self) -> datetime:
        """The instant it ended (UTC)."""
        return datetime.combine(self.ends, time(), UTC)


async def months_over(connection: Connection, kind: str) -> list[Over]:
    """The months of `kind` that are over and not dropped, in order."""
    return [Over(**dict(row)) for row in await connection.fetch(OVER, kind)]


SOME_LEFT = "SELECT EXISTS (SELECT FROM tierline.ticket WHERE id >= $1 AND id < $2)"
SOME_ARCHIVED = "SELECT EXISTS (SELECT FROM tierline.archived WHERE ticket >= $1 AND ticket < $2)"
DROP_MONTH = "SELECT tierline.drop_month($1, $2)"
ROWS_GONE = (
    "UPDATE tierline.archived SET rows_gone = true"
    " WHERE ticket >= $1 AND ticket < $2 AND NOT rows_gone"
)
STRAGGLERS = (
    "SELECT ticket FROM tierline.archived"
    " WHERE ticket >= $1 AND ticket < $2 AND NOT rows_gone AND restored_at IS NULL"
    " ORDER BY ticket LIMIT $3 FOR UPDATE"
)
DELETE_ROWS = """
WITH events AS (
    DELETE FROM tierline.event WHERE ticket = ANY($1::bigint[])
), notices AS (
    DELETE FROM tierline.notice WHERE ticket = ANY($1::bigint[])
)
UPDATE tierline.archived SET rows_gone = true WHERE ticket = ANY($1::bigint[])
"""


async def drop_tickets(db: Database, rules: RetentionRules) -> list[int]:
    """Drop each month all of whose tickets are archived; returns the first numbers of those.

    Where tickets stay for long (a problem that is open for years), what is archived of their month
    is deleted by row.
    """
    if rules.closed_tickets is None:
        return []
    dropped = []
    async with db.connection() as connection:
        now = await policy_now(connection)
        months = await months_over(connection, "ticket")
    for month in months:
        async with db.transaction() as connection:
            if not await connection.fetchval(TRY_KEEPING, KEEPING):
                continue  # another replica is at it, or somebody brings a ticket back
            if not await connection.fetchval(SOME_ARCHIVED, month.first, month.until):
                continue
            if not await connection.fetchval(SOME_LEFT, month.first, month.until):
                await connection.execute(DROP_MONTH, "ticket", month.first)
                await connection.execute(ROWS_GONE, month.first, month.until)
                dropped.append(month.first)
            elif month.ended_at + STRAGGLERS_AFTER < rules.closed_tickets.before(now):
                await _delete_rows(connection, month)
    return dropped


async def _delete_rows(connection: Connection, month: Over) -> None:
    rows = await connection.fetch(STRAGGLERS, month.first, month.until, TICKETS_AT_ONCE)
    if rows:
        await connection.execute(DELETE_ROWS, [row["ticket"] for row in rows])


THIN = (
    "DELETE FROM tierline.alert WHERE id >= $1 AND id < $2 AND ticket IS NULL"
    " AND outcome IS NOT NULL AND accepted_at < $3"
)
THINNED = "UPDATE tierline.month SET thinned = true WHERE kind = 'alert' AND first = $1"
FIRST_ALERT = "SELECT min(id) FROM tierline.alert WHERE id >= $1 AND id < $2"
WANTED = """
SELECT EXISTS (
    SELECT FROM tierline.alert a WHERE a.id >= $1 AND a.id < $2 AND (
        a.outcome IS NULL OR (a.ticket IS NULL AND (a.accepted_at >= $3) IS NOT FALSE)
        OR EXISTS (SELECT FROM tierline.ticket t WHERE t.id = a.ticket)))
"""
"""Whether an alert of that stretch is still wanted: waits, is too young, or its ticket is here."""


async def drop_alerts(db: Database, rules: RetentionRules) -> list[int]:
    """Drop loose alerts that are old enough, and months no alert of which is wanted any more."""
    dropped = []
    async with db.connection() as connection:
        now = await policy_now(connection)
        months = await months_over(connection, "alert")
        until = None if rules.loose_alerts is None else rules.loose_alerts.before(now)
        for month in months:
            if until is not None and month.ended_at <= until and not month.thinned:
                for first, last in await _stretches(connection, month):
                    await connection.execute(THIN, first, last, until)
                await connection.execute(THINNED, month.first)
    if rules.closed_tickets is None and rules.loose_alerts is None:
        return []
    for month in months:
        async with db.transaction() as connection:
            if not await connection.fetchval(TRY_KEEPING, KEEPING):
                continue
            if not await _wanted(connection, month, until):
                await connection.execute(DROP_MONTH, "alert", month.first)
                dropped.append(month.first)
    return dropped


async def _stretches(connection: Connection, month: Over) -> list[tuple[int, int]]:
    first = await connection.fetchval(FIRST_ALERT, month.first, month.until)
    if first is None:
        return []
    steps = range(first, month.until, ALERTS_AT_ONCE)
    return [(step, min(step + ALERTS_AT_ONCE, month.until)) for step in steps]


async def _wanted(connection: Connection, month: Over, until: datetime | None) -> bool:
    for first, last in await _stretches(connection, month):
        if await connection.fetchval(WANTED, first, last, until):
            return True
    return False


OLD_ARCHIVES = "SELECT name FROM tierline.archive WHERE dropped_at IS NULL AND closed_until < $1"
FORGET = "DELETE FROM tierline.archived WHERE archive = $1 AND restored_at IS NULL"
STILL_NAMED = "SELECT EXISTS (SELECT FROM tierline.archived WHERE archive = $1)"
ARCHIVE_DROPPED = "UPDATE tierline.archive SET dropped_at = clock_timestamp() WHERE name = $1"
TO_UNLINK = "SELECT name FROM tierline.archive WHERE dropped_at IS NOT NULL"


async def drop_archives(db: Database, rules: RetentionRules, folder: Path) -> list[str]:
    """Drop archives that are old enough, and what remains of their tickets; returns their names.

    First the database forgets them, then the files go; one that was left goes with the next call.
    """
    if rules.archives is not None:
        async with db.connection() as connection:
            before = rules.archives.before(await policy_now(connection))
            old = [row["name"] for row in await connection.fetch(OLD_ARCHIVES, before)]
        for name in old:
            async with db.transaction() as connection:
                await connection.execute(FORGET, name)
                if not await connection.fetchval(STILL_NAMED, name):
                    await connection.execute(ARCHIVE_DROPPED, name)
    async with db.connection() as connection:
        gone = [row["name"] for row in await connection.fetch(TO_UNLINK)]
    return [name for name in gone if await asyncio.to_thread(forget, folder, name)]
