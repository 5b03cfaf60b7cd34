"""A file of tickets: written from the database, then taken out of it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tierline.store.archive.choosing import Candidate
from tierline.store.archive.files import TICKET, Manifest, Writer
from tierline.store.archive.limits import FILE_BYTES_MAX, FILE_TICKETS_MAX, ROWS_A_PAGE
from tierline.store.database import Database
from tierline.store.tickets import Connection

TICKET_ROW = (
    "SELECT row_to_json(t)::text AS row, 0::bigint AS key FROM tierline.ticket t WHERE id = $1"
)

BESIDE: Final = {
    kind: f"SELECT row_to_json(x)::text AS row, {key} AS key FROM tierline.{kind} x WHERE {of}"
    f" AND {key} > $2 ORDER BY {key} LIMIT $3"
    for kind, key, of in (
        ("event", "seq::bigint", "ticket = $1"),
        ("notice", "id", "ticket = $1"),
        (
            "message",
            "id",
            "id IN (SELECT n.message FROM tierline.notice n WHERE n.ticket = $1)",
        ),
        (
            "attempt",
            "message * 100000 + number",
            "message IN (SELECT n.message FROM tierline.notice n WHERE n.ticket = $1)",
        ),
        ("alert", "id", "ticket = $1"),
        ("training", "seq::bigint", "ticket = $1"),
    )
}
"""What belongs to a ticket, by the table it lies in, in pages by a key of its own."""

SCHEMA = "SELECT version_num FROM alembic_version"
NOTHING_YET = -1


async def write_file(
    connection: Connection, folder: Path, chosen: Sequence[Candidate]
) -> tuple[Manifest, list[Candidate]] | None:
    """Write as many of `chosen` as one file takes, in order, and read it back.

    Returns:
        The manifest, and the tickets that are in the file; None where none is there any more.

    Raises:
        ArchiveError: it cannot be written, or was not read as it was written.
    """
    schema = await connection.fetchval(SCHEMA)
    writer = await asyncio.to_thread(Writer, folder)
    taken: list[Candidate] = []
    try:
        for ticket in chosen[:FILE_TICKETS_MAX]:
            if writer.size >= FILE_BYTES_MAX:
                break
            if await _write_ticket(connection, writer, ticket.number):
                taken.append(ticket)
        if not taken:
            return None
        return await asyncio.to_thread(writer.finish, schema), taken
    finally:
        writer.drop()


async def _write_ticket(connection: Connection, writer: Writer, number: int) -> bool:
    own = await connection.fetch(TICKET_ROW, number)
    if not own:
        return False
    writer.begin(number)
    writer.write(TICKET, [row["row"] for row in own])
    for kind, sql in BESIDE.items():
        after = NOTHING_YET
        while rows := await connection.fetch(sql, number, after, ROWS_A_PAGE):
            await asyncio.to_thread(writer.write, kind, [row["row"] for row in rows])
            after = rows[-1]["key"]
    return True


LOCK_CLOSED = (
    "SELECT id, seq, changed_at FROM tierline.ticket"
    " WHERE id = ANY($1::bigint[]) AND state = 'closed' ORDER BY id FOR UPDATE"
)
KEEP_ARCHIVE = """
INSERT INTO tierline.archive (name, sha256, tickets, lines, bytes, closed_until, recorded_until, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, tierline.policy_now())
ON CONFLICT (name) DO UPDATE SET dropped_at = NULL
"""
KEEP_ARCHIVED = """
INSERT INTO tierline.archived (ticket, seq, client, title, type, priority, opened_at, closed_at,
    keys, archive, archived_at)
SELECT t.id, t.seq, t.client, t.title, t.type, t.priority, t.opened_at, u.closed_at,
    coalesce(r.keys, '{}'), $3, tierline.policy_now()
