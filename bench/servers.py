"""PostgreSQL, a broker and just the services a part needs, as many replicas as it asks for.

The servers are those of the product with the product's own settings; `load` has put the example
policy in. Everything listens on loopback and is removed at the end.
"""

import asyncio
import contextlib
import json
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from structlog.testing import capture_logs

from bench.machine import ROOT
from bench.processes import cpu_seconds
from bench.stack import policy_towards, work_folder
from bench.waiting import until
from tierline.domain.policy import Policy
from tierline.messages.topics import PARTITIONS, TOPICS
from tierline.policy.source import PolicySource
from tierline.runtime.addresses import FIXED_PORTS, service_environment
from tierline.runtime.embedded.broker import EmbeddedBroker
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.ports import LOOPBACK, find_free_port
from tierline.store import migrate
from tierline.store.database import Database

READY_SECONDS = 180
STOP_SECONDS = 30
SECRET = "a secret of the bench, thirty-two characters or more"


@dataclass
class Servers:
    """Running servers: the loaded policy, a connection, and the services started so far."""

    folder: Path
    postgres: EmbeddedPostgres
    broker: EmbeddedBroker
    environment: Mapping[str, str]
    loaded: Mapping[str, Any]
    policy: Policy
    db: "asyncpg.Connection[Any]"
    services: dict[str, Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of the integration that takes plain JSON alerts."""
        return str(self.loaded["integration_keys"]["api"])

    def port(self, name: str) -> int:
        """The port that a started service answers on."""
        return self.ports[name]

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far by part, PostgreSQL's backends included."""
        pids = {name: process.pid for name, process in self.services.items()}
        pids |= {"postgres": self.postgres.pid or 0, "broker": self.broker.pid or 0}
        return {name: cpu_seconds([pid]) for name, pid in pids.items()}

    async def start(self, service: str, replica: int = 1) -> Process:
        """Start a service and wait until it is ready; a second replica is called `NAME 2`."""
        name = service if replica == 1 else f"{service} {replica}"
        port = int(self.environment[_port_of(service)])
        if replica > 1:
            port = find_free_port(set(self.ports.values()))
        self.ports[name] = port
        catches = {"TIERLINE_MAIL_CATCHER": "1"} if name == "notifier" else {}
        log = (self.folder / f"{name}.log").open("ab")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", service.replace("-", "_")),
            env={**os.environ, **self.environment, **catches, "TIERLINE_PORT": str(port)},
            stdout=log,
            stderr=log,
            stdin=DEVNULL,
            cwd=ROOT,
        )
        log.close()
        self.services[name] = process
        await until(lambda: _answers(process, port), READY_SECONDS, 0.1)
        return process

    async def start_all(self, services: Iterable[str], replica: int = 1) -> None:
        """Start several services at once."""
        await asyncio.gather(*(self.start(service, replica) for service in services))

    async def stop_all(self) -> None:
        """End all services that were started, at once."""
        await asyncio.gather(*(self.stop(name) for name in list(self.services)))

    async def stop(self, name: str) -> None:
        """End a service by its own way of stopping; kill it where it takes too long."""
        process = self.services.pop(name)
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


def _port_of(service: str) -> str:
    return f"BENCH_PORT_{service}"


async def _answers(process: Process, port: int) -> bool:
    if process.returncode is not None:
        raise RuntimeError(f"a service ended with {process.returncode}")
    with contextlib.suppress(httpx.TransportError):
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://{LOOPBACK}:{port}/readyz")).is_success
    return False


@asynccontextmanager
async def serving(url: str = "", *, hook: bool = False) -> AsyncIterator[Servers]:
    """Servers with the example policy; with `hook` its one subscription posts to `url`."""
    folder = work_folder()
    ports: dict[str, int] = {}
    for name in FIXED_PORTS:
        ports[name] = find_free_port(set(ports.values()))
    postgres = EmbeddedPostgres(folder / "postgres", ports["postgres"], log=folder / "postgres.log")
    broker = EmbeddedBroker(
        ports["broker"], dict.fromkeys(TOPICS, PARTITIONS), log=folder / "broker.log"
    )
    try:
        await postgres.start()
        await broker.start()
        environment = {
            **service_environment(
                ports=ports,
                database_url=postgres.url(),
                bootstrap=broker.bootstrap,
                secret=SECRET,
                home=str(folder),
            ),
            **{_port_of(name): str(port) for name, port in ports.items()},
        }
        await asyncio.to_thread(migrate.upgrade, postgres.url())
        policy = policy_towards(folder / "policy", url, rooms=False, hook=hook)
        loaded = await _load(policy, environment)
        async with _connected(folder, postgres, broker, environment, loaded) as servers:
            yield servers
    finally:
        await broker.stop()
        await postgres.stop()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _load(policy: Path, environment: Mapping[str, str]) -> Mapping[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tierline.cli.main", "load", str(policy), "--json"),
        env={**os.environ, **environment},
        stdout=PIPE,
        cwd=ROOT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), READY_SECONDS)
    if process.returncode:
        raise RuntimeError(f"the policy was not loaded: {said.decode()}")
    loaded: Mapping[str, Any] = json.loads(said.splitlines()[-1])
    return loaded


@asynccontextmanager
async def _connected(
    folder: Path,
    postgres: EmbeddedPostgres,
    broker: EmbeddedBroker,
    environment: Mapping[str, str],
    loaded: Mapping[str, Any],
) -> AsyncIterator[Servers]:
    database = await Database.connect(postgres.url(), pool_max=1)
    with capture_logs():
        policy = await PolicySource(database).refresh()
    await database.close()
    db = await asyncpg.connect(postgres.url(), server_settings={"timezone": "UTC"})
    servers = Servers(folder, postgres, broker, environment, loaded, policy, db)
    try:
        yield servers
    finally:
        await servers.stop_all()
        await db.close()
