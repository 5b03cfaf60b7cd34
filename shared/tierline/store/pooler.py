"""PostgreSQL behind a pooler that lends a connection for one transaction only.

PgBouncer in its transaction mode, and what works like it. Three things differ there:

- A statement that is prepared outside a transaction may be run on another connection than it was
  prepared on. So each statement outside a transaction gets one of its own.
- The session's limits cannot be sent at the start of a connection, which many share. So the
  migration keeps them with the role, and a service that does not find them does not start.
- What holds a session's state (the migration's advisory lock) goes past the pooler.
"""

import contextlib
import secrets
from typing import Any, Final, Literal

import asyncpg

Pooler = Literal["none", "transaction"]

LIMITS: Final = {
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "30000",
    "statement_timeout": "15000",
}
"""Milliseconds. A batch holds its locks 15 ms at most; who waits longer than 2 s starts over."""

_MARK = secrets.token_hex(4)


class LimitsMissingError(RuntimeError):
    """Connections that the pooler lends have other limits than ours; the message says which."""


class BorrowedConnection(asyncpg.Connection):  # type: ignore[misc]  # the library has no types
    """A connection lent for one transaction: each statement outside one is a transaction."""

    __slots__ = ()

    async def fetch(self, query: str, *args: Any, **more: Any) -> Any:
        """As the connection's own."""
        async with self._lent():
            return await super().fetch(query, *args, **more)

    async def fetchrow(self, query: str, *args: Any, **more: Any) -> Any:
        """As the connection's own."""
        async with self._lent():
            return await super().fetchrow(query, *args, **more)

    async def fetchval(self, query: str, *args: Any, **more: Any) -> Any:
        """As the connection's own."""
        async with self._lent():
            return await super().fetchval(query, *args, **more)

    async def execute(self, query: str, *args: Any, **more: Any) -> Any:
        """As the connection's own; without arguments nothing is prepared, BEGIN itself included."""
        if not args:
            return await super().execute(query, **more)
        async with self._lent():
            return await super().execute(query, *args, **more)

    async def executemany(self, query: str, args: Any, **more: Any) -> Any:
        """As the connection's own, which makes them one transaction anyway."""
        async with self._lent():
            return await super().executemany(query, args, **more)

    def _get_unique_id(self, prefix: str) -> str:
        """A cursor's statement has a name, which another process must not use on that server."""
        return f"{super()._get_unique_id(prefix)}{_MARK}"

    def _lent(self) -> Any:
        return contextlib.nullcontext() if self.is_in_transaction() else self.transaction()


async def keep_limits(url: str) -> None:
    """Have every connection of this role to this database begin with LIMITS.

    Args:
        url: the database itself, past the pooler.

    Raises:
        asyncpg.PostgresError: the role may not, or the database is away (OSError too).
    """
    connection = await asyncpg.connect(url)
    try:
        database = await connection.fetchval("SELECT quote_ident(current_database())")
        for name, value in LIMITS.items():
            await connection.execute(
                f"ALTER ROLE CURRENT_USER IN DATABASE {database} SET {name} = {value}"
            )
    finally:
        await connection.close()


async def see_limits(connection: Any) -> None:
    """Look whether a lent connection has LIMITS.

    Raises:
        LimitsMissingError: it has not.
    """
    rows = await connection.fetch(
        "SELECT name, setting FROM pg_settings WHERE name = ANY($1)", list(LIMITS)
    )
    wrong = sorted(row["name"] for row in rows if row["setting"] != LIMITS[row["name"]])
    if wrong:
        raise LimitsMissingError(
            f"connections from the pooler lack {', '.join(wrong)}: migrate with"
            " TIERLINE_DATABASE_POOLER=transaction and this role, past the pooler; then RECONNECT"
            " the pooler"
        )
