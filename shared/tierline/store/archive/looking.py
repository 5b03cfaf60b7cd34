"""What remains of archived tickets, and bringing one back."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tierline.store.archive.files import TICKET, ArchiveError, rows_of, verify
from tierline.store.archive.writing import BESIDE
from tierline.store.database import Database
from tierline.store.months import KEEPING
from tierline.store.tickets import Connection

KINDS: Final = (TICKET, *BESIDE)


@dataclass(frozen=True, slots=True)
class Archived:
    """What the database still knows of an archived ticket. Instants are UTC policy time.

    `keys`: those that open a restricted one. `restored_at`: it is back (real time).
    """

    ticket: int
    client: str
    title: str
    type: str
    priority: str
    opened_at: datetime
    closed_at: datetime
    keys: tuple[str, ...]
    archive: str
    archived_at: datetime
    restored_at: datetime | None


ARCHIVED = (
    "SELECT ticket, client, title, type, priority, opened_at, closed_at, keys, archive,"
    " archived_at, restored_at FROM tierline.archived WHERE ticket = $1"
)
ARCHIVES = (
    "SELECT name, tickets, bytes, closed_until, at, dropped_at FROM tierline.archive"
    " ORDER BY at DESC, name LIMIT $1"
)
RECORDED_UNTIL = "SELECT max(recorded_until) FROM tierline.archive"


async def archived(connection: Connection, number: int) -> Archived | None:
    """What remains of the ticket of that number, if it was ever archived."""
    row = await connection.fetchrow(ARCHIVED, number)
    return None if row is None else Archived(**{**dict(row), "keys": tuple(row["keys"])})


async def archives(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest archives, those that were dropped included."""
    return [dict(row) for row in await connection.fetch(ARCHIVES, limit)]


async def recorded_until(connection: Connection) -> datetime | None:
    """Up to when (UTC policy time) some of what was recorded is in archives; None: nothing is."""
    found: datetime | None = await connection.fetchval(RECORDED_UNTIL)
    return found


COLUMNS = (
    "SELECT table_name, array_agg(column_name::text) AS names FROM information_schema.columns"
    " WHERE table_schema = 'tierline' AND table_name = ANY($1::text[]) GROUP BY table_name"
)
KEEP_MONTHS = "SELECT pg_advisory_xact_lock($1)"
"""No month is dropped while something of it comes back."""
RESTORED = (
    "UPDATE tierline.archived SET restored_at = clock_timestamp(), rows_gone = false"
    " WHERE ticket = $1 AND restored_at IS NULL AND archive = $2 RETURNING keys"
)
KEEP_KEYS = "INSERT INTO tierline.restricted (ticket, keys) VALUES ($1, $2) ON CONFLICT DO NOTHING"


async def restore(db: Database, folder: Path, number: int) -> None:
    """Bring an archived ticket back, with all that was written of it; what is there already stays.

    Raises:
        ArchiveError: it was never archived, is back already, or its file is not whole.
    """
    async with db.connection() as connection:
        found = await archived(connection, number)
    if found is None or found.restored_at is not None:
        said = "was never archived" if found is None else "was brought back already"
        raise ArchiveError(f"ticket {number} {said}")
    await asyncio.to_thread(verify, folder, found.archive)
    rows = await asyncio.to_thread(rows_of, folder, found.archive, number)
    async with db.transaction() as connection:
        await connection.execute(KEEP_MONTHS, KEEPING)
        keys = await connection.fetchval(RESTORED, number, found.archive)
        if keys is None:  # brought back by somebody else, or its file was written anew
            raise ArchiveError(f"ticket {number} was brought back already, or its file changed")
        columns = {
            row["table_name"]: set(row["names"])
            for row in await connection.fetch(COLUMNS, list(KINDS))
        }
        for kind, row, text in rows:
            if kind not in KINDS:
                raise ArchiveError(f"{found.archive} holds a `{kind}`, which this version lacks")
            names = [name for name in row if name in columns[kind]]
            await connection.execute(_insert(kind, names), text)
        if keys:
            await connection.execute(KEEP_KEYS, number, keys)


def _insert(kind: str, names: list[str]) -> str:
    """Columns that came since the row was written get their defaults; those that went are left."""
    listed = ", ".join(json.dumps(name) for name in names)
    return (
        f"INSERT INTO tierline.{kind} ({listed}) OVERRIDING SYSTEM VALUE"
        f" SELECT {listed} FROM json_populate_record(NULL::tierline.{kind}, $1::json)"
        " ON CONFLICT DO NOTHING"
    )
