"""Running production code one statement at a time, so that a test decides who goes first.

An `Actor` runs a coroutine against a `SteppedDatabase`. Before every statement, and before every
COMMIT, the coroutine passes a gate; the test says up to which one it may run, and then lets
somebody else act. Nothing sleeps: where an actor is expected to wait for a lock, Postgres is asked.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg

from tierline.store.database import SESSION, Database

BEGIN = "BEGIN"
COMMIT = "COMMIT"
PATIENCE_S = 10.0
"""A step that takes longer than this has failed."""

POLL_S = 0.005
POOL_MAX = 2


class StepError(AssertionError):
    """An actor did not do what the test expected of its next step."""


class Gate:
    """What an actor passes before each statement. Open, unless told where to hold."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.pid = 0
        self._hold_at: str | None = None
        self._held = asyncio.Event()
        self._go = asyncio.Event()
        self._go.set()

    async def come_by(self, statement: str) -> None:
        """Note the statement; wait here if this is where to hold."""
        if self._hold_at is not None and self._hold_at in statement:
            self._hold_at = None
            self._go.clear()
            self._held.set()
            await self._go.wait()
        self.passed.append(statement)

    def open_until(self, part: str | None) -> asyncio.Event:
        """Let the actor go on; it holds before the next statement with `part` in it (None: never).

        Returns:
            The event that is set once it is held there.
        """
        self._hold_at = part
        self._held = asyncio.Event()
        self._go.set()
        return self._held


class _Connection:
    """An asyncpg connection whose statements come by the gate."""

    def __init__(self, real: Any, gate: Gate) -> None:
        self._real = real
        self._gate = gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def fetch(self, query: str, *args: Any, **more: Any) -> Any:
        await self._gate.come_by(query)
        return await self._real.fetch(query, *args, **more)

    async def fetchrow(self, query: str, *args: Any, **more: Any) -> Any:
        await self._gate.come_by(query)
        return await self._real.fetchrow(query, *args, **more)

    async def fetchval(self, query: str, *args: Any, **more: Any) -> Any:
        await self._gate.come_by(query)
        return await self._real.fetchval(query, *args, **more)

    async def execute(self, query: str, *args: Any, **more: Any) -> Any:
        await self._gate.come_by(query)
        return await self._real.execute(query, *args, **more)

    async def executemany(self, query: str, *args: Any, **more: Any) -> Any:
        await self._gate.come_by(query)
        return await self._real.executemany(query, *args, **more)


class SteppedDatabase(Database):
    """A Database of its own connections, each statement of which comes by `gate`."""

    def __init__(self, pool: "asyncpg.Pool[Any]", gate: Gate) -> None:
        super().__init__(pool)
        self.gate = gate

    @classmethod
    async def open(cls, url: str, *, lock_timeout_ms: int = 0) -> Self:
        """Connect to `url`; `lock_timeout_ms` replaces the product's (0: keep it)."""
        settings = SESSION | ({"lock_timeout": str(lock_timeout_ms)} if lock_timeout_ms else {})
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=POOL_MAX, server_settings=settings
        )
        return cls(pool, Gate())

    @asynccontextmanager
    async def connection(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A connection without a transaction, its statements stepped."""
        async with self._pool.acquire() as real:
            self.gate.pid = real.get_server_pid()
            yield _Connection(real, self.gate)

    @asynccontextmanager
    async def transaction(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A connection inside a transaction; BEGIN and COMMIT are steps, too."""
        async with self._pool.acquire() as real:
            self.gate.pid = real.get_server_pid()
            await self.gate.come_by(BEGIN)
            async with real.transaction():
                yield _Connection(real, self.gate)
                await self.gate.come_by(COMMIT)


class Actor:
    """One coroutine of production code on its stepped database; `watcher` sees who waits."""

    def __init__(self, db: SteppedDatabase, watcher: Database) -> None:
        self.db = db
        self._watcher = watcher
        self._task: asyncio.Task[Any] | None = None

    @property
    def passed(self) -> list[str]:
        """The statements it has been let past, oldest first."""
        return self.db.gate.passed

    async def start(self, work: Coroutine[Any, Any, Any], *, until: str) -> None:
        """Begin `work` and hold it before the first statement with `until` in it."""
        held = self.db.gate.open_until(until)
        self._task = asyncio.create_task(_run(work))
        await self._reach(held, until)

    async def run_to(self, part: str) -> None:
        """Go on, and hold before the next statement with `part` in it."""
        await self._reach(self.db.gate.open_until(part), part)

    async def run_until_blocked(self) -> None:
        """Go on until Postgres says that it waits for a lock."""
        self.db.gate.open_until(None)
        async with asyncio.timeout(PATIENCE_S):
            while not await self._waits():
                if self._running().done():
                    raise StepError("it ended, and was expected to wait for a lock")
                await asyncio.sleep(POLL_S)

    async def finish(self) -> Any:
        """Go on to the end; returns or raises what the coroutine does."""
        self.db.gate.open_until(None)
        async with asyncio.timeout(PATIENCE_S):
            return await self._running()

    async def lose_connection(self) -> BaseException | None:
        """End its server process, as a crash would; returns what the coroutine then raised."""
        async with self._watcher.connection() as connection:
            await connection.execute("SELECT pg_terminate_backend($1)", self.db.gate.pid)
            async with asyncio.timeout(PATIENCE_S):
                while await connection.fetchval(  # noqa: ASYNC110 - only Postgres knows
                    "SELECT true FROM pg_stat_activity WHERE pid = $1", self.db.gate.pid
                ):
                    await asyncio.sleep(POLL_S)
        self.db.gate.open_until(None)
        outcome = await asyncio.gather(self._running(), return_exceptions=True)
        return outcome[0] if isinstance(outcome[0], BaseException) else None

    async def _reach(self, held: asyncio.Event, part: str) -> None:
        waiting = asyncio.create_task(held.wait())
        await asyncio.wait(
            {waiting, self._running()}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
        )
        if waiting.done():
            return
        waiting.cancel()
        if self._running().done():
            self._running().result()
            raise StepError(f"it ended without coming by: {part}")
        raise StepError(f"it did not come by in {PATIENCE_S} s: {part}")

    async def _waits(self) -> bool:
        async with self._watcher.connection() as connection:
            kind = await connection.fetchval(
                "SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1", self.db.gate.pid
            )
        return bool(kind == "Lock")

    def _running(self) -> "asyncio.Task[Any]":
        if self._task is None:
            raise StepError("it was not started")
        return self._task

    async def close(self) -> None:
        """End what still runs and close its connections."""
        self.db.gate.open_until(None)
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.db.close()


async def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return await work
