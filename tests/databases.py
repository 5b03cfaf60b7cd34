"""Empty, migrated databases for tests: one that was used is emptied, not made anew.

To copy and drop a database takes a tenth of a second, to empty one a few milliseconds.
"""

import asyncio
import json
import shutil
import uuid
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.embedded.server import START_TIMEOUT_SECONDS
from tierline.runtime.errors import UpError
from tierline.store import migrate

TEMPLATE = "template_migrated"

USES_MAX = 40
"""So often one is emptied before it is dropped: what was deleted still lies in its files."""

TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'tierline' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'alembic_version' ORDER BY 1
"""
SEQUENCES = "SELECT sequencename, last_value, start_value FROM pg_sequences"
OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SHAPE = """
SELECT md5(string_agg(shape, ',' ORDER BY shape)) FROM (
    SELECT format('%s.%s %s', c.relnamespace::regnamespace, c.relname, a.attname) AS shape
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    UNION ALL SELECT format('%s %s', conrelid, conname) FROM pg_constraint
    UNION ALL SELECT format('%s %s', tgrelid, tgname) FROM pg_trigger
) AS shapes
"""
SETTINGS = """
SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
WHERE d.datname = current_database()
"""


async def run_sql(server: EmbeddedPostgres, *statements: str) -> None:
    """Run statements outside any transaction, in the maintenance database."""
    connection = await asyncpg.connect(server.url("postgres"), timeout=10)
    try:
        for statement in statements:
            await connection.execute(statement, timeout=30)
    finally:
        await connection.close()


class ServerOfTests(EmbeddedPostgres):
    """One that starts with nothing where what a killed one left cannot be read.

    It writes without `fsync`, so a test that kills it may leave that: it costs this test, not all
    that follow.
    """

    times_lost = 0

    async def start(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Start it with what it holds, or else empty."""
        try:
            await super().start(timeout_seconds)
        except UpError:
            if not self._data.exists():
                raise
            await asyncio.to_thread(shutil.rmtree, self._data)
            self.times_lost += 1
            await asyncio.to_thread(self.initialise)
            await super().start(timeout_seconds)


@dataclass
class Databases:
    """Migrated databases on `server`; those that are empty again are handed out once more.

    One whose tables or settings a test has changed is dropped.
    """

    server: ServerOfTests
    template: str = ""
    _times_lost: int = 0
    _free: list[str] = field(default_factory=list)
    _uses: dict[str, int] = field(default_factory=dict)
    _emptying: str = ""
    _shape: str = ""

    async def take(self) -> str:
        """The name of an empty one."""
        await self._alive()
        if not self._free:
            self._free.append(await self._copy())
        name = self._free.pop()
        self._uses[name] = self._uses.get(name, 0) + 1
        return name

    async def take_new(self) -> str:
        """The name of one that nobody has used: nothing deleted lies in its files."""
        name = await self._copy()
        self._uses[name] = 1
        return name

    async def _alive(self) -> None:
        """Start the server where a test has left it dead; forget what its files have held."""
        await self.server.start()
        if self.server.times_lost != self._times_lost:
            self._times_lost, self.template = self.server.times_lost, ""
            self._free.clear()
            self._uses.clear()

    async def _copy(self) -> str:
        if not self.template:
            await run_sql(self.server, f"CREATE DATABASE {TEMPLATE}")
            # In a thread: an upgrade may run an event loop of its own.
            await asyncio.to_thread(migrate.upgrade, self.server.url(TEMPLATE))
            self.template = TEMPLATE
        name = f"t_{uuid.uuid4().hex[:12]}"
        copy = f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY file_copy"
        await run_sql(self.server, copy)
        return name

    async def give_back(self, name: str) -> None:
        """Empty it for the next one, or drop it where that cannot be done."""
        await self._alive()
        if name not in self._uses:  # it went with the server's files
            return
        if self._uses[name] < USES_MAX and await self._emptied(name):
            self._free.append(name)
        else:
            await run_sql(self.server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _emptied(self, name: str) -> bool:
        if not self._emptying:
            self._emptying = await self._script()
        try:
            connection = await asyncpg.connect(self.server.url(name), timeout=10)
        except (OSError, asyncpg.PostgresError):
            return False
        try:
            if await connection.fetchval(SETTINGS):
                return False
            if await connection.fetchval(SHAPE) != self._shape:
                return False
            await connection.execute(OTHERS)
            await connection.execute(self._emptying, timeout=10)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        else:
            return True
        finally:
            await connection.close()

    async def _script(self) -> str:
        """What brings a database back to what the template holds."""
        connection = await asyncpg.connect(self.server.url(self.template), timeout=10)
        try:
            self._shape = await connection.fetchval(SHAPE)
            steps = ["SET session_replication_role = replica", "SET lock_timeout = 5000"]
            for row in await connection.fetch(TABLES):
                table = f'tierline."{row["relname"]}"'
                steps.append(f"DELETE FROM {table}")
                steps += await _seeds(connection, table)
            for row in await connection.fetch(SEQUENCES):
                start = row["last_value"] or row["start_value"]
                called = "false" if row["last_value"] is None else "true"
                steps.append(f"SELECT setval('tierline.{row['sequencename']}', {start}, {called})")
        finally:
            await connection.close()
        return ";\n".join(steps)


async def _seeds(connection: Any, table: str) -> list[str]:
    """The statements that put back what the migrations have put into `table`."""
    rows = await connection.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} t")
    steps = []
    for row in rows:
        text = json.dumps(json.loads(row["row"])).replace("'", "''")
        generated = f"jsonb_populate_record(NULL::{table}, '{text}'::jsonb)"
        steps.append(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {generated}")
    return steps
