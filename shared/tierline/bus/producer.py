"""Sending messages, all of a batch or an error; and knowing whether the topics are there."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from tierline.bus.limits import (
    GATE_CHECK_S,
    PRODUCER_BATCH_BYTES,
    REQUEST_TIMEOUT_MS,
)
from tierline.bus.topics import ensure_topics
from tierline.messages.topics import TOPICS

log = structlog.get_logger(__name__)

REFUSED_FOR_GOOD = (MessageSizeTooLargeError, RecordTooLargeError)
"""What no retry mends. An UnknownError is not among them: a broker coming back says that too."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send."""

    id: int
    topic: str
    key: str
    body: bytes


class NotSentError(RuntimeError):
    """The broker did not take the batch; everything of it is to be sent again."""


class Producer:
    """One Kafka producer, started at first use and again after it broke."""

    def __init__(self, bootstrap: str, *, idempotent: bool = False) -> None:
        self._bootstrap = bootstrap
        self._idempotent = idempotent
        self._producer: AIOKafkaProducer | None = None
        self._topics_seen = 0.0

    async def send(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        """Send all of `messages`; returns, by id, why some were refused for good.

        Raises NotSentError if any was not taken for another reason.
        """
        refused: dict[int, str] = {}
        handed: list[tuple[Outgoing, asyncio.Future[Any]]] = []
        try:
            producer = await self._ready()
            for message in messages:
                try:
                    taken = await producer.send(
                        message.topic, message.body, key=message.key.encode()
                    )
                except REFUSED_FOR_GOOD as error:  # the client itself knows the limit
                    refused[message.id] = _why(error)
                else:
                    handed.append((message, taken))
        except (KafkaError, OSError, TimeoutError) as error:
            for _, taken in handed:
                taken.add_done_callback(_heard)
            await self.close()
            raise NotSentError(_why(error)) from error
        outcomes = await asyncio.gather(*(taken for _, taken in handed), return_exceptions=True)
        for (message, _), outcome in zip(handed, outcomes, strict=True):
            if isinstance(outcome, REFUSED_FOR_GOOD):
                refused[message.id] = _why(outcome)
            elif isinstance(outcome, BaseException):
                self._topics_seen = 0.0
                raise NotSentError(_why(outcome))
        return refused

    async def close(self) -> None:
        """Stop the producer; the next send starts a fresh one."""
        producer, self._producer = self._producer, None
        self._topics_seen = 0.0
        if producer is not None:
            try:
                await producer.stop()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("producer did not stop cleanly", reason=str(error))

    async def _ready(self) -> AIOKafkaProducer:
        """The producer, once the topics exist: the gate that a broker with amnesia must pass."""
        if self._producer is None:
            await ensure_topics(self._bootstrap)
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
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
                await ensure_topics(self._bootstrap)
            self._topics_seen = time.monotonic()
        return self._producer


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _heard(taken: "asyncio.Future[Any]") -> None:
    """Take note of an outcome nobody waits for any more: the whole batch is sent again."""
    if not taken.cancelled():
        taken.exception()
