"""The stack of a fault run: two replicas of every service, in front of servers that can be harmed.

It is put together from the product's own parts, as `tierline up` does; each line to PostgreSQL, the
broker and the receiver may go through a proxy.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

from tests.faults.brokers import Apache, Brokers, Embedded
from tests.faults.groups import Groups
from tests.faults.links import Links
from tests.faults.policy import write_policy
from tests.faults.receiver import Receiver
from tierline.runtime.addresses import FIXED_PORTS, HTTP_SERVICES, service_environment
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.ports import find_free_port
from tierline.runtime.probes import http_probe
from tierline.runtime.process import ChildSpec, run_to_end
from tierline.runtime.supervisor import ChildState, RestartPolicy, Supervisor, Transition

REPLICAS = 2
START_SECONDS = 180.0
POSTGRES_SETTINGS: Mapping[str, str] = {
    "max_connections": "100",
    "max_wal_size": "192MB",
    "min_wal_size": "48MB",
    "log_min_messages": "warning",
}
RESTARTS = RestartPolicy(longest_pause_seconds=1.0, healthy_seconds=3.0)
CONNECT_TRIES = 300


async def connect_patiently(url: str) -> "asyncpg.Connection[Any]":
    """A connection to a PostgreSQL that may be coming back, tried for a minute and more."""
    for tried in range(CONNECT_TRIES):
        try:
            return await asyncpg.connect(url, timeout=5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            if tried == CONNECT_TRIES - 1:
                raise
            await asyncio.sleep(0.2)
    raise AssertionError("unreachable: the last try returns or raises")


class FaultStack:
    """A running stack.

    Args:
        folder: for everything but PostgreSQL's files.
        postgres_folder: for those; a small file system of its own, or a folder below `folder`.
        receiver: chat rooms and the one subscription lead there.
        apache: Apache Kafka with three brokers instead of the embedded broker.
        proxied: lines go through `links`.
    """

    def __init__(
        self,
        folder: Path,
        postgres_folder: Path,
        receiver: Receiver,
        *,
        apache: bool,
        proxied: bool,
    ) -> None:
        self.folder = folder
        self.receiver = receiver
        self.deaths: list[str] = []
        self.supervisor = Supervisor(self._changed, RESTARTS)
        self.links = Links(self.service_pids) if proxied else None
        self.ports = self._draw_ports()
        self.postgres = EmbeddedPostgres(
            postgres_folder,
            self.ports["postgres"],
            log=self._log("postgres"),
            settings=POSTGRES_SETTINGS,
        )
        self.brokers: Brokers = (
            Apache(folder / "kafka", self.links)
            if apache
            else Embedded(self.ports["broker"], self.supervisor, self.links, self._log)
        )
        self.environment: dict[str, dict[str, str]] = {}
        self.loaded: dict[str, Any] = {}

    @staticmethod
    def replicas(service: str) -> list[str]:
        """The names of a service's replicas."""
        return [f"{service}-{number + 1}" for number in range(REPLICAS)]

    @property
    def services(self) -> list[str]:
        """The names of all replicas of all services."""
        return [name for service in HTTP_SERVICES for name in self.replicas(service)]

    def service_pids(self) -> dict[str, int]:
        """Process ids of the replicas that run, by name."""
        running = self.supervisor.pids()
        return {name: running[name] for name in self.services if name in running}

    def key(self, integration: str) -> str:
        """The key of an integration."""
        return str(self.loaded["integration_keys"][integration])

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to a child; False where it is not running just now."""
        pid = self.supervisor.pids().get(name)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    async def connect(self) -> "asyncpg.Connection[Any]":
        """A connection past every proxy, waiting for a PostgreSQL that is coming back."""
        return await connect_patiently(self.postgres.url())

    def groups(self) -> Groups:
        """Asks the broker about the services' consumer groups."""
        return Groups(self.brokers.bootstrap)

    async def start(self) -> None:
        """Bring everything up, the policy loaded. Raises UpError."""
        self.postgres.initialise()
        await self.supervisor.start([self.postgres.spec()], START_SECONDS)
        await self.brokers.start()
        common = await self._common_environment()
        for argv in (("-m", "tierline.store.migrate"), self._load_command(await self._hook_port())):
            said = await self._run(argv, common)
        self.loaded = json.loads(said.strip().splitlines()[-1])
        await self.supervisor.start(
            [self._service(name, common) for name in self.services], START_SECONDS
        )

    async def stop(self) -> None:
        """End everything, the services first."""
        await self.supervisor.stop()
        await self.brokers.stop()
        if self.links is not None:
            await self.links.close()

    async def restart(self, name: str, **variables: str) -> None:
        """Ask a replica to end, which starts it anew with these variables; wait for its end."""
        own = self.environment[name]
        own.update(variables)
        pid = self.supervisor.pids().get(name)
        self.signal(name, signal.SIGTERM)
        while pid is not None and self.supervisor.pids().get(name) == pid:
            await asyncio.sleep(0.05)

    def _draw_ports(self) -> dict[str, int]:
        ports: dict[str, int] = {}
        replicas = [name for service in HTTP_SERVICES for name in self.replicas(service)]
        for name in (*FIXED_PORTS, *replicas):
            ports[name] = find_free_port(set(ports.values()))
        for service in HTTP_SERVICES:
            ports[service] = ports[f"{service}-1"]
        return ports

    async def _common_environment(self) -> dict[str, str]:
        url, port = self.postgres.url(), self.ports["postgres"]
        if self.links is not None:
            url = url.replace(f":{port}/", f":{await self.links.add('postgres', port)}/")
        common = service_environment(
            ports={name: self.ports[name] for name in FIXED_PORTS},
            database_url=url,
            bootstrap=self.brokers.bootstrap,
            secret="5" * 64,
            home=str(self.folder),
        )
        return {**common, **self.brokers.environment}

    async def _hook_port(self) -> int:
        if self.links is None:
            return self.receiver.port
        return await self.links.add("receiver", self.receiver.port)

    def _load_command(self, hook_port: int) -> tuple[str, ...]:
        policy = write_policy(self.folder / "policy", f"http://127.0.0.1:{hook_port}")
        return ("-m", "tierline.cli.main", "load", str(policy), "--json")

    async def _run(self, argv: tuple[str, ...], environment: Mapping[str, str]) -> str:
        spec = ChildSpec(
            name="setup",
            argv=(sys.executable, *argv),
            env=environment,
            log=self._log("setup"),
        )
        code, said = await run_to_end(spec, START_SECONDS)
        if code:
            raise RuntimeError(f"{argv} ended with {code}: see {spec.log}")
        return said

    def _service(self, name: str, common: Mapping[str, str]) -> ChildSpec:
        service = name.rpartition("-")[0]
        own = {**common, "TIERLINE_PORT": str(self.ports[name])}
        if name == "notifier-1":
            own["TIERLINE_MAIL_CATCHER"] = "1"
        self.environment[name] = own  # read at every start of the child, so it may be changed
        return ChildSpec(
            name=name,
            argv=(sys.executable, "-m", service.replace("-", "_")),
            env=own,
            ready=http_probe(f"http://127.0.0.1:{self.ports[name]}/readyz"),
            log=self._log(name),
        )

    def _changed(self, transition: Transition) -> None:
        if transition.state is ChildState.DIED:
            self.deaths.append(f"{transition.name}: {transition.detail}")

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"
