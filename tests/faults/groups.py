"""What the broker says of the consumer groups: who is in them, and how far behind they are."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from intake.triage import consumer as triage
from notifier import consumer as notifier
from tierline.messages.topics import ALERTS, EVENTS, PARTITIONS

TRIAGE, NOTIFIER = triage.GROUP, notifier.NAME
READS: Mapping[str, str] = {TRIAGE: ALERTS, NOTIFIER: EVENTS}
"""The groups that commit, and the topic each reads from its first message on.

A router's commits nothing: it reads from the latest on, and only while somebody listens.
"""

Answer = TypeVar("Answer")

NOTHING = -1
"""What a broker says where a group has committed nothing."""

ASK_S = 10.0
FETCH_WAIT_MS = 50
GET_WAIT_MS = 100
REQUEST_MS = 5_000


class LagUnknownError(RuntimeError):
    """The broker did not say how far a group is; ask again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a group is in one partition.

    `committed`: the offset it reads next, NOTHING where there is none.
    """

    group: str
    topic: str
    partition: int
    committed: int
    end: int

    @property
    def lag(self) -> int:
        """Messages the group has not committed.

        Where it has committed nothing (a broker that lost everything has forgotten offsets, too) it
        has everything before it that is there now. An offset beyond the end is from before such a
        loss and says nothing about what is there now: that counts as not read, either.
        """
        known = self.committed != NOTHING and self.committed <= self.end
        return self.end - self.committed if known else self.end

    def __str__(self) -> str:
        said = "nothing" if self.committed == NOTHING else f"offset {self.committed}"
        return f"{self.group} has committed {said} of {self.topic}/{self.partition}, end {self.end}"


def lags(standings: Iterable[Standing]) -> dict[str, int]:
    """Messages not committed, by group."""
    found = dict.fromkeys(READS, 0)
    for one in standings:
        found[one.group] += one.lag
    return found


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a group. `settled`: nobody is joining or leaving, as far as the broker knows."""

    ids: frozenset[str]
    settled: bool


class Groups:
    """Asks a broker, over connections that are made at first use and again after each failure.

    Args:
        bootstrap: the broker's addresses.
        partitions: how many each topic has.
    """

    def __init__(self, bootstrap: str, partitions: int = PARTITIONS) -> None:
        self._bootstrap = bootstrap
        self._partitions = partitions
        self._admin: Any = None
        self._reader: Any = None

    async def standings(self) -> list[Standing]:
        """Every group in every partition of its topic. Raises LagUnknownError."""
        return await self._asked(self._standings)

    async def members(self, group: str) -> Members:
        """Who is in `group`. Raises LagUnknownError."""
        return await self._asked(lambda: self._members(group))

    async def close(self) -> None:
        """End the connections."""
        admin, reader = self._admin, self._reader
        self._admin = self._reader = None
        if admin is not None:
            await _ended(admin.close())
        if reader is not None and not await _ended(reader.stop()):
            await _ended(reader._client.close())  # nothing else closes it then

    async def _asked(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            async with asyncio.timeout(ASK_S):
                await self._connect()
                return await ask()
        # aiokafka answers some refusals with an AttributeError of its own making.
        except (KafkaError, OSError, TimeoutError, ValueError, AttributeError) as error:
            await self.close()
            raise LagUnknownError(f"the broker does not say: {error!r}") from error

    async def _connect(self) -> None:
        if self._admin is None:
            admin = AIOKafkaAdminClient(
                bootstrap_servers=self._bootstrap, request_timeout_ms=REQUEST_MS
            )
            self._admin = admin
            await admin.start()
        if self._reader is None:
            self._reader = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                request_timeout_ms=REQUEST_MS,
                fetch_max_wait_ms=FETCH_WAIT_MS,
                auto_offset_reset="latest",
            )
            await self._reader.start()

    async def _standings(self) -> list[Standing]:
        # Committed first: read after the ends it could be ahead of them, which means another thing.
        committed = {group: await self._committed(group, topic) for group, topic in READS.items()}
        ends = await self._ends()
        return [
            Standing(group, place.topic, place.partition, offset, ends[place])
            for group, offsets in committed.items()
            for place, offset in offsets.items()
        ]

    async def _committed(self, group: str, topic: str) -> dict[TopicPartition, int]:
        places = [TopicPartition(topic, number) for number in range(self._partitions)]
        found = await self._admin.list_consumer_group_offsets(group, partitions=places)
        # A coordinator that is still loading answers with no partition at all.
        if set(found) != set(places):
            raise LagUnknownError(f"no offsets of {group}")
        return {place: found[place].offset for place in places}

    async def _members(self, group: str) -> Members:
        # One at a time: aiokafka reads the answer as of an older version, which fits one group.
        (answer,) = await self._admin.describe_consumer_groups([group])
        ((_, _, state, _, _, members, *_),) = answer.groups
        return Members(frozenset(member[0] for member in members), state == "Stable")

    async def _ends(self) -> dict[TopicPartition, int]:
        """Where each partition ends.

        The embedded broker says where its last *batch* begins, so a fetch from there is asked
        where it ends.
        """
        numbers = range(self._partitions)
        places = [TopicPartition(topic, n) for topic in READS.values() for n in numbers]
        told = await self._reader.end_offsets(places)
        self._reader.assign(places)  # anew, which forgets what an earlier fetch said
        for place in places:
            self._reader.seek(place, told[place])
        while any(self._reader.highwater(place) is None for place in places):
            await self._reader.getmany(timeout_ms=GET_WAIT_MS)
        return {place: max(told[place], self._reader.highwater(place)) for place in places}


async def _ended(closing: Coroutine[Any, Any, None]) -> bool:
    """Whether `closing` ended well, within ASK_S.

    In a task of its own: aiokafka's stop may end in the CancelledError of a fetch that waited to be
    tried again, which must not end us.
    """
    task = asyncio.ensure_future(closing)
    await asyncio.wait({task}, timeout=ASK_S)
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    return not isinstance(outcome, BaseException)
