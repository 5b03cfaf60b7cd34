"""A Kafka broker in memory, with what goes wrong between one and its clients.

It keeps partitioned logs, groups with generations, and committed offsets; it can go away,
rebalance, hand out again what was committed, and forget everything as one without a disk does.
It answers as aiokafka's clients do as far as `tierline.bus` uses them; one contract suite runs on
it and on a real broker.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, UnknownError

from tierline.bus.consumer import Reading
from tierline.bus.producer import NotSentError, Outgoing
from tierline.messages.topics import PARTITIONS, TOPICS
from tierline.testing.broker_client import FakeClient
from tierline.testing.broker_groups import Group, Record

Point = Callable[[str], Awaitable[None]]
"""Awaited at a labelled point before and after each effect: a crash or a delay may happen there."""


class Appended(Protocol):
    """Told of a message that was acked; `dropped`: there was no log to keep it in."""

    def __call__(self, message: Outgoing, *, dropped: bool) -> None:
        """It was acked."""
        ...


def _nothing(message: Outgoing, *, dropped: bool) -> None:
    """Where nobody wants to know."""


async def _no_point(_label: str) -> None:
    """Where nothing happens at a point."""


class FakeBroker:
    """The broker. `sender()` and `client()` are its two kinds of clients.

    Args:
        at: awaited before and after every effect.
        appended: told of each message as it enters a log, and of those that are acked and dropped.
        committed: told of each committed offset: group, partition, offset before and after.
    """

    def __init__(
        self,
        at: Point = _no_point,
        *,
        appended: Appended = _nothing,
        committed: Callable[[str, TopicPartition, int, int], None] = lambda *_: None,
    ) -> None:
        self.at = at
        self.appended = appended
        self.committed = committed
        self.is_up = True
        self.drops = False
        self.confused = False
        self.topics: dict[str, list[list[Record]]] = {}
        self.groups: dict[str, Group] = {}
        self.changed = asyncio.Event()
        self.create_topics()

    # -- its life

    def create_topics(self) -> None:
        """Make the product's topics where they are missing; it drops nothing any more."""
        for name in TOPICS:
            self.topics.setdefault(name, [[] for _ in range(PARTITIONS)])
        self.drops = False
        self.wake()

    def down(self) -> None:
        """Nobody answers until `up`; what it holds stays."""
        self.is_up = False
        self.wake()

    def up(self) -> None:
        """It answers again."""
        self.is_up = True
        self.wake()

    def forget(self) -> None:
        """It lost its memory: topics, offsets, groups. It acks and drops until `create_topics`."""
        self.topics.clear()
        for group in self.groups.values():
            group.forget()
        self.drops = True
        self.wake()

    def rebalance(self, group: str) -> None:
        """Deal the partitions of `group` anew; what was fetched and not committed comes again."""
        if group in self.groups:
            self.groups[group].deal()
            self.wake()

    def expel(self, group: str, member: int) -> None:
        """End the session of the `member`-th client of `group`; it hears of it at its next call."""
        if group in self.groups:
            self.groups[group].expel(member)
            self.wake()

    def redeliver(self, group: str, count: int) -> None:
        """Take back the last `count` offsets of each partition that `group` has committed."""
        if group in self.groups:
            self.groups[group].take_back(count)
            self.wake()

    # -- its clients

    def sender(self, refuses: "Callable[[Outgoing], bool] | None" = None) -> "FakeSender":
        """What a relay sends through; `refuses`: what is never taken."""
        return FakeSender(self) if refuses is None else FakeSender(self, refuses)

    def client(self, reading: Reading) -> FakeClient:
        """What a consumer reads through; not started yet."""
        return FakeClient(self, reading)

    def append(self, message: Outgoing) -> None:
        """Take one message into its log, or drop it where there is none."""
        partitions = self.topics.get(message.topic)
        if partitions is None:
            self.appended(message, dropped=True)
            return
        number = crc32(message.key.encode()) % len(partitions)
        log = partitions[number]
        log.append(Record(message.topic, number, len(log), message.key.encode(), message.body))
        self.appended(message, dropped=False)

    def put(self, topic: str, key: str, body: bytes) -> None:
        """Take in what some other producer sends."""
        self.append(Outgoing(0, topic, key, body))
        self.wake()

    def end(self, partition: TopicPartition) -> int:
        """One past the last offset of a partition; 0 where it does not exist."""
        partitions = self.topics.get(partition.topic)
        return len(partitions[partition.partition]) if partitions else 0

    def ensure_up(self) -> None:
        """Raises KafkaConnectionError while it is away."""
        if not self.is_up:
            raise KafkaConnectionError("the broker is away")

    async def answers(self) -> None:
        """Wait, for ever if need be, until it is there: as a client does that commits."""
        while not self.is_up:
            await self.changed.wait()

    def group(self, name: str, topic: str) -> Group:
        """The group of that name, made at its first use."""
        if name not in self.groups:
            self.groups[name] = Group(name, [TopicPartition(topic, n) for n in range(PARTITIONS)])
        return self.groups[name]

    def wake(self) -> None:
        """Tell those who wait for messages that there may be some."""
        self.changed.set()
        self.changed = asyncio.Event()


@dataclass(slots=True)
class FakeSender:
    """Sends as `tierline.bus.producer.Producer` does: all of a batch, or NotSentError.

    `refuses`: which messages are refused for good.
    """

    broker: FakeBroker
    refuses: Callable[[Outgoing], bool] = field(default=lambda _message: False)

    async def send(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        """Send all; returns by id what was refused for good. What was sent before an error stays.

        Raises NotSentError where the broker is away or confused, or goes away meanwhile.
        """
        broker = self.broker
        await broker.at("broker send")
        refused: dict[int, str] = {}
        for number, message in enumerate(messages):
            if number:
                await broker.at("broker sending")
            self._check()
            if self.refuses(message):
                refused[message.id] = "MessageSizeTooLargeError: too large"
            else:
                broker.append(message)
        broker.wake()
        await broker.at("broker acked")
        self._check()
        return refused

    async def close(self) -> None:
        """Nothing is kept open."""

    def _check(self) -> None:
        if not self.broker.is_up:
            raise NotSentError("KafkaConnectionError: the broker is away")
        if self.broker.confused:
            raise NotSentError(repr(UnknownError()))
