"""The databases that tests are given: what one test breaks must not fail all that follow."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from tests.databases import Databases, ServerOfTests
from tierline.runtime.embedded import server as embedded_server
from tierline.runtime.ports import find_free_port

pytestmark = pytest.mark.postgres


@pytest_asyncio.fixture
async def own(
    server_folder: Path, postgres_server: ServerOfTests
) -> AsyncIterator[ServerOfTests]:  # only where there is a PostgreSQL at all
    folder = server_folder / "own"
    server = ServerOfTests(folder, find_free_port(), settings={"fsync": "off"})
    await server.start()
    yield server
    await server.stop()
    shutil.rmtree(folder)


async def tickets(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval("SELECT count(*) FROM tierline.ticket")
        return found
    finally:
        await connection.close()


async def test_after_a_kill_that_spoilt_its_files_there_is_a_new_server(
    own: ServerOfTests, server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_server, "EARLY_EXITS_ALLOWED", 2)
    databases = Databases(own)
    name = await databases.take()
    await own.kill()
    for log in (server_folder / "own" / "data" / "pg_wal").glob("0*"):
        log.write_bytes(bytes(log.stat().st_size))
    await own.start()
    assert own.times_lost == 1
    await databases.give_back(name)
    assert await tickets(own.url(await databases.take())) == 0


async def test_a_server_that_a_test_left_dead_is_started_for_the_next(own: ServerOfTests) -> None:
    databases = Databases(own)
    name = await databases.take()
    await own.kill()
    await databases.give_back(name)
    assert await tickets(own.url(await databases.take())) == 0
