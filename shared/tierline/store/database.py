"""The pool. Plain asyncpg: statements stand where they are used, values are always bound."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg

from tierline.pulse import beat
from tierline.store.metrics import POOL_WAIT_SECONDS, show_pool
from tierline.store.pooler import LIMITS, BorrowedConnection, Pooler, see_limits
from tierline.store.schema import behind

POOL_MAX = 5
"""Connections a process holds, relay included; `doctor` compares the sum with max_connections."""

NAMED = {"application_name": "tierline"}

SESSION = {**NAMED, **LIMITS, "timezone": "UTC", "random_page_cost": "1.1"}
"""What a connection begins with, a pooler's aside.

What is asked most is in memory: with the default of 4 a batch of fifty keys reads all of a table
of some thousand rows."""

UNHURRIED = {"synchronous_commit": "off"}
"""For a service whose commits need not wait for the disk, as all it writes can be written again.

PostgreSQL keeps the order of commits all the same: a crash takes the last half second or so of
them, never one from between."""

CONNECT_TIMEOUT_S = 5.0

COMMAND_TIMEOUT_S = 20.0
"""Longest wait for an answer, a little more than a statement may take: beyond it the line is dead,
though nobody said so (a firewall that forgot it, a machine that lost power)."""

UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""Errors that mean: Postgres is away, or can take nothing now; try again. None speaks of the data.

Among them SQLSTATE classes 53 (disk full, too many connections), 57 (shutting down, starting up, a
statement cancelled for its time) and 58 (a disk that fails), and a primary that became a standby.
InternalClientError is how asyncpg words a COMMIT on a connection whose end it has heard of but not
yet seen.
"""

REPLAYABLE = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
"""Errors that mean: somebody else was in the way; the same transaction may be run again."""


async def _as_it_is(_connection: object) -> None:
    """Nothing to reset: we set no session state, and transactions end with their block.

    The pool's own reset is a round trip at every release.
    """


ALIVE = "SELECT version_num FROM tierline.policy_clock, alembic_version"
"""The migration applied last; no row where none was."""


class Database:
    """A bounded pool of connections to one PostgreSQL database."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        pool_max: int = POOL_MAX,
        commits_wait: bool = True,
        pooler: Pooler = "none",
    ) -> Self:
        """Open a pool on `url` (postgresql://...). Raises one of UNREACHABLE if nobody answers.

        Args:
            url: the database.
            pool_max: connections at most.
            commits_wait: False where a commit that a crash of PostgreSQL undoes harms nobody;
                behind a pooler they wait all the same.
            pooler: whether one stands before the database that lends connections.

        Raises:
            LimitsMissingError: behind the pooler, the session's limits are not as they must be.
        """
        lent = pooler == "transaction"
        straight: dict[str, Any] = {
            "server_settings": SESSION if commits_wait else SESSION | UNHURRIED
        }
        borrowed: dict[str, Any] = {
            "server_settings": NAMED,
            "connection_class": BorrowedConnection,
            "statement_cache_size": 0,
        }
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=pool_max,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            reset=_as_it_is,
            **(borrowed if lent else straight),
        )
        show_pool(pool)
        made = cls(pool)
        if lent:
            await made._see_limits()
        return made

    async def _see_limits(self) -> None:
        try:
            async with self.connection() as connection:
                await see_limits(connection)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A connection without a transaction: each statement commits by itself."""
        began = time.perf_counter()
        async with self._pool.acquire() as connection:
            POOL_WAIT_SECONDS.observe(time.perf_counter() - began)
            beat()
            try:
                yield connection
            except TimeoutError:
                connection.terminate()
                raise
        beat()

    @asynccontextmanager
    async def transaction(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A connection inside a READ COMMITTED transaction; committed unless an error leaves it."""
        began = time.perf_counter()
        async with self._pool.acquire() as connection, connection.transaction():
            POOL_WAIT_SECONDS.observe(time.perf_counter() - began)
            beat()
            try:
                yield connection
            except TimeoutError:
                # No answer in COMMAND_TIMEOUT_S: a ROLLBACK would wait as long once more.
                connection.terminate()
                raise
        beat()

    async def alive(self) -> str | None:
        """None when Postgres answers and its schema is one that this code can use, else why not."""
        try:
            async with self._pool.acquire(timeout=2) as connection:
                there = [row["version_num"] for row in await connection.fetch(ALIVE)]
        except UNREACHABLE as error:
            return f"postgres: {type(error).__name__}"
        except asyncpg.PostgresError as error:
            return f"postgres: {error}"
        return behind(there)
