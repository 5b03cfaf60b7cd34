"""A PostgreSQL that takes nothing, and a line that is dead without anybody saying so."""

import os
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.faults.links import Fault, Links
from tierline.store import database
from tierline.store.database import UNREACHABLE, Database

ME = "me"


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DiskFullError,
        asyncpg.OutOfMemoryError,
        asyncpg.TooManyConnectionsError,
        asyncpg.QueryCanceledError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.CannotConnectNowError,
        asyncpg.PostgresIOError,
        asyncpg.ReadOnlySQLTransactionError,
        asyncpg.IdleInTransactionSessionTimeoutError,
    ],
)
def test_what_says_nothing_of_the_data_means_try_again(error):
    """Else an alert or an event that met it would be set aside as poison."""
    assert issubclass(error, UNREACHABLE)


@pytest.mark.parametrize(
    "error", [asyncpg.DataError, asyncpg.UniqueViolationError, asyncpg.StatementTooComplexError]
)
def test_what_speaks_of_the_data_does_not(error):
    assert not issubclass(error, UNREACHABLE)


async def lose_the_line(db: Database, links: Links) -> None:
    """A transaction whose line falls silent between two statements."""
    async with db.transaction() as connection:
        await connection.execute("SELECT 1")
        links.lay("postgres", ME, Fault.HALF_OPEN)
        links.mend()
        await connection.execute("SELECT 1")


async def test_a_line_that_fell_silent_costs_one_wait_and_the_next_connection_is_fresh(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(database, "COMMAND_TIMEOUT_S", 0.5)
    links = Links(lambda: {ME: os.getpid()})
    port = urlsplit(database_url).port
    assert port is not None
    proxy = await links.add("postgres", port)
    db = await Database.connect(database_url.replace(f":{port}/", f":{proxy}/"))
    try:
        with pytest.raises(UNREACHABLE):
            await lose_the_line(db, links)
        async with db.connection() as fresh:
            assert await fresh.fetchval("SELECT 1") == 1
    finally:
        await db.close()
        await links.close()
