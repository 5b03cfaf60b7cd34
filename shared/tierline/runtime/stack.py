"""The development stack: servers, schema, example data and services, brought up in order."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tierline.messages.topics import PARTITIONS, TOPICS
from tierline.runtime.addresses import HTTP_SERVICES, service_environment, urls
from tierline.runtime.embedded.broker import EmbeddedBroker
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.errors import UpError
from tierline.runtime.home import Home
from tierline.runtime.ports import LOOPBACK
from tierline.runtime.probes import http_probe
from tierline.runtime.process import ChildSpec, log_tail, run_to_end
from tierline.runtime.supervisor import ChildState, RestartPolicy, Supervisor, Transition

TOPIC_PARTITIONS: Mapping[str, int] = dict.fromkeys(TOPICS, PARTITIONS)
POSTGRES_SECONDS = 120.0
BROKER_SECONDS = 30.0
COMMAND_SECONDS = 300.0
SERVICES_SECONDS = 90.0
SERVICE_GRACE_SECONDS = 18.0
"""What a service may take to end: its stop_seconds, and the closing after them."""


def _default_services() -> dict[str, Sequence[str]]:
    return {name: (sys.executable, "-m", name.replace("-", "_")) for name in HTTP_SERVICES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The programs that `up` runs, without the policy folder, which is added to `load`.

    Attributes:
        migrate: brings the schema up to date and ends.
        load: loads policy and records; prints one JSON object with `token`, `login`
            (`user`, `password`) and `integration_keys` (by name).
        services: what runs each service, by name.
    """

    migrate: Sequence[str] = (sys.executable, "-m", "tierline.store.migrate")
    load: Sequence[str] = (sys.executable, "-m", "tierline.cli.main", "load")
    services: Mapping[str, Sequence[str]] = field(default_factory=_default_services)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the start, told when it begins and when it is done.

    Attributes:
        title: for people.
        done: False at its beginning.
    """

    title: str
    done: bool


class Stack:
    """Everything that one `tierline up` runs from one data folder.

    Args:
        home: locked and prepared by the caller.
        ports: for each name of FIXED_PORTS.
        policy: the folder to load.
        on_step: hears of the steps of the start.
        on_change: hears of every change of a child.
        commands: what to run; others in tests.
        restarts: how dead children are brought back.
        before_services: gets the database's address once policy and records are in it.
    """

    def __init__(
        self,
        home: Home,
        ports: Mapping[str, int],
        policy: Path,
        *,
        on_step: Callable[[Step], None],
        on_change: Callable[[Transition], None],
        commands: Commands | None = None,
        restarts: RestartPolicy | None = None,
        before_services: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._home = home
        self._before_services = before_services
        self._ports = ports
        self._policy = policy
        self._on_step = on_step
        self._on_change = on_change
        self._commands = commands or Commands()
        self._state: dict[str, Any] = {}
        self.supervisor = Supervisor(self._changed, restarts)

    async def start(self) -> dict[str, Any]:
        """Bring everything up.

        Returns:
            What `tierline up --json` prints, and `login` beside it.

        Raises:
            UpError: something did not come up; `stop` is still to be called.
        """
        postgres = EmbeddedPostgres(
            self._home.folder / "postgres", self._ports["postgres"], log=self._log("postgres")
        )
        broker = EmbeddedBroker(self._ports["broker"], TOPIC_PARTITIONS, log=self._log("broker"))
        self._on_step(Step("PostgreSQL", done=False))
        await asyncio.to_thread(postgres.initialise)
        await self.supervisor.start([postgres.spec()], POSTGRES_SECONDS)
        self._on_step(Step("PostgreSQL", done=True))
        self._on_step(Step("broker", done=False))
        await self.supervisor.start([broker.spec()], BROKER_SECONDS)
        self._on_step(Step("broker", done=True))
        environment = service_environment(
            ports=self._ports,
            database_url=postgres.url(),
            bootstrap=broker.bootstrap,
            secret=self._home.secret(),
            home=str(self._home.folder),
        )
        await self._run("database schema", "migrate", self._commands.migrate, environment)
        argv = [*self._commands.load, str(self._policy), "--json"]
        loaded = _parse_loaded(await self._run("policy and records", "load", argv, environment))
        if self._before_services is not None:
            await self._before_services(postgres.url())
        self._on_step(Step("services", done=False))
        await self.supervisor.start(
            [self._service(name, environment) for name in self._commands.services],
            SERVICES_SECONDS,
        )
        self._on_step(Step("services", done=True))
        return self._ready(loaded)

    async def stop(self) -> None:
        """Stop everything, the services first, PostgreSQL last."""
        self._state = {}
        await self.supervisor.stop()

    def _ready(self, loaded: Mapping[str, Any]) -> dict[str, Any]:
        addresses = urls(self._ports)
        ready = {
            "ready": True,
            "urls": addresses,
            "token": loaded["token"],
            "integration_keys": loaded["integration_keys"],
            "login": loaded["login"],
            "people": loaded.get("people", []),
            "subscriptions": loaded.get("subscriptions", {}),
            "home": str(self._home.folder),
        }
        self._state = {**ready, "ports": dict(self._ports)}
        self._write_run_state()
        return ready

    def _service(self, name: str, environment: Mapping[str, str]) -> ChildSpec:
        own = {"TIERLINE_PORT": str(self._ports[name])}
        if name == "notifier":
            own["TIERLINE_MAIL_CATCHER"] = "1"
        return ChildSpec(
            name=name,
            argv=self._commands.services[name],
            env={**environment, **own},
            ready=http_probe(f"http://{LOOPBACK}:{self._ports[name]}/readyz"),
            log=self._log(name),
            grace_seconds=SERVICE_GRACE_SECONDS,
        )

    async def _run(
        self, title: str, name: str, argv: Sequence[str], environment: Mapping[str, str]
    ) -> str:
        """Run a command of the start to its end and return what it printed."""
        self._on_step(Step(title, done=False))
        spec = ChildSpec(name=name, argv=argv, env=environment, log=self._log(name))
        try:
            code, output = await run_to_end(spec, COMMAND_SECONDS)
        except TimeoutError as error:
            raise UpError(
                f"The step '{title}' did not end within {COMMAND_SECONDS:g} s.",
                f"Its log is {spec.log}.",
            ) from error
        except OSError as error:
            raise UpError(
                f"The step '{title}' could not be started: {error}.", "Run `make setup` again."
            ) from error
        if code != 0:
            raise UpError(
                f"The step '{title}' failed with exit code {code}.",
                f"Its log is {spec.log}; the last words: {log_tail(spec.log) or output.strip()}",
            )
        self._on_step(Step(title, done=True))
        return output

    def _changed(self, transition: Transition) -> None:
        if transition.state in {ChildState.STARTING, ChildState.READY}:
            # A full disk must not take down what runs; the next change writes again.
            with contextlib.suppress(OSError):
                self._home.record_children(self.supervisor.pids())
                self._write_run_state()
        self._on_change(transition)

    def _write_run_state(self) -> None:
        if self._state:
            self._home.write_run_state({**self._state, "pids": self.supervisor.pids()})

    def _log(self, name: str) -> Path:
        return self._home.logs / f"{name}.log"


def _parse_loaded(output: str) -> dict[str, Any]:
    lines = output.strip().splitlines()
    try:
        loaded = json.loads(lines[-1]) if lines else None
    except ValueError:
        loaded = None
    wanted = {"token", "login", "integration_keys"}
    if not isinstance(loaded, dict) or not wanted <= loaded.keys():
        raise UpError(
            "The step 'policy and records' did not say which token and keys it made.",
            "This is a defect; please report it with the log of that step.",
        )
    return loaded
