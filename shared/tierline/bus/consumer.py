"""A batch consumer: the handler commits its effects, then the offset is committed.

A batch that fails is sought back to and handed over again; nothing is skipped. The handler is
expected to find what it has already seen (`tierline.bus.inbox`).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from tierline.bus.connecting import client_settings
from tierline.bus.errors import BROKER_AWAY
from tierline.bus.gathering import Gathering
from tierline.bus.limits import (
    BATCH_MAX,
    CLOSE_TIMEOUT_S,
    COMMIT_TIMEOUT_S,
    CONSUMER_GATHER_S,
    FETCH_BYTES_MAX,
    GET_WAIT_MS,
    HEARTBEAT_MS,
    LAG_HEARD_S,
    MAX_POLL_INTERVAL_MS,
    OUT_OF_GROUP_S,
    REQUEST_TIMEOUT_MS,
    SESSION_TIMEOUT_MS,
    backoff_s,
)
from tierline.bus.metrics import Watch
from tierline.bus.paced import PacedConsumer
from tierline.bus.resting import Wanted, rest
from tierline.messages.broker import Broker, Where

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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a client is made for: one topic, read in a group.

    `reset`: where a group without a committed offset begins, `earliest` or `latest`.
    """

    where: Where
    topic: str
    group: str
    reset: str


Connect = Callable[[Reading], Any]
"""Makes a client that is not started yet, with the part of AIOKafkaConsumer that is used here."""


def kafka_client(reading: Reading) -> PacedConsumer:
    """A client of a real broker; it commits nothing by itself."""
    return PacedConsumer(
        reading.topic,
        **client_settings(reading.where),
        at_once=isinstance(reading.where, Broker) and reading.where.answers_at_once,
        group_id=reading.group,
        enable_auto_commit=False,
        auto_offset_reset=reading.reset,
        max_poll_records=BATCH_MAX,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
        max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
    )


class Consumer:
    """Reads one topic in a group and hands batches to `handle`, one at a time.

    Args:
        where: the broker.
        topic: what is read.
        group: offsets are committed for it.
        handle: commits a batch's effects; what it raises has the batch handed over again.
        latest: it begins at the end of the topic, whenever it begins, and commits no offsets.
        wanted: while it says no, nothing is fetched, and what comes meanwhile is passed over.
        connect: makes the client.
    """

    def __init__(
        self,
        where: Where,
        topic: str,
        group: str,
        handle: Handle,
        *,
        latest: bool = False,
        wanted: Wanted | None = None,
        connect: Connect = kafka_client,
    ) -> None:
        self._reading = Reading(where, topic, group, "latest" if latest else "earliest")
        self._topic = topic
        self._handle = handle
        self._commits = not latest
        self._wanted = wanted
        self._connect = connect
        self._consumer: Any = None
        self._positions: dict[TopicPartition, int] = {}
        self._heard = 0.0
        self._watch = Watch(topic, group, shown=not latest)
        self._member_at = float("-inf")
        self._failed = False

    async def alive(self) -> str | None:
        """None while it is in its group, was a moment ago or is joining it; else what is amiss."""
        coordinator = getattr(self._consumer, "_coordinator", None)
        if coordinator is not None and coordinator.coordinator_id is not None:
            if coordinator.generation > 0:
                self._member_at, self._failed = _now(), False
            if not self._failed:
                return None
        if _now() - self._member_at <= OUT_OF_GROUP_S:
            return None
        return f"kafka: not in the group that reads {self._topic}"

    def lagging(self) -> bool:
        """Whether messages wait on the broker that this consumer has yet to reach.

        One that was brought nothing for LAG_HEARD_S is cut off, not lagging.
        """
        consumer = self._consumer
        if consumer is None or _now() - self._heard > LAG_HEARD_S:
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
                self._consumer = self._connect(self._reading)
                if await _unless(stop, self._consumer.start()):
                    failures = 0
                    await self._consume(stop)
            except BROKER_AWAY as error:
                failures += 1
                self._watch.trouble("client")
                self._failed = True
                log.warning("consumer starts over", topic=self._topic, reason=repr(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), backoff_s(failures))
            finally:
                await self._close()

    async def _close(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._watch.close()
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
        failures, gathering = 0, Gathering(CONSUMER_GATHER_S)
        while not stop.is_set():
            if self._wanted is not None and not self._wanted():
                await rest(self._consumer, self._wanted, stop)
                continue
            batch = await self._consumer.getmany(timeout_ms=GET_WAIT_MS, max_records=BATCH_MAX)
            if not batch:
                _see_it_fetches(self._consumer)
                self._watch.show(self._consumer)
                continue
            gathering.begin()
            self._heard = _now()
            self._watch.came(batch)
            messages = [_message(record) for records in batch.values() for record in records]
            try:
                await self._handle(messages)
            except Exception:
                failures += 1
                self._watch.trouble("batch")
                log.exception("batch will be handed over again", topic=self._topic)
                self._seek_back(batch)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), backoff_s(failures))
                continue
            failures = 0
            await self._commit(batch)
            self._watch.show(self._consumer)
            await gathering.end(stop, full=len(messages) >= BATCH_MAX)

    def _seek_back(self, batch: dict[TopicPartition, list[Any]]) -> None:
        for partition, records in batch.items():
            self._watch.reached({partition: records[0].offset})
            with contextlib.suppress(IllegalStateError):  # revoked meanwhile: another has it now
                self._consumer.seek(partition, records[0].offset)
        self._watch.show(self._consumer)

    async def _commit(self, batch: dict[TopicPartition, list[Any]]) -> None:
        offsets = {partition: records[-1].offset + 1 for partition, records in batch.items()}
        self._positions.update(offsets)
        self._watch.reached(offsets)
        if not self._commits:
            return
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_S):  # aiokafka waits for a broker for ever
                await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("offset not committed, the batch may come again", reason=repr(error))


def _now() -> float:
    """Seconds of the running loop's clock, which never runs backwards."""
    return asyncio.get_running_loop().time()


def _message(record: Any) -> Message:
    key = (record.key or b"").decode(errors="replace")
    return Message(record.topic, record.partition, record.offset, key, record.value or b"")


def _see_it_fetches(consumer: Any) -> None:
    """Raise KafkaError where aiokafka's fetcher has ended.

    An error it did not foresee (uvloop's RuntimeError on a connection just closed) ends that task;
    `getmany` is then empty for ever, while the heartbeat keeps the partitions from everybody else.
    """
    fetcher = getattr(consumer, "_fetcher", None)
    if fetcher is not None and fetcher.error_future.done():
        raise KafkaError("the fetcher ended")


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
