"""What a Kafka cluster says of our topics and groups, and the few things done to its topics."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    KafkaError,
    UnknownTopicOrPartitionError,
    for_code,
)

from tierline.bus.connecting import client_settings
from tierline.bus.limits import REQUEST_TIMEOUT_MS
from tierline.messages.broker import Where
from tierline.messages.topics import GROUPS, TOPICS

SETTINGS = ("min.insync.replicas", "retention.ms", "max.message.bytes", "cleanup.policy")
"""What is read of a topic's settings."""

COORDINATOR_TRIES, COORDINATOR_PAUSE_S = 20, 0.5
"""For a group that a new cluster has nobody for yet."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the cluster has it.

    Attributes:
        name: of TOPICS.
        partitions: how many.
        copies: the fewest copies that any of its partitions has.
        in_sync: the fewest of them that are up to date.
        leaderless: partitions that nobody serves now.
        settings: of SETTINGS those that the cluster tells.
    """

    name: str
    partitions: int
    copies: int
    in_sync: int
    leaderless: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a group stands in its topic.

    Attributes:
        group: of GROUPS.
        topic: what it reads.
        members: who is in it; None where the cluster does not tell.
        lag: messages that it has not committed yet.
    """

    group: str
    topic: str
    members: int | None
    lag: int


class Cluster:
    """A connection to look and to administer with; use it in an `async with` block.

    Args:
        where: the broker.
        timeout_ms: the longest that one request may take.

    Raises:
        KafkaError, OSError: on entering, nobody answers. Likewise of each method.
    """

    def __init__(self, where: Where, *, timeout_ms: int = REQUEST_TIMEOUT_MS) -> None:
        self._settings_of_client = client_settings(where)
        self._timeout_ms = timeout_ms
        self._admin = AIOKafkaAdminClient(**self._settings_of_client, request_timeout_ms=timeout_ms)

    async def __aenter__(self) -> Self:
        """Connect."""
        try:
            await self._admin.start()
        except BaseException:
            await self._admin.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Let the connection go."""
        await self._admin.close()

    async def topics(self) -> dict[str, Topic]:
        """Those of TOPICS that are there, by name."""
        # A list of all first: to describe one that is missing would make it on some brokers.
        there = [name for name in await self._admin.list_topics() if name in TOPICS]
        if not there:
            return {}
        described = await self._admin.describe_topics(there)
        settings = await self._settings(there)
        return {one["topic"]: _topic(one, settings.get(one["topic"], {})) for one in described}

    async def grow(self, name: str, partitions: int) -> None:
        """Give a topic more partitions. Raises KafkaError where it has as many, or it cannot."""
        await self._admin.create_partitions({name: NewPartitions(partitions)})

    async def remove(self, names: Iterable[str]) -> None:
        """Remove topics, their messages, and what groups have committed of them."""
        answer = await self._admin.delete_topics(list(names))
        for _name, code in answer.topic_error_codes:
            kind = for_code(code)
            if code and kind is not UnknownTopicOrPartitionError:
                raise kind(_name)

    async def standings(self, topics: Mapping[str, Topic]) -> list[Standing]:
        """How each of GROUPS stands in its topic, where that is among `topics`."""
        read = {group: topics[name] for group, name in GROUPS.items() if name in topics}
        ends = await self._ends(list(read.values()))
        found = []
        for group, topic in read.items():
            lag = await self._lag(group, topic, ends)
            found.append(Standing(group, topic.name, await self._members(group), lag))
        return found

    async def _settings(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        """Settings by topic; empty where the broker has no such request."""
        asked = [
            ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(SETTINGS))
            for name in names
        ]
        try:
            answers = await self._admin.describe_configs(asked)
        except (KafkaError, ValueError):
            return {}
        found: dict[str, dict[str, str]] = {}
        for answer in answers:
            for code, _said, _kind, name, entries in answer.resources:
                if not code:
                    found[name] = {entry[0]: entry[1] for entry in entries if entry[1] is not None}
        return found

    async def _lag(self, group: str, topic: Topic, ends: Mapping[TopicPartition, int]) -> int:
        places = _places(topic)
        committed = await self._committed(group, places)
        behind = 0
        for place in places:
            offset = committed[place].offset if place in committed else -1
            # Nothing committed, or beyond the end (from before the topic was made anew): unread.
            known = 0 <= offset <= ends[place]
            behind += ends[place] - offset if known else ends[place]
        return behind

    async def _committed(self, group: str, places: Sequence[TopicPartition]) -> dict[Any, Any]:
        """What the group has committed. A new cluster takes some seconds to have who keeps it."""
        for _ in range(COORDINATOR_TRIES - 1):
            try:
                return dict(await self._admin.list_consumer_group_offsets(group, partitions=places))
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(COORDINATOR_PAUSE_S)
        return dict(await self._admin.list_consumer_group_offsets(group, partitions=places))

    async def _members(self, group: str) -> int | None:
        try:
            # One at a time: aiokafka reads the answer as of an older version, which fits one group.
            (answer,) = await self._admin.describe_consumer_groups([group])
            ((_code, _group, _state, _type, _protocol, members, *_rest),) = answer.groups
        except (KafkaError, ValueError, AttributeError):
            return None
        return len(members)

    async def _ends(self, topics: Sequence[Topic]) -> dict[TopicPartition, int]:
        reader = AIOKafkaConsumer(**self._settings_of_client, request_timeout_ms=self._timeout_ms)
        try:
            await reader.start()
            found: dict[TopicPartition, int] = await reader.end_offsets(
                [place for topic in topics for place in _places(topic)]
            )
        finally:
            await reader.stop()
        return found


def _places(topic: Topic) -> list[TopicPartition]:
    return [TopicPartition(topic.name, number) for number in range(topic.partitions)]


def _topic(described: Mapping[str, Any], settings: Mapping[str, str]) -> Topic:
    partitions = described["partitions"]
    return Topic(
        described["topic"],
        len(partitions),
        min((len(one["replicas"]) for one in partitions), default=0),
        min((len(one["isr"]) for one in partitions), default=0),
        sum(one["leader"] < 0 for one in partitions),
        settings,
    )
