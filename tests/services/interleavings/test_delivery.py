"""The relay against itself, and two replicas of one consumer."""

import pytest

from tests.services.interleavings.world import World
from tierline.bus.inbox import Inbox
from tierline.bus.relay import Relay
from tierline.messages.events import decode_event
from tierline.store.events import lock_progress, save_progress
from tierline.testing.producers import RecordingSender
from tierline.testing.steps import COMMIT

pytestmark = pytest.mark.postgres

DELETE = "DELETE FROM tierline.outbox"
READ = "ORDER BY id LIMIT"


async def _put(world: World, *bodies: bytes, shard: int = 3, key: str = "k") -> None:
    for body in bodies:
        await world.run(
            "INSERT INTO tierline.outbox (shard, topic, key, body) VALUES ($1, 't', $2, $3)",
            shard,
            key,
            body,
        )


async def test_a_shard_in_hand_is_left_alone_and_others_are_sent(world: World) -> None:
    await _put(world, b"1", b"2")
    sender = RecordingSender()
    one = await world.actor()
    await one.start(Relay(one.db, sender).send_once(), until=DELETE)
    await _put(world, b"3")
    await _put(world, b"other", shard=4, key="o")
    assert await Relay(world.db, sender).send_once() == 1
    assert sender.bodies("k") == [b"1", b"2"], "3 must wait for 1 and 2 to be gone"
    assert await one.finish() == 2
    assert await Relay(world.db, sender).send_once() == 1
    assert sender.bodies("k") == [b"1", b"2", b"3"]
    assert await world.count("outbox") == 0


async def test_a_relay_that_waited_with_the_lock_reads_what_was_committed_before_it_reads(
    world: World,
) -> None:
    """It locks first and reads then, so that it never sends a stale set of rows twice."""
    await _put(world, b"1")
    sender = RecordingSender()
    one = await world.actor()
    await one.start(Relay(one.db, sender).send_once(), until=READ)
    assert await Relay(world.db, sender).send_once() == 0
    await _put(world, b"2")
    assert await one.finish() == 2
    assert sender.bodies("k") == [b"1", b"2"]


async def test_a_relay_that_takes_a_shard_just_emptied_sends_nothing_twice(
    world: World,
) -> None:
    """The rows it saw waiting are gone by the time it reads them with the lock in hand."""
    await _put(world, b"1")
    sender = RecordingSender()
    one = await world.actor()
    await one.start(Relay(one.db, sender).send_once(), until=READ)
    await world.run("DELETE FROM tierline.outbox")
    assert await one.finish() == 0
    assert sender.sent == []


async def test_a_crash_between_send_and_commit_sends_again_and_loses_nothing(
    world: World,
) -> None:
    await _put(world, b"1", b"2")
    sender = RecordingSender()
    one = await world.actor()
    await one.start(Relay(one.db, sender).send_once(), until=DELETE)
    await _put(world, b"3")
    assert await one.lose_connection() is not None
    assert await Relay(world.db, sender).send_once() == 3
    assert sender.bodies("k") == [b"1", b"2", b"1", b"2", b"3"]
    assert await world.count("outbox") == 0


@pytest.mark.parametrize("known", [False, True])
async def test_two_replicas_with_the_same_events_apply_them_once(world: World, known: bool) -> None:
    """The second waits on the progress row, new or already there, and finds everything seen."""
    ticket = await world.open()
    told = await world.told(ticket.id)
    effects: list[tuple[str, int]] = []
    one, two = await world.actor(), await world.actor()

    def replica(name: str, db) -> Inbox:
        async def apply(connection, new) -> None:
            effects.extend((name, message.event.seq) for message in new)

        return Inbox(db, "notifier", apply)

    if known:
        await replica("before", world.db).take(told[:1])
    await one.start(replica("one", one.db).take(told), until="UPDATE tierline.progress")
    await two.start(replica("two", two.db).take(told), until="tierline.progress")
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert effects == [("before" if known else "one", 1), ("one", 2)]


async def test_a_replica_that_dies_leaves_its_events_to_the_one_that_waits(
    world: World,
) -> None:
    ticket = await world.open()
    told = await world.told(ticket.id)
    await world.run("CREATE TABLE effect (by text, seq int)")
    one, two = await world.actor(), await world.actor()

    def replica(name: str, db) -> Inbox:
        async def apply(connection, new) -> None:
            for message in new:
                await connection.execute(
                    "INSERT INTO effect VALUES ($1, $2)", name, message.event.seq
                )

        return Inbox(db, "notifier", apply)

    await one.start(replica("one", one.db).take(told), until=COMMIT)
    await two.start(replica("two", two.db).take(told), until="tierline.progress")
    await two.run_until_blocked()
    assert await one.lose_connection() is not None
    await two.finish()
    rows = await world.rows("SELECT by, seq FROM effect ORDER BY seq")
    assert [tuple(row) for row in rows] == [("two", 1), ("two", 2)]


async def test_progress_rows_of_many_tickets_are_taken_in_one_order(world: World) -> None:
    """Two replicas with the same tickets the other way round: one waits, none is deadlocked."""
    tickets = [number.id for number in await world.open_many(10)]
    one, two = await world.actor(), await world.actor()

    async def see(db, numbers: list[int]) -> None:
        async with db.transaction() as connection:
            await lock_progress(connection, "live", numbers)
            await save_progress(connection, "live", dict.fromkeys(numbers, 1))

    await see(world.db, tickets[::2])  # half of the rows are there, half are to be made
    await one.start(see(one.db, tickets), until="UPDATE tierline.progress")
    await two.start(see(two.db, tickets[::-1]), until="tierline.progress")
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert await world.count("progress", "seq = 1") == 10


async def test_a_slow_replica_never_takes_progress_backwards(world: World) -> None:
    ticket = await world.open()
    one = await world.actor()

    async def see(db, seq: int) -> None:
        async with db.transaction() as connection:
            await save_progress(connection, "live", {ticket.id: seq})

    async with world.db.transaction() as connection:
        await lock_progress(connection, "live", [ticket.id])
    await one.start(see(one.db, 1), until="UPDATE tierline.progress")
    await see(world.db, 2)
    await one.finish()
    assert await world.value("SELECT seq FROM tierline.progress") == 2


async def test_an_event_whose_first_delivery_is_uncommitted_is_no_gap(world: World) -> None:
    """Two events of one ticket, the later in the hands of the second replica: it waits its turn."""
    ticket = await world.open()
    first, second = await world.told(ticket.id)
    seen: list[int] = []

    async def apply(connection, new) -> None:
        seen.extend(message.event.seq for message in new)

    one, two = await world.actor(), await world.actor()
    await one.start(Inbox(one.db, "notifier", apply).take([first]), until=COMMIT)
    await two.start(Inbox(two.db, "notifier", apply).take([second]), until="tierline.progress")
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert seen == [1, 2]
    bodies = await world.rows("SELECT body FROM tierline.event ORDER BY seq")
    assert [decode_event(row["body"]).event.seq for row in bodies] == [1, 2]
