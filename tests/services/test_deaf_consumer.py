"""A consumer whose client has silently stopped fetching starts over."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest

from tests.brokers import Broker, make_producer
from tierline.bus.consumer import Consumer, Message
from tierline.bus.producer import Outgoing
from tierline.messages.topics import EVENTS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

PATIENCE_S = 60.0


async def test_a_client_that_fetches_no_more_is_replaced(broker: Broker, eventually):
    """Its heartbeat would keep the partitions from everybody else for ever."""
    mark = uuid.uuid4().hex
    seen: list[bytes] = []

    async def handle(messages: Sequence[Message]) -> None:
        seen.extend(message.body for message in messages)

    producer = make_producer(broker.bootstrap)
    consumer = Consumer(broker.bootstrap, EVENTS, f"deaf-{mark}", handle)
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    try:
        first, second = f"1 {mark}".encode(), f"2 {mark}".encode()
        await producer.send([Outgoing(1, EVENTS, mark, first)])
        await eventually(lambda: first in seen, PATIENCE_S)
        fetcher = consumer._consumer._fetcher
        fetcher.error_future.cancel()
        await asyncio.wait({fetcher.error_future, *fetcher._pending_tasks}, timeout=PATIENCE_S)
        await producer.send([Outgoing(2, EVENTS, mark, second)])
        await eventually(lambda: second in seen, PATIENCE_S)
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)
        await producer.close()
