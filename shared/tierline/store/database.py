"""The pool. Plain asyncpg: statements stand where they are used, values are always bound."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg

POOL_MAX = 5
"""Connections a process holds, relay included; `doctor` compares the sum with max_connections."""

SESSION = {
    "application_name": "tierline",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "30000",
    "statement_timeout": "30000",
    "timezone": "UTC",
}
"""Milliseconds. A batch holds its locks 15 ms at most; who waits longer than 2 s starts over."""

CONNECT_TIMEOUT_S = 5.0

UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""Errors that mean: Postgres is away; try again.

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


class Database:
    """A bounded pool of connections to one PostgreSQL database."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool

    @classmethod
    async def connect(cls, url: str, *, pool_max: int = POOL_MAX) -> Self:
        """Open a pool on `url` (postgresql://...). Raises one of UNREACHABLE if nobody answers."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=pool_max,
            timeout=CONNECT_TIMEOUT_S,
            server_settings=SESSION,
            command_timeout=60,
            reset=_as_it_is,
        )
        return cls(pool)

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A connection without a transaction: each statement commits by itself."""
        async with self._pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A connection inside a READ COMMITTED transaction; committed unless an error leaves it."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection

    async def alive(self) -> str | None:
        """None when Postgres answers, else why it cannot be used."""
        try:
            async with self._pool.acquire(timeout=2) as connection:
                await connection.fetchval("SELECT 1 FROM tierline.policy_clock")
        except UNREACHABLE as error:
            return f"postgres: {type(error).__name__}"
        except asyncpg.PostgresError as error:
            return f"postgres: {error}"
        return None
