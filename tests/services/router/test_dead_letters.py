"""What could not be processed is listed and sent on its way again, once."""

import pytest

from tierline.messages.topics import ALERTS, EVENTS
from tierline.store.dead_letters import bury


async def bury_one(world, source, key, body=b"body"):
    async with world.db.connection() as connection:
        await bury(connection, source, key, body, "it broke")
        return await connection.fetchval("SELECT max(id) FROM tierline.dead_letter")


async def replayed(world, letter):
    return await world.as_("all").post(f"/v1/dead-letters/{letter}/replay")


async def outbox(world):
    async with world.db.connection() as connection:
        return await connection.fetch(
            "SELECT topic, key, body FROM tierline.outbox ORDER BY id DESC LIMIT 1"
        )


async def test_letters_are_listed_the_newest_first_page_by_page(world):
    letters = [await bury_one(world, "outbox:x", str(n), b"\xff" + b"y" * 9_000) for n in range(3)]
    admin = world.as_("all")
    first = (await admin.get("/v1/dead-letters", params={"limit": 2})).json()
    rest = (await admin.get("/v1/dead-letters", params={"cursor": first["next_cursor"]})).json()
    assert [it["id"] for it in first["items"] + rest["items"]] == letters[::-1]
    shown = first["items"][0]
    assert (shown["bytes"], shown["reason"]) == (9_001, "it broke")
    assert len(shown["body"]) < shown["bytes"]


async def test_what_the_broker_refused_goes_back_to_the_outbox(world):
    letter = await bury_one(world, f"outbox:{ALERTS}", "key")
    answer = await replayed(world, letter)
    assert answer.status_code == 200
    assert answer.json()["replayed_at"] is not None
    assert [tuple(row) for row in await outbox(world)] == [(ALERTS, "key", b"body")]
    again = await replayed(world, letter)
    assert (again.status_code, again.json()["code"]) == (409, "already_replayed")


async def test_a_consumer_forgets_the_event_it_set_aside_and_gets_it_again(world):
    number = await world.open()
    await world.sql(
        f"INSERT INTO tierline.progress (consumer, ticket, seq) VALUES ('notifier', {number}, 2)"
    )
    letter = await bury_one(world, "consumer:notifier", f"{number}/2")
    assert (await replayed(world, letter)).status_code == 200
    assert await world.sql("SELECT seq FROM tierline.progress") == 1
    assert [tuple(row) for row in await outbox(world)] == [(EVENTS, str(number), b"body")]


async def test_an_alert_that_could_not_be_triaged_waits_for_triage_again(world):
    alert = await world.sql(
        "INSERT INTO tierline.alert (accepted_at, integration, source, client, dedup_key, body,"
        " outcome) VALUES (now(), 'api', 'api', 'Unsorted', 'k', '{}', 'dead letter') RETURNING id"
    )
    letter = await bury_one(world, "consumer:triage", str(alert))
    assert (await replayed(world, letter)).status_code == 200
    assert await world.sql("SELECT count(*) FROM tierline.alert WHERE outcome IS NULL") == 1


@pytest.mark.parametrize("source", ["sla-timer", "consumer:notifier", "outbox:nothing", "intake"])
async def test_what_cannot_be_sent_again_is_refused(world, source):
    letter = await bury_one(world, source, "key")
    answer = await replayed(world, letter)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_replayable")
    assert (await replayed(world, 999_999)).status_code == 404
