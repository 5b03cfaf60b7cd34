"""The auditor sees what should have happened and has not."""

import pytest

from sla_timer.audit import Auditor
from tests.domain.worlds import Story
from tierline.store.database import Database
from tierline.store.tickets import Change, write_changes


@pytest.fixture
async def db(database_url: str):
    database = await Database.connect(database_url)
    yield database
    await database.close()


async def findings(db: Database) -> dict[str, int]:
    return {finding.what: finding.count for finding in await Auditor(db).audit()}


async def test_nothing_is_amiss_in_an_empty_house(db: Database):
    assert await findings(db) == {}


async def test_an_alert_that_waits_over_a_minute_is_found(db: Database):
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO tierline.alert (accepted_at, received_at, integration, source, client,"
            " dedup_key, body) SELECT now(), now() - make_interval(secs => s), 'm', 'json', 'c',"
            " 'k', '{}' FROM unnest(ARRAY[1, 61, 3600]) AS s"
        )
    assert await findings(db) == {"alerts without an outcome": 2}


async def test_a_due_instant_stored_wrongly_or_passed_is_found(db: Database):
    story = Story().open()
    async with db.transaction() as connection:
        await write_changes(connection, [Change(None, story.ticket, tuple(story.events))])
        await connection.execute("DELETE FROM tierline.outbox")
        # Policy time of this database stands long before the ticket's instants.
        await connection.execute(
            "UPDATE tierline.policy_clock SET held = true, anchor = '2026-11-23T09:00:00Z'"
        )
    assert await findings(db) == {}
    async with db.transaction() as connection:
        await connection.execute("UPDATE tierline.ticket SET next_due_at = next_due_at + '1 us'")
    assert await findings(db) == {"due instants stored wrongly": 1}
    async with db.transaction() as connection:
        await connection.execute(
            "UPDATE tierline.policy_clock SET held = false, anchor = '2026-11-23T12:00:00Z',"
            " real_anchor = clock_timestamp()"
        )
    assert await findings(db) == {"due instants stored wrongly": 1, "due instants passed": 1}


async def test_a_letter_that_nobody_writes_is_found_but_not_while_a_log_is_replayed(db: Database):
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO tierline.letter_due (kind, about, due_at, day, policy)"
            " SELECT 'closing', s, tierline.policy_now() - make_interval(secs => n), now(), 'v'"
            " FROM (VALUES ('Desk', 30), ('Network', 90)) AS said(s, n)"
        )
    assert await findings(db) == {"letters nobody writes": 1}
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO tierline.replay (name, digest, start_at, end_at)"
            " VALUES ('log', 'd', now(), now())"
        )
    assert await findings(db) == {}


async def test_stuck_outbox_rows_and_messages_are_found(db: Database):
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO tierline.outbox (shard, topic, key, body, created_at)"
            " VALUES (1, 't', 'k', '', now() - interval '2 minutes')"
        )
        await connection.execute(
            "INSERT INTO tierline.message (channel, address, key, content, due_at)"
            " VALUES ('mail', 'a', 'k', '{}', now() - interval '2 minutes')"
        )
        await connection.execute(
            "INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach,"
            " policy, why, state, created_at) VALUES (1, 1, 'c', 'person', 'sam', 'o', 'notify',"
            " 'p', 'w', 'pending', now() - interval '2 minutes')"
        )
    assert await findings(db) == {
        "outbox rows stuck": 1,
        "messages nobody attempts": 1,
        "notices without a message": 1,
    }
