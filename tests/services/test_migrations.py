"""The schema's history on real Postgres: up, down, up; and two jobs at once."""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from tests.services.interleavings.world import make_world
from tierline.store import migrate

pytestmark = pytest.mark.postgres

PATIENCE_S = 60


@pytest_asyncio.fixture
async def empty_url(postgres_server) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"m_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(postgres_server.url("postgres"))
    await connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def shape(url: str) -> list[tuple]:
    """Every column and index of the schema."""
    connection = await asyncpg.connect(url)
    columns = await connection.fetch(
        "SELECT table_name, column_name, data_type, column_default, is_nullable"
        " FROM information_schema.columns WHERE table_schema = 'tierline' ORDER BY 1, 2"
    )
    indexes = await connection.fetch(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'tierline' ORDER BY 1"
    )
    await connection.close()
    return [tuple(row) for row in [*columns, *indexes]]


async def test_up_down_and_up_again_gives_the_same_schema(empty_url: str) -> None:
    await asyncio.to_thread(migrate.upgrade, empty_url)
    first = await shape(empty_url)
    assert len(first) > 100
    await asyncio.to_thread(migrate.downgrade, empty_url, "base")
    assert await shape(empty_url) == []
    await asyncio.to_thread(migrate.upgrade, empty_url)
    assert await shape(empty_url) == first


async def test_upgrading_what_is_up_to_date_keeps_what_is_there(empty_url: str) -> None:
    await asyncio.to_thread(migrate.upgrade, empty_url)
    async with make_world(empty_url) as world:
        ticket = await world.open()
    await asyncio.to_thread(migrate.upgrade, empty_url)
    async with make_world(empty_url) as world:
        assert await world.ticket(ticket.id) == ticket


async def _job(url: str | None) -> tuple[int | None, str]:
    env = {name: value for name, value in os.environ.items() if name != "TIERLINE_DATABASE_URL"}
    if url is not None:
        env["TIERLINE_DATABASE_URL"] = url
    job = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tierline.store.migrate",
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(job.communicate(), PATIENCE_S)
    return job.returncode, said.decode()


async def test_two_migration_jobs_at_once_run_one_after_the_other(empty_url: str) -> None:
    first, second = await asyncio.gather(_job(empty_url), _job(empty_url))
    assert first[0] == 0, first[1]
    assert second[0] == 0, second[1]
    connection = await asyncpg.connect(empty_url)
    assert await connection.fetchval("SELECT count(*) FROM tierline.policy_clock") == 1
    await connection.close()


async def test_a_job_without_an_address_says_what_is_missing() -> None:
    code, said = await _job(None)
    assert code == 2
    assert "TIERLINE_DATABASE_URL" in said
    assert "Traceback" not in said


async def test_a_clock_that_was_never_touched_is_real_time(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    before = await connection.fetchval("SELECT clock_timestamp()")
    policy = await connection.fetchval("SELECT tierline.policy_now()")
    after = await connection.fetchval("SELECT clock_timestamp()")
    await connection.close()
    assert before <= policy <= after
