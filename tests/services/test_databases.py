"""The databases that tests are given: what one test breaks must not fail all that follow."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from tests.databases import Databases, ServerOfTests
from tierline.runtime.ports import find_free_port

pytestmark = pytest.mark.postgres


@pytest_asyncio.fixture
async def own(
    server_folder: Path, postgres_server: ServerOfTests
) -> AsyncIterator[ServerOfTests]:  # only where there is a PostgreSQL at all
    server = ServerOfTests(server_folder / "own", find_free_port(), settings={"fsync": "off"})
    await server.start()
    yield server
    await server.stop()


async def tickets(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval("SELECT count(*) FROM tierline.ticket")
        return found
    finally:
        await connection.close()


async def test_after_a_kill_that_spoilt_its_files_there_is_a_new_server(
    own: ServerOfTests, server_folder: Path
) -> None:
    databases = Databases(own)
    await databases.give_back(await databases.take())
    await own.kill()
    for log in (server_folder / "own" / "data" / "pg_wal").glob("0*"):
        log.write_bytes(bytes(log.stat().st_size))
    await own.start()
    assert own.times_lost == 1
    assert await tickets(own.url(await databases.take())) == 0
