"""A real Apache Kafka for tests: one broker, or three that keep every message three times."""

import asyncio
import base64
import contextlib
import os
import shutil
import signal
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from tests.kafka.jars import TARGET, java_command
from tierline.runtime.embedded.server import EmbeddedServer
from tierline.runtime.ports import LOOPBACK, find_free_port
from tierline.runtime.process import ChildSpec, run_to_end

CLUSTER_ID = "VGllcmxpbmUgaW4gdGVzdA"
"""16 bytes in base64url; every test cluster is an island of its own."""

REQUEST_SECONDS = 5.0
STOP_GRACE_SECONDS = 15.0
FORMAT_SECONDS = 60.0
START_SECONDS = 90.0
ASK_TRIES = 50
ASK_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Node:
    """One broker's place in its cluster.

    Attributes:
        number: from 1.
        port: where it listens to clients.
        controller_port: where its controller listens to the others.
        inner_port: where it listens to the other brokers.
        advertised: the port clients are told; its own unless something stands in between.
    """

    number: int
    port: int
    controller_port: int
    inner_port: int
    advertised: int

    @classmethod
    def on(cls, number: int, ports: Sequence[int], advertised: int | None = None) -> "Node":
        """A node on three free ports."""
        port, controller_port, inner_port = ports
        return cls(number, port, controller_port, inner_port, advertised or port)

    @property
    def voter(self) -> str:
        return f"{self.number}@{LOOPBACK}:{self.controller_port}"


class ApacheBroker(EmbeddedServer):
    """One process that is broker and controller. It keeps its messages over a kill.

    Args:
        folder: its data, settings and log.
        node: its own place.
        nodes: all of the cluster.
        topics: partitions by topic name, made once it serves (only with one node).
    """

    def __init__(
        self, folder: Path, node: Node, nodes: Sequence[Node], topics: Mapping[str, int]
    ) -> None:
        super().__init__(node.port)
        self.node = node
        self._folder = folder
        self._nodes = nodes
        self._topics = dict(topics)
        self._argv = java_command()

    @property
    def bootstrap(self) -> str:
        """The address for Kafka clients, host:port."""
        return f"{LOOPBACK}:{self.node.advertised}"

    def spec(self) -> ChildSpec:
        """Say how to run this broker, for a supervisor or for `start`."""
        return ChildSpec(
            name=f"kafka {self.node.number}",
            argv=[*self._argv, "kafka.Kafka", str(self._folder / "server.properties")],
            ready=self.probe,
            prepare=self._prepare,
            log=self._folder / "kafka.log",
            grace_seconds=STOP_GRACE_SECONDS,
        )

    def pause(self) -> None:
        """Stop its process where it stands (SIGSTOP); `go_on` continues it."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Continue a paused process."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def probe(self) -> str | None:
        """None once it answers for its topics, else why not."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                _, writer = await asyncio.open_connection(LOOPBACK, self.port)
                writer.close()
                await admin.start()
                return await _make_topics(admin, self._topics, 1)
        except (OSError, TimeoutError, KafkaError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            await admin.close()

    async def _prepare(self) -> None:
        """Write its settings and, the first time, format its data folder."""
        data = self._folder / "data"
        settings = _settings(self.node, self._nodes, data)
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self._folder / "server.properties").write_text(lines)
        if (data / "meta.properties").exists():
            return
        data.mkdir(exist_ok=True)
        shutil.copy(await _bootstrap_checkpoint(), data / "bootstrap.checkpoint")
        directory = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").lstrip("-")
        (data / "meta.properties").write_text(
            f"version=1\ncluster.id={CLUSTER_ID}\nnode.id={self.node.number}\n"
            f"directory.id={directory.ljust(22, 'A')}\n"
        )


