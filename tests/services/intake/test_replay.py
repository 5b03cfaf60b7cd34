"""While a recorded log is replayed, alerts of today are told to come again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio

from intake.app import edge
from tests.services.intake.conftest import Rig, alert
from tierline.store.database import Database
from tierline.store.replays import Replay, begin_replay, end_replay

pytestmark = pytest.mark.postgres

AT = datetime(2012, 3, 5, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="session")
async def rig(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    """The edge of a development stack, which looks for a replay at each request."""
    monkeypatch.setattr("intake.replays.REPLAY_LOOK_SECONDS", 0.0)
    database = await Database.connect(database_url)
    front = edge(database, lambda: None, {"postgres": database.alive}, development=True)
    transport = httpx.ASGITransport(app=front.app)
    client = httpx.AsyncClient(transport=transport, base_url="http://intake")
    yield Rig(database, client, front.batcher)
    await client.aclose()
    await front.batcher.close()
    await database.close()


async def test_an_alert_waits_with_its_sender_until_the_replay_has_ended(rig: Rig) -> None:
    key = await rig.integration("rmm")
    async with rig.database.transaction() as connection:
        await begin_replay(connection, Replay("old.csv", "d", AT, AT))
    turned_away = await rig.post(key, alert())
    assert turned_away.status_code == 503
    assert turned_away.headers["Retry-After"]
    assert turned_away.json()["code"] == "replay_running"
    assert "old.csv" in turned_away.json()["detail"]
    assert (await rig.fetch("SELECT count(*) AS n FROM tierline.alert"))[0]["n"] == 0
    async with rig.database.transaction() as connection:
        assert await end_replay(connection)
    assert (await rig.post(key, alert())).status_code == 202


async def test_where_no_replay_is_alerts_are_taken(rig: Rig) -> None:
    key = await rig.integration("rmm")
    assert (await rig.post(key, alert())).status_code == 202
