"""Apache Kafka that asks for a login over TLS: what the settings say is what a broker takes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.certificates import make_authority
from tests.conftest import require_or_skip
from tests.kafka.apache import ApacheBroker, Node, free_ports
from tests.kafka.jars import NoKafkaError, java_command
from tierline.bus.cluster import Cluster
from tierline.bus.consumer import Consumer, Message
from tierline.bus.producer import NotSentError, Outgoing, Producer
from tierline.bus.topics import ensure_topics
from tierline.messages.broker import Broker, Mechanism, Tls
from tierline.messages.topics import EVENTS, PARTITIONS, TOPICS
from tierline.runtime.ports import LOOPBACK
from tierline.runtime.process import ChildSpec, run_to_end

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

LOGIN, PASSWORD = "tierline", "a-password"
PATIENCE_S = 60
SCRAM_SECONDS = 90.0
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


class SecuredBroker(ApacheBroker):
    """One with a second listener that asks for a login over TLS, and for our certificate."""

    def __init__(self, folder: Path) -> None:
        *ports, self.secured = free_ports(4)
        node = Node.on(1, ports)
        super().__init__(folder / "kafka", node, [node], {})
        certificates = folder / "certificates"
        certificates.mkdir()
        self.tls = Tls(*map(str, make_authority(certificates)))
        self._keys = certificates / "broker.pem"
        self._keys.write_text(Path(self.tls.key_file).read_text())
        with self._keys.open("a") as file:
            file.write(Path(self.tls.cert_file).read_text())

    @property
    def asked(self) -> Broker:
        """How it wants to be spoken to."""
        address = f"{LOOPBACK}:{self.secured}"
        return Broker(address, "SASL_SSL", "SCRAM-SHA-512", LOGIN, PASSWORD, self.tls)

    async def _prepare(self) -> None:
        await super()._prepare()
        file = self._folder / "server.properties"
        told = dict(line.split("=", 1) for line in file.read_text().splitlines())
        secured = f",SECURED://{LOOPBACK}:{self.secured}"
        own = "listener.name.secured."
        told |= {
            "listeners": told["listeners"] + secured,
            "advertised.listeners": told["advertised.listeners"] + secured,
            "listener.security.protocol.map": told["listener.security.protocol.map"]
            + ",SECURED:SASL_SSL",
            f"{own}ssl.keystore.type": "PEM",
            f"{own}ssl.keystore.location": str(self._keys),
            f"{own}ssl.truststore.type": "PEM",
            f"{own}ssl.truststore.location": self.tls.ca_file,
            f"{own}ssl.client.auth": "required",
            f"{own}sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            f"{own}plain.sasl.jaas.config": f'{PLAIN} required user_{LOGIN}="{PASSWORD}";',
            f"{own}scram-sha-512.sasl.jaas.config": f"{SCRAM} required;",
        }
        file.write_text("".join(f"{name}={value}\n" for name, value in told.items()))

    async def add_login(self) -> None:
        """Give the login its SCRAM credential."""
        change = f"SCRAM-SHA-512=[password={PASSWORD}]"
        arguments = [
            *("--bootstrap-server", self.bootstrap, "--alter", "--add-config", change),
            *("--entity-type", "users", "--entity-name", LOGIN),
        ]
        spec = ChildSpec(
            name="kafka login",
            argv=[*java_command(), "kafka.admin.ConfigCommand", *arguments],
            log=self._folder / "login.log",
        )
        code, said = await run_to_end(spec, SCRAM_SECONDS)
        assert code == 0, said


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SecuredBroker]:
    try:
        made = SecuredBroker(tmp_path_factory.mktemp("secured"))
    except NoKafkaError as error:
        require_or_skip(str(error))
        raise
    await made.start(90.0)
    try:
        await made.add_login()
        yield made
    finally:
        await made.stop()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
async def test_topics_are_made_and_messages_go_there_and_back(
    broker: SecuredBroker, mechanism: Mechanism
) -> None:
    where = replace(broker.asked, mechanism=mechanism)
    await ensure_topics(where)
    async with Cluster(where) as cluster:
        made = {name: topic.partitions for name, topic in (await cluster.topics()).items()}
    assert made == dict.fromkeys(TOPICS, PARTITIONS)
    came: list[Message] = []
    all_there = asyncio.Event()
    body = f"by {mechanism}".encode()

    async def handle(messages) -> None:
        came.extend(messages)
        if any(message.body == body for message in came):
            all_there.set()

    stop = asyncio.Event()
    consumer = Consumer(where, EVENTS, f"group of {mechanism}", handle)
    reading = asyncio.create_task(consumer.run(stop))
    producer = Producer(where, idempotent=True)
    try:
        assert await producer.send([Outgoing(1, EVENTS, "key", body)]) == {}
        await asyncio.wait_for(all_there.wait(), PATIENCE_S)
    finally:
        stop.set()
        await asyncio.wait_for(reading, PATIENCE_S)
        await producer.close()


@pytest.mark.parametrize(
    "change",
    [
        {"password": "another one"},
        {"protocol": "SSL"},
        {"tls": Tls()},
    ],
    ids=["a wrong password", "no login", "an authority that is not the broker's"],
)
async def test_who_is_not_let_in_sends_nothing_and_says_so(broker: SecuredBroker, change) -> None:
    producer = Producer(replace(broker.asked, **change))
    try:
        with pytest.raises(NotSentError):
            await producer.send([Outgoing(1, EVENTS, "key", b"never")])
    finally:
        await producer.close()
