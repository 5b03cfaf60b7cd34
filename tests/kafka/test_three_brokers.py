"""Three brokers that keep every message three times: what the death of some of them costs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.conftest import require_or_skip
from tests.contract.test_bus_trip import Notifier, effects, in_order, running
from tests.domain.worlds import SAM
from tests.kafka.apache import Cluster
from tests.kafka.jars import NoKafkaError
from tests.services.interleavings.world import World, make_world
from tierline.bus import inbox as inbox_module
from tierline.bus.producer import NotSentError, Outgoing, Producer
from tierline.bus.relay import Relay
from tierline.domain.commands import Note
from tierline.messages.events import decode_event
from tierline.messages.topics import EVENTS, PARTITIONS, TOPICS

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(300)]

PATIENCE_S = 120.0
BROKERS = 3
TURNS = 6
OPENED_A_TURN = 20
NOTED_A_TURN = 10


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    try:
        three = Cluster(tmp_path_factory.mktemp("kafka"), BROKERS)
    except NoKafkaError as error:
        require_or_skip(str(error))
        raise
    await three.start()
    yield three
    await three.stop()


class Counting:
    """A producer that counts the batches that were not taken: each is sent again from the start."""

    def __init__(self, cluster: Cluster) -> None:
        self.producer = Producer(cluster.bootstrap, idempotent=True, replication=BROKERS)
        self.not_sent = 0

    async def send(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        try:
            return await self.producer.send(messages)
        except NotSentError:
            self.not_sent += 1
            raise


async def log_of(cluster: Cluster) -> dict[int, list[int]]:
    """The seqs of each ticket as they lie in the log of the cluster."""
    consumer = AIOKafkaConsumer(bootstrap_servers=cluster.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: dict[int, list[int]] = {}
    try:
        partitions = [TopicPartition(EVENTS, n) for n in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        count = 0
        async with asyncio.timeout(PATIENCE_S):
            while count < sum(ends.values()):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    count += len(records)
                    for record in records:
                        event = decode_event(record.value).event
                        found.setdefault(event.ticket, []).append(event.seq)
    finally:
        await consumer.stop()
    return found


async def act(world: World, turn: int, relay: Relay) -> None:
    tickets = await world.open_many(OPENED_A_TURN)
    relay.nudge()
    for ticket in tickets[-NOTED_A_TURN:]:
        await world.do(ticket.id, Note(f"turn {turn}"), SAM)


async def test_the_death_of_a_leader_loses_doubles_and_disorders_nothing(
    cluster: Cluster, database_url: str, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two relays, two replicas; the leader of a partition dies twice in mid-stream."""
    monkeypatch.setattr(inbox_module, "SWEEP_EVERY_S", 1.0)
    async with make_world(database_url) as world:
        await world.run("CREATE TABLE effect (place bigserial, ticket bigint, seq int)")
        senders = [Counting(cluster), Counting(cluster)]
        relays = [Relay(world.db, sender) for sender in senders]
        replicas = [Notifier(world, cluster.bootstrap) for _ in range(2)]
        loops = [loop.run for loop in relays]
        loops += [replica.consumer.run for replica in replicas]
        loops += [replica.sweep for replica in replicas]
        async with running(*loops):
            for turn in range(TURNS):
                await act(world, turn, relays[0])
                if turn in {1, 3}:
                    victim = await cluster.leader(EVENTS, turn)
                    await cluster.kill(victim)
                    await act(world, turn, relays[0])
                    await cluster.up(victim)
            wanted = (TURNS + 2) * (OPENED_A_TURN * 2 + NOTED_A_TURN)

            async def all_there() -> bool:
                return await world.count("outbox") == 0 and len(await effects(world)) == wanted

            await eventually(all_there, PATIENCE_S)
        for sender in senders:
            await sender.producer.close()
        log = await log_of(cluster)
        assert set((await effects(world)).values()) == {1}
        assert await in_order(world)
        assert await world.count("dead_letter") == 0
    assert sum(len(set(seqs)) for seqs in log.values()) == wanted
    if not any(sender.not_sent for sender in senders):
        # Every retry was one producer's own, and the brokers knew it.
        assert {ticket: seqs for ticket, seqs in log.items() if seqs != sorted(set(seqs))} == {}


async def test_with_too_few_brokers_in_step_nothing_is_taken_and_later_everything(
    cluster: Cluster, tmp_path: Path
) -> None:
    """One of three cannot keep two copies: the batch is refused, not half kept."""
    producer = Producer(cluster.bootstrap, idempotent=True, replication=BROKERS)
    first = [Outgoing(n, EVENTS, str(n), b"{}") for n in range(8)]
    assert await producer.send(first) == {}
    leader = await cluster.leader(EVENTS, 0)
    others = [number for number in cluster.brokers if number != leader]
    for number in others:
        await cluster.kill(number)
    with pytest.raises(NotSentError):
        await producer.send(first)
    await asyncio.gather(*(cluster.up(number) for number in others))
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                assert await producer.send(first) == {}
            except NotSentError:
                continue
            break
    await producer.close()


async def test_topics_are_made_with_the_copies_asked_for(cluster: Cluster) -> None:
    producer = Producer(cluster.bootstrap, idempotent=True, replication=BROKERS)
    assert await producer.send([Outgoing(1, TOPICS[0], "k", b"{}")]) == {}
    await producer.close()
    assert await cluster.copies(TOPICS[0]) == {BROKERS}
