"""From ready to gone: probes of running processes, and a rolling restart under load."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.brokers import CHOSEN, Broker, make_broker
from tests.faults.groups import TRIAGE, Groups, LagUnknownError
from tests.services.balancer import Balancer, balancing
from tests.services.router.world import router_world
from tests.services.test_service_runtime import environment, launch, outcome, ready
from tierline.runtime.ports import find_free_port
from tierline.web.keys import KeyKind, hash_key, make_key

pytestmark = pytest.mark.timeout(600)

DRAIN_S = 1.0
END_S = 60
SENDERS = 4


async def test_it_serves_on_unready_while_it_drains_and_a_second_signal_ends_it(eventually):
    port = find_free_port()
    process = await launch("obedient", environment(port, TIERLINE_DRAIN_SECONDS="300"))
    await eventually(lambda: ready(port), END_S)
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
        before = await client.get("/readyz")
        assert (before.status_code, "connection" in before.headers) == (200, False)
        process.send_signal(signal.SIGTERM)

        async def unready() -> bool:
            return (await client.get("/readyz")).status_code == 503

        await eventually(unready, END_S)
        answer = await client.get("/readyz")
        assert "stopping" in answer.json()["checks"]
        assert answer.headers["connection"] == "close", "the next request may go elsewhere"
        alive = await client.get("/healthz")
        assert (alive.status_code, alive.json()["alive"]) == (200, True)
    process.send_signal(signal.SIGTERM)
    code, output, lines = await outcome(process)
    assert (code, output) == (128 + signal.SIGTERM, ""), "nothing is finished or closed any more"
    assert lines[-1]["event"] == "ended at once by a second signal"


async def test_a_request_under_way_is_answered_after_the_signal(eventually):
    """Here it takes longer than the server's loop needs to notice the stop."""
    port = find_free_port()
    process = await launch("obedient", environment(port))
    await eventually(lambda: ready(port), END_S)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nha")
    await writer.drain()
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/echoing")).json() == 1, "it has begun"
        process.send_signal(signal.SIGTERM)

        async def gone() -> bool:
            try:
                await client.get("/readyz")
            except httpx.TransportError:
                return True
            return False

        await eventually(gone, END_S)
    writer.write(b"lf")
    answer = await asyncio.wait_for(reader.read(), END_S)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"half")
    writer.close()
    assert (await outcome(process))[0] == 0


@dataclass
class Replica:
    """One `python -m intake`, started anew on the same port."""

    port: int
    url: str
    bootstrap: str
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        variables = {
            **os.environ,
            **environment(self.port, TIERLINE_DRAIN_SECONDS=str(DRAIN_S)),
            "TIERLINE_DATABASE_URL": self.url,
            "TIERLINE_KAFKA_BOOTSTRAP": self.bootstrap,
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "intake", env=variables, stderr=asyncio.subprocess.DEVNULL
        )

    async def stop(self) -> int | None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), END_S)

    def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()


@dataclass
class Load:
    """Alerts posted one after the other, each with a key of its own."""

    balancer: Balancer
    key: str
    over: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def send(self, sender: int) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        address = f"http://127.0.0.1:{self.balancer.port}"
        async with httpx.AsyncClient(
            trust_env=False, base_url=address, headers=headers, timeout=END_S
        ) as client:
            sent = 0
            while not self.over.is_set():
                sent += 1
                body = {"dedup_key": f"{sender}-{sent}", "title": "down", "severity": "critical"}
                try:
                    answer = await client.post("/v1/alerts", json=body)
                except httpx.TransportError as error:
                    self.wrong.append(repr(error))
                    continue
                if answer.status_code == 202:
                    self.taken.append(answer.json()["id"])
                else:
                    self.wrong.append(answer.text)
                await asyncio.sleep(0.01)  # the load that matters is at the moment of the restart


@pytest_asyncio.fixture
async def own_broker(server_folder) -> AsyncIterator[Broker]:
    """No other test's alerts are in it."""
    server = make_broker(server_folder / "rolling")
    await server.start()
    yield server
    await server.stop()


async def integration_key(url: str) -> str:
    async with router_world(url):
        pass  # only the rows are wanted: policy, clients, people
    raw = make_key(KeyKind.INTEGRATION)
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO tierline.integration (name, kind) VALUES ('m', 'json')")
    await connection.execute(
        "INSERT INTO tierline.integration_key (hash, integration) VALUES ($1, 'm')", hash_key(raw)
    )
    await connection.close()
    return raw


@contextlib.asynccontextmanager
async def asking(bootstrap: str) -> AsyncIterator[Groups]:
    groups = Groups(bootstrap)
    yield groups
    await groups.close()


async def members(groups: Groups) -> int:
    """How many are in the group of triage at this moment."""
    while True:
        with contextlib.suppress(LagUnknownError):
            return len((await groups.members(TRIAGE)).ids)


@pytest.mark.broker
async def test_a_rolling_restart_refuses_nothing_loses_nothing_and_doubles_nothing(
    database_url, own_broker, server_folder, eventually
):
    key = await integration_key(database_url)
    first = find_free_port()
    ports = (first, find_free_port({first}))
    replicas = [Replica(port, database_url, own_broker.bootstrap) for port in ports]
    async with balancing(*ports) as balancer, asking(own_broker.bootstrap) as groups:
        load = Load(balancer, key)
        try:
            for replica in replicas:
                await replica.start()
            await eventually(lambda: balancer.ready == set(ports), END_S)
            senders = [asyncio.create_task(load.send(number)) for number in range(SENDERS)]
            await eventually(lambda: len(load.taken) > 20, END_S)
            for replica in replicas:
                assert await replica.stop() == 0
                assert replica.port not in balancer.ready
                if CHOSEN == "apache":  # the embedded one may hear it from the last member only
                    # A broker finds out by itself that one has died, but only after 10 s.
                    assert await members(groups) <= 1
                await replica.start()
                await eventually(lambda: balancer.ready == set(ports), END_S)
            so_far = len(load.taken)
            await eventually(lambda: len(load.taken) > so_far + 20, END_S)
            load.over.set()
            await asyncio.gather(*senders)
            await check(database_url, load, eventually)
            assert [await replica.stop() for replica in replicas] == [0, 0]
        finally:
            load.over.set()
            for replica in replicas:
                replica.kill()
    assert (load.wrong, balancer.refused) == ([], 0)


async def check(url: str, load: Load, eventually) -> None:
    """Every alert has one outcome, and its ticket was opened once."""
    connection = await asyncpg.connect(url)
    try:

        async def all_have_outcomes() -> bool:
            return not await connection.fetchval(
                "SELECT count(*) FROM tierline.alert WHERE outcome IS NULL"
            )

        await eventually(all_have_outcomes, END_S)
        stored = await connection.fetch("SELECT id FROM tierline.alert")
        assert sorted(row["id"] for row in stored) == sorted(load.taken)
        tickets = await connection.fetchval("SELECT count(*) FROM tierline.ticket")
        opened = await connection.fetchval(
            "SELECT count(*) FROM tierline.event WHERE type = 'opened'"
        )
        assert (tickets, opened) == (len(load.taken), len(load.taken))
    finally:
        await connection.close()
