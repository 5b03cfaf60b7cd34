"""What a fault run asks of a broker, embedded or Apache's, behind one small interface."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Protocol

from tests.faults.links import Links
from tests.kafka.apache import Cluster
from tierline.messages.topics import TOPICS
from tierline.runtime.embedded.broker import EmbeddedBroker
from tierline.runtime.errors import UpError
from tierline.runtime.ports import find_free_port
from tierline.runtime.process import ChildSpec
from tierline.runtime.stack import TOPIC_PARTITIONS
from tierline.runtime.supervisor import Supervisor

BROKERS = 3
BROKER_SECONDS = 60.0
DEAD_SECONDS = (2.0, 6.0)
"""How long a killed broker of three stays away, at least and at most."""
RETURNS_MAX = 20
"""How often a broker is started again: without it the storm would prove nothing."""


class Brokers(Protocol):
    """Whatever speaks Kafka's protocol to the stack."""

    name: str
    bootstrap: str
    environment: Mapping[str, str]
    lines: tuple[str, ...]
    """The links' targets that lead to a broker."""

    async def start(self) -> None:
        """Bring it up, topics made."""
        ...

    async def kill(self, rng: Random) -> str:
        """kill -9 of one broker, a leader where there are several; it comes back by itself.

        Returns what was killed; empty where nothing could be.
        """
        ...

    async def stop(self) -> None:
        """End it; every broker that was to come back is back before."""
        ...


class _Proxied(EmbeddedBroker):
    """An embedded broker that tells its clients another port than its own."""

    def __init__(self, port: int, advertised: int, log: Path) -> None:
        super().__init__(port, TOPIC_PARTITIONS, log=log)
        self._advertised = advertised

    def spec(self) -> ChildSpec:
        spec = super().spec()
        argv = list(spec.argv)
        at = argv.index("--advertised-listener-url") + 1
        argv[at] = f"tcp://127.0.0.1:{self._advertised}"
        return replace(spec, argv=argv)


class Embedded:
    """The embedded broker; the stack's supervisor brings it back. It forgets all when killed."""

    name = "embedded"
    lines: tuple[str, ...] = ("broker",)

    def __init__(
        self, port: int, supervisor: Supervisor, links: Links | None, log: Callable[[str], Path]
    ) -> None:
        self._port = port
        self._supervisor = supervisor
        self._links = links
        self._log = log
        self.bootstrap = f"127.0.0.1:{port}"
        self.environment: Mapping[str, str] = {}
        if links is None:
            self.lines = ()

    async def start(self) -> None:
        listen = self._port
        if self._links is not None:
            listen = await self._links.add("broker", self._port)
            self.bootstrap = f"127.0.0.1:{listen}"
        broker = _Proxied(self._port, listen, self._log("broker"))
        await self._supervisor.start([broker.spec()], BROKER_SECONDS)

    async def kill(self, rng: Random) -> str:
        pid = self._supervisor.pids().get("broker")
        if pid is None:
            return ""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return "broker"

    async def stop(self) -> None:
        """The supervisor ends it with the rest."""


class Apache:
    """Three brokers of Apache Kafka that keep every message three times."""

    name = "Apache Kafka, three brokers"

    def __init__(self, folder: Path, links: Links | None) -> None:
        self._links = links
        self._listen = self._proxy_ports() if links is not None else {}
        self._cluster = Cluster(folder, BROKERS, advertised=self._listen)
        self._returning: set[asyncio.Task[None]] = set()
        self.lines = tuple(f"broker {number}" for number in self._listen)
        self.environment: Mapping[str, str] = {
            "TIERLINE_KAFKA_IDEMPOTENT": "1",
            "TIERLINE_KAFKA_REPLICATION": str(BROKERS),
        }
        self.bootstrap = self._cluster.bootstrap

    @staticmethod
    def _proxy_ports() -> dict[int, int]:
        taken: list[int] = []
        for _ in range(BROKERS):
            taken.append(find_free_port(taken))
        return dict(enumerate(taken, 1))

    async def start(self) -> None:
        if self._links is not None:
            for number, listen in self._listen.items():
                await self._links.add(f"broker {number}", self._cluster.port(number), listen)
        await self._cluster.start()
        await self._cluster.make_topics(TOPIC_PARTITIONS)

    async def kill(self, rng: Random) -> str:
        """The leader of a partition drawn by lot; only one of the three is ever away."""
        if self._returning:
            return ""
        try:
            async with asyncio.timeout(10):
                number = await self._cluster.leader(rng.choice(TOPICS), rng.randrange(4))
        except Exception:
            return ""
        if number < 0:
            return ""
        await self._cluster.kill(number)
        task = asyncio.create_task(self._return(number, rng.uniform(*DEAD_SECONDS)))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)
        return f"kafka {number}"

    async def _return(self, number: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        for _ in range(RETURNS_MAX):
            with contextlib.suppress(UpError):
                await self._cluster.up(number)
                return

    async def stop(self) -> None:
        if self._returning:
            await asyncio.wait(self._returning)
        await self._cluster.stop()
