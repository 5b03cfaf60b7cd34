"""A disable, a resume, a writer and a recorder at the same time, one statement at a time."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from notifier.directory import Directory, DirectorySource, read_directory
from notifier.handlers import Written, write_notices
from notifier.outcome import Delivered, Failed, Verdict
from notifier.prepare import Prepared
from notifier.record import record
from notifier.recorder import Recorder
from notifier.settle import Settlement, settle
from notifier.subscriptions import DISABLE, disable, resume
from tests.services.notifier.test_lines import feed_of, seqs
from tests.services.notifier.world import LIMITS, World
from tierline.domain.commands import Note
from tierline.store.database import Database
from tierline.testing.steps import COMMIT, Actor, SteppedDatabase

pytestmark = pytest.mark.postgres

GONE = Failed("gone: 410", disable=True)
MESSAGES = "INSERT INTO tierline.message"


@pytest.fixture
async def actor(world: World, database_url: str) -> AsyncIterator[Actor]:
    """Somebody else, who goes on when the test says so."""
    db = await SteppedDatabase.open(database_url)
    yield Actor(db, world.db)
    await db.close()


async def claimed(world: World) -> list[Prepared]:
    found, _ = await world.deliverer()._claim(10)
    return [one for one in found if one.claim.channel == "webhook"]


def settled(one: Prepared, verdict: Verdict) -> Settlement:
    return settle(one, verdict, LIMITS, Random(1))


def recorder(world: World, db: Database) -> Recorder:
    return Recorder(db, lambda: world.policy, DirectorySource(db))


async def resume_psa(db: Database) -> int:
    async with db.transaction() as connection:
        return await resume(connection, "psa")


async def test_a_resume_waits_for_whoever_fails_a_message_of_a_disabled_subscription(
    world: World, actor: Actor, eventually
) -> None:
    """It was disabled before, so nothing is left to disable: the row is locked all the same."""
    await feed_of(world, 1001)
    [one] = await claimed(world)
    await world.sql("UPDATE tierline.subscription SET disabled_at = now(), why = 'by hand'")
    recording = recorder(world, actor.db).record([settled(one, GONE)])
    await actor.start(recording, until=COMMIT)
    resuming = asyncio.create_task(resume_psa(world.db))

    async def there_or_waiting() -> bool:
        waiting = await world.sql(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return resuming.done() or bool(waiting)

    await eventually(there_or_waiting)
    await actor.finish()
    assert await asyncio.wait_for(resuming, 10) == 3
    await world.deliver()
    assert seqs(world, 1001) == [1, 2, 3]


async def test_a_subscription_that_is_resumed_while_another_message_ends_it_is_disabled_again(
    world: World, actor: Actor
) -> None:
    await feed_of(world, 1001)
    [one] = await claimed(world)
    await world.sql("UPDATE tierline.subscription SET disabled_at = now(), why = 'by hand'")
    recording = recorder(world, actor.db).record([settled(one, GONE)])
    await actor.start(recording, until="FOR SHARE")
    await resume_psa(world.db)
    await actor.finish()
    [subscription] = await world.sql("SELECT * FROM tierline.subscription")
    assert subscription["why"] == "gone: 410"
    assert {m["state"] for m in await world.sent(channel="webhook")} == {"failed"}
    assert await resume_psa(world.db) == 3
    await world.deliver()
    assert seqs(world, 1001) == [1, 2, 3]


async def test_many_that_end_a_subscription_end_it_once(world: World) -> None:
    await feed_of(world, 1001, 1002)
    both = [settled(one, GONE) for one in await claimed(world)]
    told: list[str] = []
    async with world.db.transaction() as connection:
        connection.add_query_logger(lambda query: told.append(query.query))
        await record(connection, both, world.policy, Directory())
    assert told.count(DISABLE) == 1


async def test_what_is_new_goes_out_behind_nothing_that_failed_with_its_subscription(
    world: World, actor: Actor
) -> None:
    """It is disabled between the writer's look at it and the writing."""
    await feed_of(world, 1001)
    world.stories[1001].ok(Note("still at it"))
    await world.save()
    messages = await world.messages()

    async def write() -> Written:
        async with actor.db.transaction() as connection:
            known = await read_directory(connection)
            return await write_notices(
                connection, messages, world.policy, known, room=lambda _: 100
            )

    await actor.start(write(), until=MESSAGES)
    async with world.db.transaction() as connection:
        await disable(connection, "psa", "gone: 410")
    written = await actor.finish()
    assert written.handed.now == []
    await world.deliver()
    assert world.webhook.sent == []
    assert await resume_psa(world.db) == 4
    await world.deliver()
    assert seqs(world, 1001) == [1, 2, 3, 4]


async def test_of_two_attempts_recorded_together_the_latest_counts(world: World) -> None:
    """The lease of the first ran out while its outcome could not be recorded."""
    await feed_of(world, 1001)
    [first] = await claimed(world)
    await world.make_due()
    [second] = await claimed(world)
    assert (first.claim.attempt, second.claim.attempt) == (1, 2)
    both = [settled(first, GONE), settled(second, Delivered("204"))]
    await recorder(world, world.db).record(both)
    [message, *_] = await world.sent(channel="webhook")
    assert message["state"] == "delivered"
    late, latest = await world.attempts(message["id"])
    assert (late["outcome"], latest["outcome"]) == ("late", "delivered")
    [subscription] = await world.sql("SELECT * FROM tierline.subscription")
    assert subscription["disabled_at"] is None


async def test_an_outcome_recorded_twice_is_told_as_it_was(world: World) -> None:
    """The answer to the first COMMIT was lost; nobody else has begun an attempt."""
    await feed_of(world, 1001)
    [one] = await claimed(world)
    for _ in range(2):
        await recorder(world, world.db).record([settled(one, Delivered("204"))])
    [attempt] = await world.attempts(one.claim.id)
    assert (attempt["outcome"], attempt["detail"]) == ("delivered", "204")


async def test_what_is_under_way_when_another_ends_the_subscription_keeps_its_own_outcome(
    world: World,
) -> None:
    await feed_of(world, 1001, 1002)
    one, two = await claimed(world)
    await recorder(world, world.db).record([settled(one, GONE)])
    await recorder(world, world.db).record([settled(two, Delivered("204"))])
    told = {m["id"]: m["state"] for m in await world.sent(channel="webhook")}
    assert told.pop(two.claim.id) == "delivered"
    assert set(told.values()) == {"failed"}
    assert await resume_psa(world.db) == 5
