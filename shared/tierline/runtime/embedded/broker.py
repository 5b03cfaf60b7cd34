"""The embedded broker: a real Kafka-protocol server that keeps everything in memory."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from tierline.runtime.embedded.binaries import broker_program
from tierline.runtime.embedded.server import EmbeddedServer
from tierline.runtime.ports import LOOPBACK
from tierline.runtime.process import ChildSpec

REQUEST_SECONDS = 5.0
STOP_GRACE_SECONDS = 5.0


class EmbeddedBroker(EmbeddedServer):
    """A broker on a loopback port that has its topics whenever it is ready.

    It forgets topics, messages and offsets when it ends; being ready therefore includes having made
    the topics anew.

    Args:
        port: the loopback port, also the advertised one.
        topics: partitions by topic name.
        log: the broker's log, or None to discard it.
    """

    def __init__(self, port: int, topics: Mapping[str, int], *, log: Path | None = None) -> None:
        super().__init__(port)
        self._topics = dict(topics)
        self._log = log
        self._program = broker_program()

    @property
    def bootstrap(self) -> str:
        """The address for Kafka clients, host:port."""
        return f"{LOOPBACK}:{self.port}"

    def spec(self) -> ChildSpec:
        """Say how to run this server, for a supervisor or for `start`."""
        address = f"tcp://{LOOPBACK}:{self.port}"
        return ChildSpec(
            name="broker",
            argv=[
                str(self._program),
                "broker",
                "--listener-url",
                address,
                "--advertised-listener-url",
                address,
                "--storage-engine",
                "memory://tansu/",
            ],
            ready=self.probe,
            log=self._log,
            grace_seconds=STOP_GRACE_SECONDS,
        )

    async def probe(self) -> str | None:
        """Ask for metadata and make the topics that are missing.

        Returns:
            None when all topics are there, else why not.
        """
        try:
            _, writer = await asyncio.wait_for(
                asyncio.open_connection(LOOPBACK, self.port), REQUEST_SECONDS
            )
            writer.close()
            async with asyncio.timeout(REQUEST_SECONDS):
                return await self._make_topics()
        except (OSError, TimeoutError, KafkaError) as error:
            return f"{type(error).__name__}: {error}"

    async def _make_topics(self) -> str | None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            present = set(await admin.list_topics())
            missing = [
                NewTopic(name, partitions, 1)
                for name, partitions in self._topics.items()
                if name not in present
            ]
            if missing:
                await admin.create_topics(missing)
                present = set(await admin.list_topics())
        finally:
            await admin.close()
        absent = sorted(set(self._topics) - present)
        return f"topics missing: {', '.join(absent)}" if absent else None
