"""Services of two versions on one database and one broker."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from ruamel.yaml import YAML

from tests.faults.receiver import HOOK, Receiver
from tests.versions.previous import import_path
from tierline.runtime.addresses import FIXED_PORTS, service_environment
from tierline.runtime.ports import find_free_port
from tierline.runtime.probes import http_probe
from tierline.runtime.process import ChildSpec, run_to_end

SERVICES = ("intake", "router", "sla-timer", "notifier")
READY_S = 90.0
END_S = 60.0
POLL_S = 0.05
COMMAND_S = 120.0
GRAVE = frozenset({"error", "critical"})


def furnish(policy: Path, receiver: Receiver) -> Path:
    """A version's own example policy, its rooms and one subscription led to the receiver."""
    yaml, path = YAML(), policy / "records.yaml"
    records = yaml.load(path)
    for name, room in records["rooms"].items():
        room["url"] = f"http://127.0.0.1:{receiver.port}/chat/{name}"
    records["subscriptions"] = {"psa": {"url": f"http://127.0.0.1:{receiver.port}{HOOK}"}}
    with path.open("w") as file:
        yaml.dump(records, file)
    return policy


@dataclass
class Version:
    """One version's programs, run on what both have in common.

    Attributes:
        name: of its logs.
        root: its checkout.
        common: the environment of every service.
    """

    name: str
    root: Path
    common: dict[str, str]
    logs: Path
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    def environment(self, **own: str) -> dict[str, str]:
        """What one of its programs is started with."""
        return {**os.environ, **self.common, "PYTHONPATH": import_path(self.root), **own}

    async def run(self, *arguments: str) -> str:
        """Run a program of its own to its end; what it printed."""
        argv = (sys.executable, *arguments)
        spec = ChildSpec(name="run", argv=argv, env=self.environment(), log=self.log("run"))
        code, said = await run_to_end(spec, COMMAND_S)
        assert code == 0, f"{self.name} {arguments}: {code}\n{self.log('run').read_text()[-2000:]}"
        return said

    async def start(self, taken: set[int]) -> None:
        """Start every service, and wait until each is ready."""
        for service in SERVICES:
            port = self.ports[service] = find_free_port(taken | set(self.ports.values()))
            own = {"TIERLINE_PORT": str(port)}
            with self.log(service).open("ab") as log:
                self.running[service] = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-m", service.replace("-", "_")),
                    env=self.environment(**own),
                    stdout=log,
                    stderr=log,
                )
        async with asyncio.timeout(READY_S):
            for service in SERVICES:
                ready = http_probe(f"{self.url(service)}/readyz")
                while (why := await ready()) is not None:
                    ended = self.running[service].returncode
                    assert ended is None, f"{self.name} {service} ended: {self.tail(service)}"
                    assert why
                    await asyncio.sleep(POLL_S)

    async def stop(self) -> dict[str, int | None]:
        """Ask every service to end; their exit codes."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(END_S):
            codes = {name: await process.wait() for name, process in self.running.items()}
        self.running.clear()
        return codes

    def kill(self) -> None:
        """End what still runs."""
        for process in self.running.values():
            if process.returncode is None:
                process.kill()

    def url(self, service: str) -> str:
        """Where one of its services answers."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def log(self, name: str) -> Path:
        """The log of one of its programs."""
        self.logs.mkdir(parents=True, exist_ok=True)
        return self.logs / f"{self.name}-{name}.log"

    def tail(self, name: str) -> str:
        """The end of it."""
        return self.log(name).read_text()[-2000:]

    def errors(self) -> list[str]:
        """Every line of a grave level in the logs of its services."""
        found = []
        for service in SERVICES:
            for line in self.log(service).read_text().splitlines():
                try:
                    said = json.loads(line)
                except ValueError:
                    found.append(f"{self.name} {service}: {line}")
                    continue
                if said.get("level") in GRAVE and not _expected(said):
                    found.append(f"{self.name} {service}: {line}")
        return found


def _expected(said: Mapping[str, Any]) -> bool:
    """The client library's own words; and what an auditor sees in the midst of a jump of time."""
    return str(said.get("logger", "")).startswith("aiokafka") or said.get("event") == "auditor"


@dataclass
class Sides:
    """Both versions, and what they share."""

    old: Version
    new: Version
    url: str
    loaded: dict[str, Any]

    @asynccontextmanager
    async def api(self, version: Version) -> AsyncIterator[httpx.AsyncClient]:
        """The router's API of one version, with the development token."""
        headers = {"Authorization": f"Bearer {self.loaded['token']}"}
        async with httpx.AsyncClient(
            base_url=version.url("router"), headers=headers, timeout=30, trust_env=False
        ) as client:
            yield client

    async def alert(self, version: Version, key: str, **fields: Any) -> int:
        """Post one alert; its id, once it is stored for good."""
        headers = {"Authorization": f"Bearer {self.loaded['integration_keys']['api']}"}
        body = {"dedup_key": key, "title": key, "severity": "critical", **fields}
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            address = f"{version.url('intake')}/v1/alerts"
            answer = await client.post(address, json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        return int(answer.json()["id"])

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        """Read from the database they share."""
        connection = await asyncpg.connect(self.url)
        try:
            found: list[Any] = await connection.fetch(statement, *values)
            return found
        finally:
            await connection.close()


def common_environment(url: str, bootstrap: str, home: Path) -> dict[str, str]:
    """What every service of either version is told."""
    ports: dict[str, int] = {}
    for name in FIXED_PORTS:
        ports[name] = find_free_port(set(ports.values()))
    said = service_environment(
        ports=ports, database_url=url, bootstrap=bootstrap, secret="7" * 64, home=str(home)
    )
    return {**said, "TIERLINE_SUPERVISOR_PID": "0"}
