"""Keys of sources and secrets of webhooks, changed with an overlap in which both are good."""

import asyncio
import json

import asyncpg
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from tierline.cli.main import app
from tierline.web.keys import hash_key

pytestmark = pytest.mark.postgres

FIRST = "whsec_Zmlyc3QgZmlyc3QgZmlyc3QgZmlyc3Q="


@pytest_asyncio.fixture(loop_scope="session")
async def connection(module_database_url: str):
    opened = await asyncpg.connect(module_database_url)
    await opened.execute(
        "TRUNCATE tierline.integration CASCADE; TRUNCATE tierline.subscription;"
        "INSERT INTO tierline.integration (name, kind) VALUES ('api', 'json'), ('mon', 'json');"
        "INSERT INTO tierline.subscription (name, url, secrets)"
        f" VALUES ('psa', 'https://psa.example/hook', '{{{FIRST}}}')"
    )
    yield opened
    await opened.close()


@pytest.fixture
def tierline(module_database_url: str):
    async def run(*args: str):
        runner = CliRunner(env={"TIERLINE_DATABASE_URL": module_database_url, "COLUMNS": "100"})
        return await asyncio.to_thread(runner.invoke, app, list(args), prog_name="tierline")

    return run


async def live(connection) -> list[str]:
    rows = await connection.fetch(
        "SELECT hash FROM tierline.integration_key WHERE revoked_at IS NULL ORDER BY created_at"
    )
    return [row["hash"] for row in rows]


async def test_a_key_is_listed_by_its_hash_and_ended_by_the_beginning_of_it(tierline, connection):
    raw = [(await tierline("integration-key", "create", "api")).stdout.strip() for _ in range(2)]
    listed = json.loads((await tierline("integration-key", "list", "--json")).stdout)["items"]
    assert [it["integration"] for it in listed] == ["api", "api"]
    assert [hash_key(key).startswith(it["key"]) for key, it in zip(raw, listed, strict=True)] == [
        True,
        True,
    ]
    done = await tierline("integration-key", "revoke", listed[0]["key"])
    assert done.stdout == f"revoked {listed[0]['key']} of api\n"
    assert await live(connection) == [hash_key(raw[1])]
    plain = await tierline("integration-key", "list")
    assert listed[1]["key"] in plain.stdout
    assert raw[1] not in plain.stdout


async def test_a_beginning_of_none_or_of_several_keys_ends_nothing(tierline, connection):
    await connection.executemany(
        "INSERT INTO tierline.integration_key (hash, integration) VALUES ($1, 'api')",
        [("ab" + "1" * 62,), ("ab" + "2" * 62,)],
    )
    for beginning, word in (("ab", "Several keys"), ("cd", "No key"), ("", "No key")):
        refused = await tierline("integration-key", "revoke", beginning)
        assert refused.exit_code == 1
        assert word in refused.stderr
    assert len(await live(connection)) == 2


async def secrets(connection) -> list[str]:
    return list(await connection.fetchval("SELECT secrets FROM tierline.subscription"))


async def test_a_new_secret_stands_before_the_old_one_until_that_is_ended(tierline, connection):
    made = (await tierline("subscriptions", "new-secret", "psa")).stdout.strip()
    assert made.startswith("whsec_")
    assert await secrets(connection) == [made, FIRST]
    third = await tierline("subscriptions", "new-secret", "psa")
    assert third.exit_code == 1
    assert "old-secret psa" in third.stderr
    ended = await tierline("subscriptions", "old-secret", "psa", "--json")
    assert json.loads(ended.stdout) == {"subscription": "psa", "ended": 1}
    assert await secrets(connection) == [made]


async def test_the_only_secret_is_not_ended(tierline, connection):
    refused = await tierline("subscriptions", "old-secret", "psa")
    assert refused.exit_code == 1
    assert "new-secret psa" in refused.stderr
    assert await secrets(connection) == [FIRST]


async def test_subscriptions_are_listed_without_their_secrets(tierline, connection):
    listed = await tierline("subscriptions", "list")
    assert listed.stdout.splitlines()[1].split() == ["psa", "1", "live", "https://psa.example/hook"]
    await connection.execute("UPDATE tierline.subscription SET disabled_at = now(), why = 'gone'")
    listed = await tierline("subscriptions", "list", "--json")
    (item,) = json.loads(listed.stdout)["items"]
    assert (item["why"], item["secrets"]) == ("gone", 1)
    assert FIRST not in listed.stdout


async def test_an_unknown_subscription_is_told_with_the_nearest(tierline, connection):
    refused = await tierline("subscriptions", "new-secret", "pas")
    assert refused.exit_code == 1
    assert "did you mean `psa`" in refused.stderr.lower()
