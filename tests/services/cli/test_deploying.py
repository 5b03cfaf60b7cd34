"""`tierline migrate`, `password` and `topics`: what a deployment calls around its start."""

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from tests.services.test_migrations import empty_url
from tierline.cli.main import app
from tierline.cli.migrate import waiting
from tierline.store.migrate import is_migrated
from tierline.store.pooler import LIMITS
from tierline.web.passwords import verify_password

__all__ = ["empty_url"]

pytestmark = pytest.mark.postgres

SETTINGS = (
    "SELECT unnest(setconfig) FROM pg_db_role_setting s"
    " JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()"
)


async def tierline(*args: str, typed: str = "", **env: str) -> Result:
    """Run a command, in a thread: it runs an event loop of its own."""
    runner = CliRunner(env={"COLUMNS": "100", **env})
    return await asyncio.to_thread(
        runner.invoke, app, list(args), input=typed, prog_name="tierline"
    )


async def test_migrate_makes_the_tables_and_who_waits_for_them_goes_on(empty_url: str) -> None:
    # sslmode, as everybody writes it: SQLAlchemy's own way of connecting knows no such word.
    url = f"{empty_url}?sslmode=prefer"
    assert not await is_migrated(url)
    # Not by the command line twice at once: the runner lends its standard output to one.
    waits = asyncio.create_task(asyncio.to_thread(waiting, url, 60))
    made = await tierline("migrate", "--json", TIERLINE_DATABASE_URL=url)
    assert (made.exit_code, json.loads(made.stdout)) == (0, {"migrated": True})
    assert await asyncio.wait_for(waits, 60) == {"migrated": True}
    waited = await tierline("migrate", "--wait", TIERLINE_DATABASE_URL=url)
    assert (waited.exit_code, waited.stdout) == (0, "the tables are there\n")


async def test_a_schema_of_a_newer_version_is_enough_and_an_older_one_is_not(
    empty_url: str,
) -> None:
    """So that a version that is rolled back to starts on what the newer one has expanded."""
    connection = await asyncpg.connect(empty_url)
    try:
        await connection.execute("CREATE TABLE alembic_version (version_num text)")
        await connection.execute("INSERT INTO alembic_version VALUES ('0001')")
        assert not await is_migrated(empty_url)
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")
        assert await is_migrated(empty_url)
    finally:
        await connection.close()


async def test_who_waits_in_vain_says_for_what(empty_url: str) -> None:
    waited = await tierline("migrate", "--wait", "--seconds", "1", TIERLINE_DATABASE_URL=empty_url)
    assert waited.exit_code == 1
    assert "not there within 1 s: not migrated yet" in waited.stderr
    away = empty_url.rsplit("/", 1)[0] + "/nowhere"
    waited = await tierline("migrate", "--wait", "--seconds", "1", TIERLINE_DATABASE_URL=away)
    assert 'database "nowhere" does not exist' in waited.stderr


async def test_with_a_pooler_the_role_keeps_the_limits(empty_url: str, tmp_path) -> None:
    address = tmp_path / "url"
    address.write_text(empty_url + "\n")
    made = await tierline(
        "migrate",
        TIERLINE_DATABASE_URL_FILE=str(address),
        TIERLINE_DATABASE_POOLER="transaction",
    )
    assert made.exit_code == 0, made.output
    connection = await asyncpg.connect(empty_url)
    kept = {row[0] for row in await connection.fetch(SETTINGS)}
    await connection.close()
    assert kept == {f"{name}={value}" for name, value in LIMITS.items()}


@pytest_asyncio.fixture
async def priya(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database with one person, who is logged in."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO tierline.person (login, name, email, role) VALUES"
        " ('priya', 'Priya', 'priya@example.com', 'lead')"
    )
    await connection.execute(
        "INSERT INTO tierline.session (id, login, expires_at) VALUES ('s', 'priya', 'infinity')"
    )
    yield connection
    await connection.close()


async def stored(connection: asyncpg.Connection) -> str:
    found: str = await connection.fetchval("SELECT password_hash FROM tierline.person")
    return found


async def test_password_gives_the_first_login_and_ends_what_was_open(priya, database_url) -> None:
    said = await tierline("password", "priya", TIERLINE_DATABASE_URL=database_url)
    login, _, text = said.stdout.strip().partition(": ")
    assert login == "priya"
    assert verify_password(await stored(priya), text)
    assert await priya.fetchval("SELECT count(*) FROM tierline.session") == 0


async def test_a_password_from_standard_input_is_not_shown(priya, database_url) -> None:
    told = {"TIERLINE_DATABASE_URL": database_url}
    said = await tierline("password", "priya", "--stdin", typed="correct horse\n", **told)
    assert (said.exit_code, said.stdout) == (0, "priya has the password given\n")
    assert verify_password(await stored(priya), "correct horse")
    short = await tierline("password", "priya", "--stdin", typed="too short\n", **told)
    assert (short.exit_code, "12 to 1000 characters" in short.stderr) == (2, True)
    nobody = await tierline("password", "nobody", **told)
    assert (nobody.exit_code, "No person has the login nobody" in nobody.stderr) == (1, True)
    assert verify_password(await stored(priya), "correct horse")


async def test_a_broker_that_is_away_is_said_with_what_to_check() -> None:
    said = await tierline("topics", "list", TIERLINE_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert said.exit_code == 1
    assert "Check TIERLINE_KAFKA_BOOTSTRAP" in said.stderr
    wrong = await tierline("topics", "list", TIERLINE_KAFKA_BOOTSTRAP="nowhere")
    assert "TIERLINE_KAFKA_BOOTSTRAP: must be host:port" in wrong.stderr
