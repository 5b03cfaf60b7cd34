"""Two sides of one contract: the real PostgreSQL and the fake, acted on in the same words."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from tests.simulation.statements import REGISTRY
from tierline.store.database import SESSION, Database
from tierline.testing.postgres import schema
from tierline.testing.postgres.fake import FakePostgres

PATIENCE_S = 10.0
POLL_S = 0.002
IMPATIENT_MS = 150
"""The lock timeout of a database that does not wait for long."""

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AGES_S = 1e6
"""Longer ago, in seconds, than any instant that a test writes without giving it."""
PARTED = {"notice": ("id", "ticket")}
"""Keys that hold what a table is partitioned by, beside what is unique by itself."""

PROVED: dict[str, list[str]] = {}
"""Statements, and the tests that prove their answers."""


def proves(*statements: str) -> Callable[..., Any]:
    """Mark a test (of a `side`) as proving what these statements do; it must have run each."""

    def mark(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        for sql in statements:
            PROVED.setdefault(sql, []).append(test.__name__)

        @functools.wraps(test)
        async def proving(side: "Side", **more: Any) -> None:
            await test(side, **more)
            assert [sql for sql in statements if sql not in side.ran] == []

        return proving

    return mark


class _Noting:
    """A connection that notes what it is asked."""

    def __init__(self, connection: Any, ran: dict[str, None]) -> None:
        self._connection = connection
        self._ran = ran

    def __getattr__(self, name: str) -> Any:
        called = getattr(self._connection, name)
        if name not in {"fetch", "fetchrow", "fetchval", "execute"}:
            return called

        def noting(sql: str, *args: Any) -> Any:
            self._ran[sql] = None
            return called(sql, *args)

        return noting


class Side:
    """What a test acts on; `db` is one process's database, `another()` gives a second process's."""

    db: Database

    def __init__(self) -> None:
        self.ran: dict[str, None] = {}
        self._tasks: list[asyncio.Task[Any]] = []

    def keep(self, task: "asyncio.Task[Any]") -> "asyncio.Task[Any]":
        """See to it that the task has ended when the test has."""
        self._tasks.append(task)
        return task

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """A statement outside a transaction: its rows, each as a dict."""
        async with self.db.connection() as connection:
            return [dict(row) for row in await self.on(connection).fetch(sql, *args)]

    async def execute(self, sql: str, *args: Any) -> str:
        """A statement outside a transaction: its status."""
        async with self.db.connection() as connection:
            return await self.on(connection).execute(sql, *args)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A transaction, its statements noted."""
        async with self.db.transaction() as connection:
            yield self.on(connection)

    def on(self, connection: Any) -> Any:
        """The connection, with what it is asked noted."""
        return _Noting(connection, self.ran)

    async def value(self, table: str, column: str, **where: Any) -> Any:
        """One column of the one row that has these values."""
        (row,) = [
            row
            for row in await self.rows(table)
            if all(row[name] == value for name, value in where.items())
        ]
        return row[column]

    async def values(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Those columns of every row, in the order of the primary key."""
        return [tuple(row[name] for name in columns) for row in await self.rows(table)]

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """Every committed row, in the order of the primary key."""
        raise NotImplementedError

    async def put(self, table: str, **values: Any) -> dict[str, Any]:
        """Commit a row; the columns that are not given take their defaults."""
        raise NotImplementedError

    async def another(self, *, impatient: bool = False) -> Database:
        """A database on the same rows, as another process has."""
        raise NotImplementedError

    async def until_waiting(self, count: int = 1) -> None:
        """Wait until so many transactions wait for a lock."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.waiting() < count:
                await asyncio.sleep(POLL_S)

    async def waiting(self) -> int:
        """How many transactions wait for a lock."""
        raise NotImplementedError

    async def close(self) -> None:
        """End what still runs, and close what was opened."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Fake(Side):
    """The fake."""

    def __init__(self) -> None:
        super().__init__()
        self.postgres = FakePostgres(_no_point, lambda: datetime.now(UTC), REGISTRY)
        self._processes: list[object] = []
        self.db = self._open()

    def _open(self) -> Database:
        process = object()
        self._processes.append(process)
        return self.postgres.database(process)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        key_of = self.postgres.tables[table].key_of
        return sorted(self.postgres.rows(table), key=key_of)

    async def put(self, table: str, **values: Any) -> dict[str, Any]:
        return self.postgres.put(table, values)

    async def another(self, *, impatient: bool = False) -> Database:
        if impatient:
            self.postgres.locks.timeout_s = IMPATIENT_MS / 1000
        return self._open()

    async def waiting(self) -> int:
        return sum(self.postgres.waiting(process) for process in self._processes)


async def _no_point(label: str) -> None:
    """Nothing happens at any point."""


class Real(Side):
    """PostgreSQL."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._opened: list[Database] = []

    async def open(self) -> "Real":
        """Connect, and bring every table to what the migrations leave."""
        self.db = await self.another()
        names = ", ".join(f"tierline.{name}" for name in schema.TABLES)
        async with self.db.connection() as connection:
            await connection.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
            await connection.execute("ALTER SEQUENCE tierline.ticket_number RESTART")
            await connection.execute("INSERT INTO tierline.policy_clock DEFAULT VALUES")
            await connection.execute("INSERT INTO tierline.client (name) VALUES ('Unsorted')")
        return self

    async def rows(self, table: str) -> list[dict[str, Any]]:
        order = ", ".join(schema.TABLES[table].key)
        async with self.db.connection() as connection:
            found = await connection.fetch(f"SELECT * FROM tierline.{table} ORDER BY {order}")
        return [dict(row) for row in found]

    async def put(self, table: str, **values: Any) -> dict[str, Any]:
        known = schema.TABLES[table]
        columns, places = ", ".join(values), ", ".join(f"${n + 1}" for n in range(len(values)))
        key = PARTED.get(table, known.key)
        others = [f"{name} = excluded.{name}" for name in values if name not in key]
        over = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(others)}"
        sql = (
            f"INSERT INTO tierline.{table} ({columns}) OVERRIDING SYSTEM VALUE VALUES ({places})"
            f"{over if others else ''} RETURNING *"
        )
        async with self.db.connection() as connection:
            row = await connection.fetchrow(sql, *values.values())
            if known.optional.get("id") is schema.IDENTITY and "id" in values:
                name = f"pg_get_serial_sequence('tierline.{table}', 'id')"
                highest = f"greatest($1, (SELECT max(id) FROM tierline.{table}))"
                await connection.execute(f"SELECT setval({name}, {highest})", row["id"])
        return dict(row)

    async def another(self, *, impatient: bool = False) -> Database:
        settings = SESSION | {"deadlock_timeout": "50"}
        if impatient:
            settings["lock_timeout"] = str(IMPATIENT_MS)
        pool = await asyncpg.create_pool(
            self._url, min_size=1, max_size=5, server_settings=settings
        )
        self._opened.append(Database(pool))
        return self._opened[-1]

    async def waiting(self) -> int:
        async with self.db.connection() as connection:
            found = await connection.fetchval(
                "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
                " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
            )
        return int(found)

    async def close(self) -> None:
        await super().close()
        for one in self._opened:
            await one.close()


def recent(instant: datetime) -> bool:
    """Whether it is real time, a moment ago."""
    return abs(datetime.now(UTC) - instant) < timedelta(seconds=30)
