"""Which commits wait for the disk: all but the notifier's, and there those of dead letters."""

import pytest

from notifier import app
from notifier.app import Settings
from tierline.store.database import Database
from tierline.store.dead_letters import bury

SHOW = "SHOW synchronous_commit"


@pytest.mark.postgres
@pytest.mark.parametrize(("waits", "shown"), [(True, "on"), (False, "off")])
async def test_a_pool_waits_or_not(database_url: str, waits: bool, shown: str) -> None:
    db = await Database.connect(database_url, commits_wait=waits)
    try:
        async with db.transaction() as connection:
            assert await connection.fetchval(SHOW) == shown
    finally:
        await db.close()


@pytest.mark.postgres
async def test_a_dead_letter_waits_where_nothing_else_does(database_url: str) -> None:
    """Poison comes once: its message is committed at the broker as soon as it is set aside."""
    db = await Database.connect(database_url, commits_wait=False)
    try:
        async with db.transaction() as connection:
            await bury(connection, "consumer:notifier", "7/1", b"\x00no json", "not a ticket event")
            assert await connection.fetchval(SHOW) == "on"
        async with db.transaction() as connection:
            assert await connection.fetchval(SHOW) == "off"
            kept = await connection.fetchrow("SELECT * FROM tierline.dead_letter")
    finally:
        await db.close()
    assert (kept["source"], kept["body"]) == ("consumer:notifier", b"\x00no json")


async def test_the_notifier_is_the_one_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class AskedError(Exception):
        pass

    async def connect(_url: str, *, commits_wait: bool = True, **_more: object) -> None:
        raise AskedError(str(commits_wait))

    monkeypatch.setattr(app.Database, "connect", connect)
    with pytest.raises(AskedError, match="False"):
        await app.build(
            Settings(
                database_url="postgresql://nowhere",
                kafka_bootstrap="nowhere:9",
                port=1,
                secret="s" * 32,
            )
        )