FROM unnest($1::bigint[], $2::timestamptz[]) AS u(id, closed_at)
JOIN tierline.ticket t USING (id) LEFT JOIN tierline.restricted r ON r.ticket = t.id
ON CONFLICT (ticket) DO UPDATE SET seq = excluded.seq, client = excluded.client,
    title = excluded.title, type = excluded.type, priority = excluded.priority,
    closed_at = excluded.closed_at, keys = excluded.keys, archive = excluded.archive,
    archived_at = excluded.archived_at, rows_gone = false, restored_at = NULL
"""
TAKE_OUT = """
WITH gone AS (
    DELETE FROM tierline.ticket WHERE id = ANY($1::bigint[])
), restricted AS (
    DELETE FROM tierline.restricted WHERE ticket = ANY($1::bigint[])
), training AS (
    DELETE FROM tierline.training WHERE ticket = ANY($1::bigint[])
), reactions AS (
    DELETE FROM tierline.reaction WHERE ticket = ANY($1::bigint[])
)
DELETE FROM tierline.message m
USING (SELECT DISTINCT message AS id FROM tierline.notice WHERE ticket = ANY($1::bigint[])) AS said
WHERE m.id = said.id
    AND NOT EXISTS (SELECT FROM tierline.letter l WHERE l.message = m.id)
    AND NOT EXISTS (SELECT FROM tierline.notice n JOIN tierline.ticket t ON t.id = n.ticket
        WHERE n.message = m.id AND n.ticket <> ALL($1::bigint[]))
"""
"""Events, notices and alerts stay where they are until their month goes. A message that told of a
ticket that stays, or was a letter, stays too; attempts go with their message."""


ROWS_OUTSIDE = """
WITH outside AS MATERIALIZED (
    SELECT u.ticket FROM unnest($1::bigint[]) AS u(ticket) WHERE NOT EXISTS (
        SELECT FROM tierline.month m WHERE m.kind = 'ticket' AND m.dropped_at IS NULL
            AND m.first <= u.ticket AND u.ticket < m.until)
), events AS (
    DELETE FROM tierline.event e USING outside o WHERE e.ticket = o.ticket
), notices AS (
    DELETE FROM tierline.notice n USING outside o WHERE n.ticket = o.ticket
), alerts AS (
    DELETE FROM tierline.alert a USING outside o WHERE a.ticket = o.ticket
)
UPDATE tierline.archived a SET rows_gone = true FROM outside o WHERE a.ticket = o.ticket
"""
"""Of a ticket whose month is no more (it was brought back) no partition will go: by row, then."""


async def take_out(
    db: Database, manifest: Manifest, written: Sequence[Candidate]
) -> list[Candidate]:
    """Take the tickets of a written file out of the database, in one transaction.

    One that was reopened meanwhile, or changed otherwise, stays, and is in the file for nothing.

    Returns:
        The tickets that are out.
    """
    by_number = {ticket.number: ticket for ticket in written}
    async with db.transaction() as connection:
        rows = await connection.fetch(LOCK_CLOSED, list(by_number))
        same = [by_number[row["id"]] for row in rows if _as_written(row, by_number[row["id"]])]
        if not same:
            return []
        numbers = [ticket.number for ticket in same]
        await connection.execute(
            KEEP_ARCHIVE,
            manifest.file,
            manifest.sha256,
            manifest.tickets,
            sum(manifest.lines.values()),
            manifest.bytes,
            _last([ticket.closed_at for ticket in same]),
            _last([ticket.recorded_at for ticket in same]),
        )
        closed = [ticket.closed_at for ticket in same]
        await connection.execute(KEEP_ARCHIVED, numbers, closed, manifest.file)
        await connection.execute(TAKE_OUT, numbers)
        await connection.execute(ROWS_OUTSIDE, numbers)
    return same


def _as_written(row: Any, ticket: Candidate) -> bool:
    return bool(row["seq"] == ticket.seq and row["changed_at"] == ticket.changed_at)


def _last(instants: Sequence[datetime]) -> datetime:
    return max(instants)
