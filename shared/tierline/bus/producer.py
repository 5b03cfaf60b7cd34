"""Sending messages, all of a batch or an error; and knowing whether the topics are there."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed

from tierline.bus.batches import Outgoing, send_batches
from tierline.bus.connecting import client_settings
from tierline.bus.errors import BROKER_AWAY
from tierline.bus.limits import (
    CLOSE_TIMEOUT_S,
    GATE_CHECK_S,
    PRODUCER_BATCH_BYTES,
    REACH_WAIT_S,
    REACHED_S,
    REQUEST_TIMEOUT_MS,
    SEND_TIMEOUT_S,
)
from tierline.bus.topics import ensure_topics
from tierline.messages.broker import Where
from tierline.messages.topics import TOPICS

__all__ = ["NotSentError", "Outgoing", "Producer"]

log = structlog.get_logger(__name__)


class NotSentError(RuntimeError):
    """The broker did not take the batch; everything of it is to be sent again."""


class Producer:
    """One Kafka producer, started at first use and again after it broke.

    Args:
        where: the broker, or its address: host:port, several separated by commas.
        idempotent: the broker drops what a retry sends twice (Apache Kafka; not the embedded one).
        replication: copies kept of each message, where topics have to be made.
    """

    def __init__(self, where: Where, *, idempotent: bool = False, replication: int = 1) -> None:
        self._where = where
        self._idempotent = idempotent
        self._replication = replication
        self._producer: AIOKafkaProducer | None = None
        self._topics_seen = 0.0
        self._starting = asyncio.Lock()
        self._reached = float("-inf")
        self._asking: asyncio.Task[str | None] | None = None

    async def alive(self) -> str | None:
        """None when the broker answered lately or answers now, else why it does not."""
        if time.monotonic() - self._reached <= REACHED_S:
            return None
        if self._asking is None:
            self._asking = asyncio.create_task(self._reach(), name="reach the broker")
        asking = self._asking
        await asyncio.wait({asking}, timeout=REACH_WAIT_S)
        if not asking.done():
            return "kafka: no answer yet"
        self._asking = None
        return asking.result()

    async def _reach(self) -> str | None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                producer = await self._ready()
                await producer.client.fetch_all_metadata()
        except BROKER_AWAY as error:
            return f"kafka: {type(error).__name__}"
        self._reached = time.monotonic()
        return None

    async def send(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        """Send all of `messages`; returns, by id, why some were refused for good.

        Raises NotSentError if any was not taken for another reason, or not within SEND_TIMEOUT_S.
        """
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                refused = await send_batches(await self._ready(), messages)
        except BROKER_AWAY as error:
            await self.close()  # so that nothing of it arrives later, behind what is sent next
            raise NotSentError(_why(error)) from error
        self._reached = time.monotonic()
        return refused

    async def close(self) -> None:
        """Stop the producer; the next send starts a fresh one. What it had not sent is given up."""
        producer, self._producer = self._producer, None
        self._topics_seen, self._reached = 0.0, float("-inf")
        if producer is None:
            return
        # An idempotent producer tries for ever, and its stop waits for that: end it first.
        producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001
        stopping = asyncio.ensure_future(producer.stop())
        await asyncio.wait({stopping}, timeout=CLOSE_TIMEOUT_S)
        stopping.cancel()
        outcome: Any = (await asyncio.gather(stopping, return_exceptions=True))[0]
        if isinstance(outcome, BaseException):
            log.warning("producer did not stop cleanly", reason=repr(outcome))

    async def _ready(self) -> AIOKafkaProducer:
        """The producer, once the topics exist: the gate that a broker with amnesia must pass."""
        async with self._starting:
            return await self._started()

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            await self._make_topics()
            producer = AIOKafkaProducer(
                **client_settings(self._where),
                acks="all",
                enable_idempotence=self._idempotent,
                max_batch_size=PRODUCER_BATCH_BYTES,
                request_timeout_ms=REQUEST_TIMEOUT_MS,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        if time.monotonic() - self._topics_seen > GATE_CHECK_S:
            metadata = await self._producer.client.fetch_all_metadata()
            if not set(TOPICS) <= set(metadata.topics()):
                await self._make_topics()
            self._topics_seen = time.monotonic()
        return self._producer

    async def _make_topics(self) -> None:
        await ensure_topics(self._where, replication=self._replication)


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
