"""From the outbox through a real broker to the effects, while things die: every effect once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from intake.triage import consumer as triage_consumer
from intake.triage.consumer import TriageConsumer
from tests.brokers import make_producer
from tests.contract.bus import own_broker
from tests.domain.worlds import SAM
from tests.services.interleavings.world import World, make_world
from tierline.bus import inbox as inbox_module
from tierline.bus.consumer import Consumer
from tierline.bus.inbox import Inbox
from tierline.bus.relay import Relay
from tierline.domain.commands import Note
from tierline.messages.alert import encode_accepted, message_key
from tierline.messages.topics import ALERTS, EVENTS, shard_of

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.timeout(240)]

PATIENCE_S = 60.0
STOP_WITHIN_S = 30.0
TOO_MUCH = 2 * 1024 * 1024


@asynccontextmanager
async def running(*loops: Callable[[asyncio.Event], object]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop(stop)) for loop in loops]
    try:
        yield
        assert not any(task.done() for task in tasks), "a loop ended by itself"
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), STOP_WITHIN_S)


class Notifier:
    """A replica whose effect is a row an event, written in the inbox's transaction."""

    def __init__(self, world: World, bootstrap: str) -> None:
        self.inbox = Inbox(world.db, "notifier", self.apply)
        self.consumer = Consumer(bootstrap, EVENTS, "notifier", self.inbox.handle)

    async def apply(self, connection, new) -> None:
        await connection.executemany(
            "INSERT INTO effect (ticket, seq) VALUES ($1, $2)",
            [(message.event.ticket, message.event.seq) for message in new],
        )

    async def sweep(self, stop: asyncio.Event) -> None:
        await self.inbox.sweep(stop, self.consumer.lagging)


async def effects(world: World) -> Counter[tuple[int, int]]:
    rows = await world.rows("SELECT ticket, seq FROM effect")
    return Counter((row["ticket"], row["seq"]) for row in rows)


async def in_order(world: World) -> bool:
    """Whether each ticket's effects were written in the order of its events."""
    return not await world.value(
        "SELECT exists (SELECT 1 FROM effect a JOIN effect b ON a.ticket = b.ticket"
        " AND a.place < b.place AND a.seq >= b.seq)"
    )


async def test_a_broker_that_dies_empty_in_mid_stream_loses_and_doubles_nothing(
    database_url: str, tmp_path, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two replicas, two relays, one broker killed twice: messages it had acked are gone."""
    monkeypatch.setattr(inbox_module, "SWEEP_EVERY_S", 0.5)
    monkeypatch.setattr(inbox_module, "SWEEP_OLDER_THAN_S", 1.0)
    async with own_broker(tmp_path, topics=False) as broker, make_world(database_url) as world:
        await world.run("CREATE TABLE effect (place bigserial, ticket bigint, seq int)")
        producers = [make_producer(broker.bootstrap), make_producer(broker.bootstrap)]
        relays = [Relay(world.db, producer) for producer in producers]
        replicas = [Notifier(world, broker.bootstrap) for _ in range(2)]
        loops = [relay.run for relay in relays]
        loops += [replica.consumer.run for replica in replicas]
        loops += [replica.sweep for replica in replicas]
        async with running(*loops):
            tickets = []
            for turn in range(6):
                tickets += await world.open_many(40)
                relays[0].nudge()
                for ticket in tickets[-10:]:
                    await world.do(ticket.id, Note(f"turn {turn}"), SAM)
                if turn in {2, 4}:
                    await broker.kill()
                    await broker.start()
            wanted = 6 * 40 * 2 + 6 * 10

            async def all_there() -> bool:
                return await world.count("outbox") == 0 and len(await effects(world)) == wanted

            await eventually(all_there, PATIENCE_S)
            for producer in producers:
                await producer.close()
        assert set((await effects(world)).values()) == {1}
        assert await in_order(world)
        assert await world.count("dead_letter") == 0


async def test_a_row_no_broker_takes_is_a_dead_letter_and_blocks_nothing(
    database_url: str, tmp_path
) -> None:
    async with own_broker(tmp_path) as broker, make_world(database_url) as world:
        producer = make_producer(broker.bootstrap)
        for body in (b"1", b"x" * TOO_MUCH, b"3"):
            await world.run(
                "INSERT INTO tierline.outbox (shard, topic, key, body) VALUES (1, $1, 'k', $2)",
                EVENTS,
                body,
            )
        assert await Relay(world.db, producer).send_once() == 3
        await producer.close()
        (dead,) = await world.rows("SELECT source, length(body) AS n FROM tierline.dead_letter")
        assert (dead["source"], dead["n"]) == (f"outbox:{EVENTS}", TOO_MUCH)
        assert await world.count("outbox") == 0


async def test_alerts_reach_triage_over_the_broker_and_by_the_sweep_without_it(
    database_url: str, tmp_path, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triage_consumer, "SWEEP_EVERY_S", 0.5)
    monkeypatch.setattr(triage_consumer, "SWEEP_OLDER_THAN_S", 1.0)
    async with own_broker(tmp_path) as broker, make_world(database_url) as world:
        producer = make_producer(broker.bootstrap)
        relay = Relay(world.db, producer)
        triage = TriageConsumer(world.db, world.triager())
        consumer = Consumer(broker.bootstrap, ALERTS, "triage", triage.handle)

        async def accept(key: str) -> None:
            alert = await world.alert(key)
            name = message_key("rmm", key)
            await world.run(
                "INSERT INTO tierline.outbox (shard, topic, key, body) VALUES ($1, $2, $3, $4)",
                shard_of(name),
                ALERTS,
                name,
                encode_accepted(alert),
            )
            relay.nudge()

        async def none_waits() -> bool:
            return await world.count("alert", "outcome IS NULL") == 0

        async def sweep(stop: asyncio.Event) -> None:
            await triage.sweep(stop, consumer.lagging)

        async with running(relay.run, consumer.run, sweep):
            for n in range(20):
                await accept(f"k{n % 5}")
            await eventually(none_waits, PATIENCE_S)
            await broker.kill()
            for n in range(20, 40):
                await accept(f"k{n % 10}")
            await eventually(none_waits, PATIENCE_S)
            await broker.start()

            async def relayed() -> bool:
                return await world.count("outbox", f"topic = '{ALERTS}'") == 0

            await eventually(relayed, PATIENCE_S)
            await producer.close()
        assert await world.count("ticket") == 10
        assert await world.count("alert", "outcome = 'opened'") == 10
        assert await world.count("alert", "outcome = 'attached'") == 30
        assert await world.count("dead_letter") == 0
