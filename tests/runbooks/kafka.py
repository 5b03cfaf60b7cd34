"""The broker of the runbooks: one of Apache Kafka, which can be lost whole and replaced."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from random import Random

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.kafka.apache import ApacheBroker, Node, free_ports
from tierline.runtime.stack import TOPIC_PARTITIONS

START_SECONDS = 240.0
KAFKAS_OWN = 1_048_588
"""What a topic takes that nobody has set otherwise."""


class OneBroker:
    """A cluster of one broker, as `tests.faults.stack` needs it.

    Args:
        folder: for this cluster and for those that take its place.
    """

    name = "Apache Kafka, one broker"
    environment: Mapping[str, str] = {"TIERLINE_KAFKA_IDEMPOTENT": "1"}
    lines: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._broker = self._fresh(TOPIC_PARTITIONS)
        self.bootstrap = self._broker.bootstrap

    def _fresh(self, topics: Mapping[str, int]) -> ApacheBroker:
        self._made += 1
        node = Node.on(1, free_ports(3))
        return ApacheBroker(self._folder / str(self._made), node, [node], topics)

    async def start(self) -> None:
        """Bring it up, topics made."""
        await self._broker.start(START_SECONDS)

    async def kill(self, rng: Random) -> str:
        """End it with SIGKILL; it does not come back by itself."""
        await self._broker.kill()
        return "broker"

    async def lose(self) -> str:
        """Lose the cluster with all its data; an empty one takes its place at another address.

        Returns that address. `bootstrap` is it, too, from here on.
        """
        await self._broker.kill()
        shutil.rmtree(self._folder / str(self._made))
        self._broker = self._fresh({})
        await self._broker.start(START_SECONDS)
        self.bootstrap = self._broker.bootstrap
        return self.bootstrap

    async def take_at_most(self, topic: str, size: int = KAFKAS_OWN) -> None:
        """Let a topic refuse messages of more than `size` bytes."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            setting = {"max.message.bytes": str(size)}
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, setting)])
        finally:
            await admin.close()

    async def stop(self) -> None:
        """End it."""
        await self._broker.stop()
