"""The reading half of the broker in memory: what `tierline.bus.consumer` uses of a Kafka client."""

import asyncio
from typing import TYPE_CHECKING

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from tierline.bus.consumer import Reading
from tierline.testing.broker_groups import Group, Record

if TYPE_CHECKING:
    from tierline.testing.broker import FakeBroker


class FakeClient:
    """A member of a group: it joins, fetches from where the group is, commits, is revoked.

    It hears of a new generation at its next fetch only, so that meanwhile it is a zombie: what it
    fetched is handled, and its commit fails.
    """

    def __init__(self, broker: "FakeBroker", reading: Reading) -> None:
        self._broker = broker
        self._reading = reading
        self._group: Group | None = None
        self._generation = 0
        self._positions: dict[TopicPartition, int] = {}

    # -- its life

    async def start(self) -> None:
        """Join the group. Raises KafkaConnectionError where the broker is away."""
        await self._broker.at("broker join")
        self._broker.ensure_up()
        reading = self._reading
        self._group = self._broker.group(reading.group, reading.topic)
        self._group.join(self)
        self._catch_up()

    async def stop(self) -> None:
        """Leave the group; where the broker is away, its session runs out."""
        await self._broker.at("broker leave")
        self.die()

    def die(self) -> None:
        """Its session ends: the group learns of it."""
        if self._group is not None:
            self._group.leave(self)
            self._broker.wake()

    # -- what it has

    def assignment(self) -> set[TopicPartition]:
        """The partitions it believes to have."""
        return set(self._positions)

    def highwater(self, partition: TopicPartition) -> int | None:
        """One past the last message of a partition, None where nobody has told it."""
        return self._broker.end(partition) if partition in self._positions else None

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Fetch from `offset` next. Raises IllegalStateError for a partition it has not."""
        if partition not in self._positions:
            raise IllegalStateError(f"{partition} is not assigned")
        self._positions[partition] = offset

    # -- reading

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[Record]]:
        """Up to `max_records`, waiting at most `timeout_ms` for the first; empty while away."""
        await self._broker.at("broker fetch")
        found = self._fetch(max_records)
        if not found:
            await self._wait(timeout_ms / 1_000)
            found = self._fetch(max_records)
        return found

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._broker.changed.wait()
        except TimeoutError:
            return

    def _fetch(self, most: int) -> dict[TopicPartition, list[Record]]:
        broker, group = self._broker, self._group
        if group is None or not broker.is_up:
            return {}
        if self._generation != group.generation:
            group.join(self)
            self._catch_up()
        found: dict[TopicPartition, list[Record]] = {}
        for partition, position in self._positions.items():
            logs = broker.topics.get(partition.topic)
            if logs is None:
                continue
            log = logs[partition.partition]
            # Beyond the end: the log was lost, and begins anew.
            start = position if position <= len(log) else 0
            records = log[start : start + most]
            self._positions[partition] = start + len(records)
            if records:
                found[partition] = records
                most -= len(records)
            if most <= 0:
                break
        return found

    def _catch_up(self) -> None:
        """Take what the group gives it in this generation, from what is committed."""
        group = self._group
        if group is None:
            return
        self._generation = group.generation
        self._positions = {
            partition: group.offsets.get(partition, self._begin(partition))
            for partition in group.of(self)
        }

    def _begin(self, partition: TopicPartition) -> int:
        return self._broker.end(partition) if self._reading.reset == "latest" else 0

    # -- committing

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Commit for the group.

        Raises:
            CommitFailedError: the group has dealt anew since, or no longer knows this member.
            IllegalStateError: a partition is not this client's any more.
        """
        await self._broker.at("broker commit")
        await self._broker.answers()
        group = self._group
        if group is None or self._generation != group.generation or self not in group.members:
            raise CommitFailedError("the group has rebalanced")
        for partition, offset in offsets.items():
            if partition not in self._positions:
                raise IllegalStateError(f"{partition} is not assigned")
            before = group.offsets.get(partition, 0)
            group.offsets[partition] = offset
            self._broker.committed(group.name, partition, before, offset)
        await self._broker.at("broker committed")
