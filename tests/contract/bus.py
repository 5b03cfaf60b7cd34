"""A broker of one's own, and a plain client to look at what is in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.brokers import TOPIC_PARTITIONS, Broker, make_broker
from tierline.bus.producer import Outgoing
from tierline.messages.topics import PARTITIONS

PATIENCE_S = 40.0


@asynccontextmanager
async def own_broker(folder: Path, *, topics: bool = True) -> AsyncIterator[Broker]:
    """A broker that a test may kill; without `topics` it comes back with none."""
    made = TOPIC_PARTITIONS if topics else {}
    server = make_broker(folder, made)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def outgoing(topic: str, *bodies: bytes, key: str = "k", first: int = 1) -> list[Outgoing]:
    return [Outgoing(first + n, topic, key, body) for n, body in enumerate(bodies)]


async def read_all(bootstrap: str, topic: str) -> list[tuple[str, bytes]]:
    """Everything that is in `topic`, (key, body), each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: list[tuple[str, bytes]] = []
    try:
        partitions = [TopicPartition(topic, n) for n in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        async with asyncio.timeout(PATIENCE_S):
            while len(found) < sum(ends.values()):
                batch = await consumer.getmany(timeout_ms=200)
                found += [(r.key.decode(), r.value) for rs in batch.values() for r in rs]
    finally:
        await consumer.stop()
    return found
