"""The relay on real Postgres, with a broker that does what the test says."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from tests.services.interleavings.world import World, make_world
from tierline.bus import relay as relay_module
from tierline.bus.limits import RELAY_ROWS_MAX
from tierline.bus.producer import NotSentError
from tierline.bus.relay import LOCK_CLASS, Relay
from tierline.messages.topics import SHARDS, shard_of
from tierline.store.database import UNREACHABLE
from tierline.testing.producers import RecordingSender

pytestmark = pytest.mark.postgres

PATIENCE_S = 20


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        yield made


async def put(world: World, key: str, numbers: range) -> None:
    """Rows of one key in one transaction, as a ticket's writer makes them."""
    await world.run(
        "INSERT INTO tierline.outbox (shard, topic, key, body)"
        " SELECT $1, 't', $2, convert_to(n::text, 'UTF8') FROM unnest($3::int[]) AS n",
        shard_of(key),
        key,
        list(numbers),
    )


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]
    try:
        yield
    finally:
        stop.set()
        for relay in relays:
            relay.nudge()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*tasks)


async def test_two_relays_and_a_stalling_broker_keep_the_order_of_every_key(
    world: World, eventually
) -> None:
    """Writers go on while both relays send; without a crash nothing goes twice either."""
    chance = random.Random(7)
    sender = RecordingSender(stall_s=lambda _: chance.choice((0.0, 0.0, 0.002, 0.02)))
    keys = [f"ticket-{n}" for n in range(40)]
    assert len({shard_of(key) for key in keys}) == SHARDS
    relays = [Relay(world.db, sender), Relay(await world.other_db(), sender)]
    async with running(*relays):
        for start in range(0, 50, 5):
            for key in chance.sample(keys, len(keys)):
                await put(world, key, range(start, start + 5))
            relays[start % 2].nudge()
        await eventually(lambda: len(sender.sent) >= 50 * len(keys))
    for key in keys:
        assert [int(body) for body in sender.bodies(key)] == list(range(50))
    assert await world.count("outbox") == 0


async def test_what_is_refused_for_good_becomes_a_dead_letter_and_the_rest_goes(
    world: World,
) -> None:
    await put(world, "k", range(3))
    sender = RecordingSender(refuses=lambda message: message.body == b"1")
    assert await Relay(world.db, sender).send_once() == 3
    assert sender.bodies("k") == [b"0", b"2"]
    (dead,) = await world.rows("SELECT source, key, body, reason FROM tierline.dead_letter")
    assert tuple(dead) == ("outbox:t", "k", b"1", "too large")
    assert await world.count("outbox") == 0


async def test_a_broker_that_is_away_leaves_every_row(world: World) -> None:
    await put(world, "k", range(3))
    sender = RecordingSender()
    sender.away = True
    with pytest.raises(NotSentError):
        await Relay(world.db, sender).send_once()
    assert await world.count("outbox") == 3
    assert await world.count("dead_letter") == 0


async def test_a_running_relay_outlives_a_broker_that_is_away(world: World, eventually) -> None:
    sender = RecordingSender()
    sender.away = True
    tried = 0

    def counted(_) -> float:
        nonlocal tried
        tried += 1
        return 0.0

    sender.stall_s = counted
    await put(world, "k", range(3))
    async with running(Relay(world.db, sender)):
        await eventually(lambda: tried >= 2)
        sender.away = False
        await eventually(lambda: len(sender.sent) == 3)


async def test_a_nudge_wakes_a_relay_that_would_sleep(
    world: World, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "RELAY_POLL_S", 600.0)
    sender = RecordingSender()
    relay = Relay(world.db, sender)
    async with running(relay):
        await put(world, "k", range(1))
        relay.nudge()
        await eventually(lambda: sender.sent)
        await put(world, "k", range(1, 2))
        relay.nudge()
        await eventually(lambda: len(sender.sent) == 2)


async def test_the_poll_finds_what_nobody_announced(world: World, eventually) -> None:
    sender = RecordingSender()
    async with running(Relay(world.db, sender)):
        await put(world, "k", range(1))
        await eventually(lambda: sender.sent)


async def test_a_nudged_shard_that_is_locked_goes_as_soon_as_it_is_free(
    world: World, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again after RELAY_BUSY_S, here for long enough to outlast the lock."""
    monkeypatch.setattr(relay_module, "RELAY_POLL_S", 600.0)
    monkeypatch.setattr(relay_module, "RELAY_BUSY_S", 0.2)
    sender = RecordingSender()
    relay = Relay(await world.other_db(), sender)
    await put(world, "locked", range(1))
    async with world.db.transaction() as connection:
        await connection.execute(
            "SELECT pg_advisory_xact_lock($1, $2)", LOCK_CLASS, shard_of("locked")
        )
        assert await relay.send_once() == 0
        runs = asyncio.Event()
        once = relay.send_once

        async def seen() -> int:
            sent = await once()
            runs.set()
            return sent

        monkeypatch.setattr(relay, "send_once", seen)
        stop = asyncio.Event()
        relay.nudge()
        task = asyncio.create_task(relay.run(stop))
        await asyncio.wait_for(runs.wait(), PATIENCE_S)
        assert not sender.sent
    await eventually(lambda: sender.sent)
    stop.set()
    relay.nudge()
    await asyncio.wait_for(task, PATIENCE_S)


async def test_a_pass_sends_a_bounded_number_of_rows(world: World) -> None:
    await put(world, "k", range(RELAY_ROWS_MAX + 10))
    sender = RecordingSender()
    relay = Relay(world.db, sender)
    assert [await relay.send_once() for _ in range(3)] == [RELAY_ROWS_MAX, 10, 0]
    assert [int(body) for body in sender.bodies("k")] == list(range(RELAY_ROWS_MAX + 10))


async def test_a_running_relay_outlives_a_postgres_that_dies_while_it_sends(
    world: World, postgres_server, eventually
) -> None:
    """The rows are still there, so they go again: in order, and none is missing."""
    sending = asyncio.Event()

    def first(_) -> float:
        stall = 0.0 if sending.is_set() else 0.5
        sending.set()
        return stall

    sender = RecordingSender(stall_s=first)
    await put(world, "k", range(5))
    async with running(Relay(world.db, sender)):
        await asyncio.wait_for(sending.wait(), PATIENCE_S)
        await postgres_server.kill()
        await postgres_server.start()
        await eventually(lambda: len(sender.sent) >= 10)
    assert [int(body) for body in sender.bodies("k")] == [*range(5), *range(5)]
    assert await world.count("outbox") == 0


async def test_however_a_connection_is_lost_it_means_that_postgres_is_away(
    world: World,
) -> None:
    """asyncpg says it in three ways, by how far the loss has come when the COMMIT is sent."""

    async def lose(looks: int) -> None:
        async with world.db.transaction() as connection, world.db.connection() as other:
            pid = connection.get_server_pid()
            await other.execute("SELECT pg_terminate_backend($1)", pid)
            for _ in range(looks):
                if not await other.fetchval("SELECT 1 FROM pg_stat_activity WHERE pid=$1", pid):
                    break

    for turn in range(21):
        with pytest.raises(UNREACHABLE):
            await lose(turn % 7)