class Cluster:
    """One or three brokers on free loopback ports; with three, every message is kept three times.

    Args:
        folder: everything of the cluster goes here.
        brokers: 1 or 3.
        advertised: by broker number, the port clients are told where a proxy stands in between.
    """

    def __init__(
        self, folder: Path, brokers: int = 1, advertised: Mapping[int, int] | None = None
    ) -> None:
        told = advertised or {}
        ports = free_ports(3 * brokers, told.values())
        nodes = [Node.on(n + 1, ports[3 * n : 3 * n + 3], told.get(n + 1)) for n in range(brokers)]
        self.brokers = {
            node.number: ApacheBroker(folder / str(node.number), node, nodes, {}) for node in nodes
        }

    @property
    def bootstrap(self) -> str:
        """The brokers' addresses, separated by commas."""
        return ",".join(broker.bootstrap for broker in self.brokers.values())

    async def start(self) -> None:
        """Start every broker that is not running, and wait until all serve. Raises UpError."""
        await asyncio.gather(*(broker.start(START_SECONDS) for broker in self.brokers.values()))

    async def stop(self) -> None:
        """Stop them all; what they keep on disk stays."""
        for broker in self.brokers.values():
            broker.go_on()
        await asyncio.gather(*(broker.stop() for broker in self.brokers.values()))

    def port(self, number: int) -> int:
        """Where broker `number` really listens."""
        return self.brokers[number].port

    async def kill(self, number: int) -> None:
        """End broker `number` with SIGKILL."""
        await self.brokers[number].kill()

    async def up(self, number: int) -> None:
        """Start broker `number` again on its data. Raises UpError."""
        await self.brokers[number].start(START_SECONDS)

    def pause(self, number: int) -> None:
        """Stop broker `number` where it stands."""
        self.brokers[number].pause()

    def go_on(self, number: int) -> None:
        """Continue a paused broker."""
        self.brokers[number].go_on()

    async def make_topics(self, topics: Mapping[str, int]) -> None:
        """Make the topics that are missing, kept by every broker. Raises KafkaError."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await _make_topics(admin, topics, len(self.brokers))
        finally:
            await admin.close()

    async def leader(self, topic: str, partition: int) -> int:
        """The number of the broker that leads a partition; -1 while nobody does.

        Raises KafkaError when no broker says so within ASK_TRIES tries; likewise `copies`.
        """
        return int((await self._partitions(topic))[partition]["leader"])

    async def copies(self, topic: str) -> set[int]:
        """How many copies are kept of each partition: one number where all are alike."""
        return {len(found["replicas"]) for found in (await self._partitions(topic)).values()}

    async def _partitions(self, topic: str) -> dict[int, Any]:
        for tried in range(ASK_TRIES):
            try:
                return await self._describe(topic)
            except (KafkaError, OSError):  # a dead broker was asked, or the topic is being made
                if tried == ASK_TRIES - 1:
                    raise
                await asyncio.sleep(ASK_PAUSE_SECONDS)
        raise AssertionError("unreachable: the last try returns or raises")

    async def _describe(self, topic: str) -> dict[int, Any]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            (described,) = await admin.describe_topics([topic])
        finally:
            await admin.close()
        if not described["partitions"]:
            raise UnknownTopicOrPartitionError(topic)
        return {int(found["partition"]): found for found in described["partitions"]}


def free_ports(count: int, taken: Collection[int] = ()) -> list[int]:
    """That many free loopback ports, none of them in `taken`."""
    found: list[int] = []
    for _ in range(count):
        found.append(find_free_port([*taken, *found]))
    return found


async def _make_topics(
    admin: AIOKafkaAdminClient, topics: Mapping[str, int], replication: int
) -> str | None:
    present = set(await admin.list_topics())
    wanted = [
        NewTopic(name, partitions, replication)
        for name, partitions in topics.items()
        if name not in present
    ]
    if not wanted:
        return None
    await admin.create_topics(wanted)
    absent = sorted(set(topics) - set(await admin.list_topics()))
    return f"topics missing: {', '.join(absent)}" if absent else None


async def _bootstrap_checkpoint() -> Path:
    """What formatting writes beside the ids, made once: two seconds of Java saved a broker."""
    template = TARGET / "formatted"
    found = template / "data" / "bootstrap.checkpoint"
    if found.exists():
        return found
    scratch = TARGET / f"formatting-{uuid.uuid4().hex}"
    scratch.mkdir(parents=True)
    node = Node.on(1, (19_092, 19_093, 19_094))
    lines = "".join(f"{k}={v}\n" for k, v in _settings(node, [node], scratch / "data").items())
    (scratch / "server.properties").write_text(lines)
    arguments = ["format", "-t", CLUSTER_ID, "-c", str(scratch / "server.properties")]
    spec = ChildSpec(
        name="kafka format",
        argv=[*java_command(), "kafka.tools.StorageTool", *arguments],
        log=scratch / "format.log",
    )
    code, said = await run_to_end(spec, FORMAT_SECONDS)
    if code:
        raise RuntimeError(f"kafka could not format a folder: {said[-500:]}")
    with contextlib.suppress(OSError):  # another worker was first: use what it made
        scratch.rename(template)
    shutil.rmtree(scratch, ignore_errors=True)
    return found


def _settings(node: Node, nodes: Sequence[Node], data: Path) -> dict[str, object]:
    """The settings of one node (kafka.apache.org/documentation/#configuration).

    One of one needs a replication of 1 for the inner topics too, or groups wait for ever. A test
    wants a dead broker noticed in seconds, and no wait before a group's first members.
    """
    copies = len(nodes)
    in_sync = max(1, copies - 1)
    inner = f"INNER://{LOOPBACK}:{node.inner_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": ",".join(other.voter for other in nodes),
        "listeners": f"CLIENTS://{LOOPBACK}:{node.port},{inner},"
        f"CONTROLLER://{LOOPBACK}:{node.controller_port}",
        "advertised.listeners": f"CLIENTS://{LOOPBACK}:{node.advertised},{inner}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT,INNER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "INNER",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        "share.coordinator.state.topic.num.partitions": 4,
        "group.initial.rebalance.delay.ms": 0,
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "replica.lag.time.max.ms": 5000,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        "log.cleaner.dedupe.buffer.size": 8_388_608,
        "log.segment.bytes": 67_108_864,
    }
