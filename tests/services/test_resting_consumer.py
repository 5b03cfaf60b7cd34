"""A consumer that nobody needs fetches nothing, and goes on behind what came meanwhile."""

import asyncio
import uuid

import pytest

from tests.brokers import make_producer
from tierline.bus.consumer import Consumer, Reading, kafka_client
from tierline.bus.producer import Outgoing
from tierline.messages.topics import EVENTS

pytestmark = pytest.mark.broker


async def test_it_passes_over_what_came_while_it_rested(broker, eventually):
    producer, stop, wanted = make_producer(broker.bootstrap), asyncio.Event(), asyncio.Event()
    clients, heard = [], []

    def connect(reading: Reading):
        clients.append(kafka_client(reading))
        return clients[-1]

    async def handle(messages) -> None:
        heard.extend(message.body.decode() for message in messages)

    async def say(word: str) -> None:
        await producer.send([Outgoing(1, EVENTS, "7", word.encode())])

    consumer = Consumer(
        broker.bootstrap, EVENTS, f"resting-{uuid.uuid4().hex}", handle, latest=True,
        wanted=wanted.is_set, connect=connect,
    )  # fmt: skip
    running = asyncio.create_task(consumer.run(stop))
    try:
        await eventually(lambda: clients and clients[0].assignment())
        await eventually(lambda: clients[0].paused() == clients[0].assignment())
        await say("while it rested")
        wanted.set()
        await eventually(lambda: not clients[0].paused())

        async def is_heard() -> bool:
            await say("while it listened")
            return "while it listened" in heard

        await eventually(is_heard)
        assert "while it rested" not in heard
        wanted.clear()
        await eventually(lambda: clients[0].paused() == clients[0].assignment())
    finally:
        stop.set()
        await running
        await producer.close()
