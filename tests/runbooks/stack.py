"""The stack that runbooks are followed on: real services, PostgreSQL and Apache Kafka.

PostgreSQL and Kafka are not brought back by themselves, so that they can be lost; the services obey
the command `services` of the pages.
"""

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import asyncpg

from tests.faults.groups import Groups
from tests.faults.stack import START_SECONDS, FaultStack
from tests.runbooks.kafka import OneBroker
from tests.runbooks.receiver import SMTP_USER, VerifyingReceiver
from tierline.messages.topics import PARTITIONS
from tierline.runtime.addresses import HTTP_SERVICES
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.ports import LOOPBACK, find_free_port
from tierline.runtime.probes import http_probe
from tierline.runtime.process import ChildSpec, command_line

POSTGRES_SECONDS = 180.0
READY_SECONDS = 180.0
POLL_SECONDS = 0.1
SECRET = "5" * 64
FIRST_SMTP_PASSWORD = "the first password of the relay"


class RunbookStack(FaultStack):
    """Two replicas of intake, one of each other service.

    Args:
        folder: for all files.
        receiver: chat rooms and the one subscription lead there.
        smtp_port: of the mail relay.
    """

    def __init__(self, folder: Path, receiver: VerifyingReceiver, smtp_port: int) -> None:
        super().__init__(folder, folder / "postgres", receiver, apache=True, proxied=False)
        self.broker = OneBroker(folder / "kafka")
        self.brokers = self.broker
        self.partitions = PARTITIONS
        self.data = folder / "postgres" / "data"
        self._smtp_port = smtp_port
        self._url = ""
        self._specs: list[ChildSpec] = []
        self._former: list[EmbeddedPostgres] = []

    @staticmethod
    def replicas(service: str) -> list[str]:
        """The names of a service's replicas."""
        return ["intake-1", "intake-2"] if service == "intake" else [f"{service}-1"]

    @property
    def database_url(self) -> str:
        """Where the services were told the database is."""
        return self._url

    def groups(self) -> Groups:
        """Asks the broker about the services' consumer groups."""
        return Groups(self.brokers.bootstrap, self.partitions)

    async def start(self) -> None:
        """Bring everything up, the policy loaded. Raises UpError."""
        self.postgres.initialise()
        await asyncio.gather(self.postgres.start(POSTGRES_SECONDS), self.brokers.start())
        common = {
            **await self._common_environment(),
            "TIERLINE_SECRET": SECRET,
            "TIERLINE_SMTP_PORT": str(self._smtp_port),
            "TIERLINE_SMTP_USER": SMTP_USER,
            "TIERLINE_SMTP_PASSWORD": FIRST_SMTP_PASSWORD,
            "TIERLINE_SMTP_TLS": "none",
        }
        self._url = common["TIERLINE_DATABASE_URL"]
        for argv in (("-m", "tierline.store.migrate"), self._load_command(await self._hook_port())):
            said = await self._run(argv, common)
        self.loaded = json.loads(said.strip().splitlines()[-1])
        specs = [self._service(name, common) for name in self.services]
        self.environment["notifier-1"].pop("TIERLINE_MAIL_CATCHER")
        await self.supervisor.start(specs, START_SECONDS)
        self._specs = specs

    async def stop(self) -> None:
        """End everything, the services first."""
        await self.supervisor.stop()
        for server in (*self._former, self.postgres):
            await server.stop()
        for data in self.folder.glob("*/data"):
            await end_server(data, signal.SIGINT)  # what a page has started
        await self.brokers.stop()

    async def obey(self, words: list[str]) -> None:
        """Do what a page says to `services`. Raises ValueError for what is none of its verbs."""
        match words:
            case ["stop"]:
                await self.supervisor.stop()
            case ["start"]:
                await self.supervisor.start(self._specs, START_SECONDS)
            case ["set", *pairs]:
                for pair in pairs:
                    self._set(*pair.split("=", 1))
            case ["roll", *names]:
                for name in names or HTTP_SERVICES:
                    for replica in self.replicas(name):
                        await self._roll(replica)
            case _:
                raise ValueError(f"services {' '.join(words)}: stop, start, set or roll")

    def _set(self, name: str, value: str) -> None:
        for own in self.environment.values():
            own[name] = value
        if name == "TIERLINE_DATABASE_URL":
            self._url = value

    async def _roll(self, replica: str) -> None:
        """Start one anew and wait until the new process can do its job."""
        await self.restart(replica)
        probe = http_probe(f"http://{LOOPBACK}:{self.ports[replica]}/readyz")
        async with asyncio.timeout(READY_SECONDS):
            while await probe() is not None:
                await asyncio.sleep(POLL_SECONDS)

    async def connect(self) -> "asyncpg.Connection[Any]":
        """A connection to the database as it is now."""
        async with asyncio.timeout(READY_SECONDS):
            while True:
                try:
                    return await asyncpg.connect(self.postgres.url(), timeout=5)
                except (OSError, asyncpg.PostgresError, TimeoutError):
                    await asyncio.sleep(POLL_SECONDS)

    async def lose_postgres(self) -> None:
        """Its processes are killed, and its disk is gone."""
        await end_server(self.data, signal.SIGKILL)
        await self.postgres.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def new_server(self, name: str) -> EmbeddedPostgres:
        """A place for another PostgreSQL with the same password: its folder and a free port.

        A runbook makes its `data`; `move_to` takes it over.
        """
        folder = self.folder / name
        folder.mkdir(mode=0o711)
        server = EmbeddedPostgres(folder, find_free_port())
        (folder / "password").write_text(self.postgres.password + "\n")
        return server

    def move_to(self, server: EmbeddedPostgres, name: str) -> None:
        """From now on this is the stack's PostgreSQL: a page has started it."""
        self._former.append(self.postgres)
        self.postgres = server
        self.data = self.folder / name / "data"


async def end_server(data: Path, number: signal.Signals) -> None:
    """End the PostgreSQL that serves a folder, if one does, and wait until it has."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    if str(data) not in command_line(pid):
        return
    os.kill(pid, number)
    async with asyncio.timeout(READY_SECONDS):
        while command_line(pid):
            await asyncio.sleep(POLL_SECONDS)
