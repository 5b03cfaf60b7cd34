"""What a piece of work asks of PostgreSQL: statements, round trips, rows and bytes written."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tierline.store.database import Database

WRITTEN_DOWN = Path(__file__).with_name("counts.json")
WRITE_VARIABLE = "TIERLINE_WRITE_COUNTS"
AROUND = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
OF_THE_DRIVER = ("typeinfo_tree", "set_config('jit'")
"""What asyncpg asks by itself about types, once a connection."""

BYTES_DIFFER = 0.1
"""The fraction by which bytes may differ: pages split where chance puts random keys."""
BYTES_LOOSE = 200
"""Bytes that may come or go beside it: what PostgreSQL writes about itself."""

WHY = (
    "Seconds differ from machine to machine, these numbers do not: what a loop asks of PostgreSQL"
    " for an alert, a ticket or a message sets how many of them any machine can do. Where the"
    f" change is meant, write the new numbers down with `{WRITE_VARIABLE}=1 python -m pytest"
    " tests/services/test_counts.py`, and say in the commit what they buy."
)

ROWS = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::int
FROM pg_stat_user_tables WHERE schemaname = 'tierline'
"""
OWN_BYTES = "SELECT wal_bytes::bigint FROM pg_stat_get_backend_wal(pg_backend_pid())"
FLUSH = "SELECT pg_stat_force_next_flush()"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a piece of work cost.

    Attributes:
        statements: begin and commit left out.
        round_trips: statements with begin and commit; a first use on a connection, which asks once
            more to have it parsed, counts as one.
        rows: inserted, updated and deleted.
        wal_bytes: of the write-ahead log.
    """

    statements: int
    round_trips: int
    rows: int
    wal_bytes: int


@dataclass
class Counter:
    """A database whose every statement is noted, and what is to be asked of it.

    Attributes:
        db: as the services have it, but for the noting.
        said: the statements so far, oldest first.
    """

    db: Database
    said: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[list[Counts]]:
        """Count what the block does; the list holds the counts after it."""
        found: list[Counts] = []
        rows, wal = await self._totals()
        await asyncio.sleep(0)  # statements are noted in the loop's next turn
        self.said.clear()
        yield found
        await asyncio.sleep(0)
        said = [one for one in self.said if not any(part in one for part in OF_THE_DRIVER)]
        statements = sum(not one.lstrip().upper().startswith(AROUND) for one in said)
        rows_after, wal_after = await self._totals()
        found.append(Counts(statements, len(said), rows_after - rows, wal_after - wal))

    async def _totals(self) -> tuple[int, int]:
        """Rows and bytes written so far by all connections of the pool."""
        pool: Any = self.db._pool
        connections = [await pool.acquire() for _ in range(pool.get_size())]
        try:
            for connection in connections:
                await connection.execute(FLUSH)
            bytes_so_far = [await one.fetchval(OWN_BYTES) for one in connections]
            return await connections[0].fetchval(ROWS), sum(bytes_so_far)
        finally:
            for connection in connections:
                await pool.release(connection)


@asynccontextmanager
async def counter(url: str, patch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    """The production pool on `url`, whose connections say what they are asked."""
    said: list[str] = []
    make = asyncpg.create_pool

    async def listen(connection: Any) -> None:
        connection.add_query_logger(lambda record: said.append(record.query))

    with patch.context() as here:
        here.setattr(asyncpg, "create_pool", lambda *a, **more: make(*a, init=listen, **more))
        db = await Database.connect(url)
    try:
        yield Counter(db, said)
    finally:
        await db.close()


def written_down() -> dict[str, dict[str, int]]:
    """The numbers that hold, by piece of work."""
    found: dict[str, dict[str, int]] = json.loads(WRITTEN_DOWN.read_text())
    return found


def write_down(work: str, counts: Counts) -> None:
    """Replace the numbers of one piece of work."""
    known = written_down() if WRITTEN_DOWN.exists() else {}
    known[work] = asdict(counts)
    WRITTEN_DOWN.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


def differences(counts: Counts, known: Mapping[str, int]) -> list[str]:
    """Where `counts` are not what is written down; bytes may differ by BYTES_DIFFER."""
    found = []
    for name, count in asdict(counts).items():
        allowed = 0.0
        if name == "wal_bytes":
            allowed = BYTES_LOOSE + known[name] * BYTES_DIFFER
        if abs(count - known[name]) > allowed:
            found.append(f"{name} {count}, written down {known[name]}")
    return found
