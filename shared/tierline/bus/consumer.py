"""A batch consumer: the handler commits its effects, then the offset is committed.

A batch that fails is sought back to and handed over again; nothing is skipped. The handler is
expected to find what it has already seen (`tierline.bus.inbox`).
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from tierline.bus.limits import (
    BATCH_MAX,
    CLOSE_TIMEOUT_S,
    COMMIT_TIMEOUT_S,
    FETCH_BYTES_MAX,
    FETCH_WAIT_MS,
    HEARTBEAT_MS,
    LAG_HEARD_S,
    MAX_POLL_INTERVAL_MS,
    REQUEST_TIMEOUT_MS,
    SESSION_TIMEOUT_MS,
    backoff_s,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the broker gave it."""

    topic: str
    partition: int
    offset: int
    key: str
    body: bytes


Handle = Callable[[Sequence[Message]], Awaitable[None]]


class Consumer:
    """Reads one topic in a group and hands batches to `handle`, one at a time."""

    def __init__(
        self, bootstrap: str, topic: str, group: str, handle: Handle, *, latest: bool = False
    ) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._group = group
        self._handle = handle
        self._reset = "latest" if latest else "earliest"
        self._consumer: Any = None
        self._positions: dict[TopicPartition, int] = {}
        self._heard = 0.0

    def lagging(self) -> bool:
        """Whether messages wait on the broker that this consumer has yet to reach.

        One that was brought nothing for LAG_HEARD_S is cut off, not lagging.
        """
        consumer = self._consumer
        if consumer is None or time.monotonic() - self._heard > LAG_HEARD_S:
            return False
        return any(
            (end := consumer.highwater(partition)) is not None and position < end
            for partition, position in self._positions.items()
            if partition in consumer.assignment()
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`; on a broken broker start over, with a back-off."""
        failures = 0
        while not stop.is_set():
            self._positions = {}
            try:
                self._consumer = self._make()
                if await _unless(stop, self._consumer.start()):
                    failures = 0
                    await self._consume(stop)
            except (KafkaError, OSError, TimeoutError) as error:
                failures += 1
                log.warning("consumer starts over", topic=self._topic, reason=repr(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), backoff_s(failures))
            finally:
                await self._close()

    def _make(self) -> Any:
        return AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset=self._reset,
            max_poll_records=BATCH_MAX,
            max_partition_fetch_bytes=FETCH_BYTES_MAX,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        )

    async def _close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is None:
            return
        # In a task of its own: where a fetch was waiting to be tried again, aiokafka's stop ends in
        # that fetch's CancelledError, which must not end us, and leaves its client open.
        stopping = asyncio.ensure_future(consumer.stop())
        await asyncio.wait({stopping}, timeout=CLOSE_TIMEOUT_S)
        stopping.cancel()
        outcome: Any = (await asyncio.gather(stopping, return_exceptions=True))[0]
        if isinstance(outcome, BaseException):
            log.info("consumer did not stop cleanly", reason=repr(outcome))
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await consumer._client.close()  # noqa: SLF001 - nothing else closes it

    async def _consume(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            batch = await self._consumer.getmany(timeout_ms=FETCH_WAIT_MS, max_records=BATCH_MAX)
            if not batch:
                continue
            self._heard = time.monotonic()
            messages = [_message(record) for records in batch.values() for record in records]
            try:
                await self._handle(messages)
            except Exception:
                failures += 1
                log.exception("batch will be handed over again", topic=self._topic)
                self._seek_back(batch)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), backoff_s(failures))
                continue
            failures = 0
            await self._commit(batch)

    def _seek_back(self, batch: dict[TopicPartition, list[Any]]) -> None:
        for partition, records in batch.items():
            with contextlib.suppress(IllegalStateError):  # revoked meanwhile: another has it now
                self._consumer.seek(partition, records[0].offset)

    async def _commit(self, batch: dict[TopicPartition, list[Any]]) -> None:
        offsets = {partition: records[-1].offset + 1 for partition, records in batch.items()}
        self._positions.update(offsets)
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_S):  # aiokafka waits for a broker for ever
                await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("offset not committed, the batch may come again", reason=repr(error))


def _message(record: Any) -> Message:
    key = (record.key or b"").decode(errors="replace")
    return Message(record.topic, record.partition, record.offset, key, record.value or b"")


async def _unless(stop: asyncio.Event, work: Awaitable[Any]) -> bool:
    """Await `work`, or give it up when `stop` is set first; returns whether it was done."""
    doing = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({doing, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if not doing.done():
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)
    if doing.cancelled():
        return False
    await doing
    return True
