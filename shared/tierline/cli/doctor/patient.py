"""What the doctor looks at: where everything is, and connections that may not come about."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg
import httpx

from tierline.bus.cluster import Cluster
from tierline.bus.errors import BROKER_AWAY
from tierline.cli.doctor.limits import ANSWER_SECONDS, CONNECT_SECONDS
from tierline.messages.broker import Broker
from tierline.runtime.addresses import HTTP_SERVICES, urls
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.errors import UpError
from tierline.runtime.home import Home
from tierline.runtime.ports import LOOPBACK
from tierline.store.database import SESSION, UNREACHABLE
from tierline.store.environment import FILE_SUFFIX, variable

TRUE = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where everything is, as far as the doctor was told.

    Attributes:
        urls: of the services, by name with an underscore; those that are known.
        database_url: postgresql://..., or empty.
        bootstrap: Kafka's address, or empty.
        broker: the same with the login for it, where there is one.
        smtp: host and port of the mail relay, or None.
        home: the development stack's data folder, or None.
        development: whether it is a development stack.
        backups: the folder of backups, or None.
        policy: the folder of the policy, or None.
        environment: the TIERLINE_... variables.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    database_url: str = field(default="", repr=False)
    bootstrap: str = ""
    broker: Broker | None = None
    smtp: tuple[str, int] | None = None
    home: Path | None = None
    development: bool = False
    backups: Path | None = None
    policy: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def look_around(home: Path, environ: Mapping[str, str] = os.environ) -> Surroundings:
    """Find everything: the variables that services are given, else the stack of a data folder.

    A stack that is down, or half of it, is found by what its folder remembers.

    Args:
        home: the data folder, which need not be there.
        environ: the variables.

    Raises:
        VariableError: one that stands in a file cannot be read.
    """
    told = _variables(environ)
    elsewhere = told.get("TIERLINE_DATABASE_URL", "") or told.get("TIERLINE_ROUTER_URL", "")
    backups, policy = _folder(told, "BACKUPS"), _folder(told, "POLICY")
    if elsewhere or not home.is_dir():
        names = [name.replace("-", "_") for name in HTTP_SERVICES]
        found = {name: told.get(f"TIERLINE_{name.upper()}_URL", "") for name in names}
        return Surroundings(
            urls={name: url.rstrip("/") for name, url in found.items() if url},
            database_url=told.get("TIERLINE_DATABASE_URL", ""),
            bootstrap=told.get("TIERLINE_KAFKA_BOOTSTRAP", ""),
            smtp=_smtp(told),
            development=told.get("TIERLINE_DEVELOPMENT", "").lower() in TRUE,
            environment=told,
            backups=backups,
            policy=policy,
        )
    return _of_stack(Home(home), told, backups=backups, policy=policy)


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Ours, with those that stand in files (NAME_FILE) read."""
    told = {name: value for name, value in environ.items() if name.startswith("TIERLINE_")}
    in_files = [name.removesuffix(FILE_SUFFIX) for name in told if name.endswith(FILE_SUFFIX)]
    return told | {name: variable(name, told) for name in in_files}


def _folder(told: Mapping[str, str], name: str) -> Path | None:
    text = told.get(f"TIERLINE_{name}", "")
    return Path(text) if text else None


def _smtp(told: Mapping[str, str]) -> tuple[str, int] | None:
    host, port = told.get("TIERLINE_SMTP_HOST", ""), told.get("TIERLINE_SMTP_PORT", "25")
    return (host, int(port)) if host and port.isdigit() else None


def _of_stack(
    home: Home, told: Mapping[str, str], *, backups: Path | None, policy: Path | None
) -> Surroundings:
    ports = home.run_state().get("ports") or home.remembered_ports()
    known: dict[str, Any] = {"home": home.folder, "development": True, "environment": told}
    known |= {"backups": backups, "policy": policy}
    if not ports:
        return Surroundings(**known)
    named = {name: url for name, url in urls(ports).items() if name not in {"mail", "smtp"}}
    try:
        database_url = EmbeddedPostgres(home.folder / "postgres", ports["postgres"]).url()
    except (OSError, UpError):
        database_url = ""
    return Surroundings(
        urls=named,
        database_url=database_url,
        bootstrap=f"{LOOPBACK}:{ports['broker']}",
        smtp=(LOOPBACK, ports["smtp"]),
        **known,
    )


class AwayError(Exception):
    """What a check needs is not there; the message says why."""


class Patient:
    """The surroundings with a connection to each part; use it in an `async with` block.

    What does not answer is asked once, within CONNECT_SECONDS; whoever needs it gets AwayError.

    Args:
        around: where everything is.
        transport: another way to reach the services, in tests.
        cluster: another cluster than that of `around`, in tests.
    """

    def __init__(
        self,
        around: Surroundings,
        transport: httpx.AsyncBaseTransport | None = None,
        cluster: Any = None,
    ) -> None:
        self.around = around
        self._transport = transport
        self._stack = AsyncExitStack()
        self._database: asyncpg.Connection[Any] | str = "no database was named"
        self._cluster: Any = cluster or "no Kafka was named"
        self._one_at_a_time = asyncio.Lock()
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Connect to what is there."""
        self._http = await self._stack.enter_async_context(
            httpx.AsyncClient(
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
                transport=self._transport,
                trust_env=False,
            )
        )
        await asyncio.gather(self._connect_database(), self._connect_cluster())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Let everything go."""
        if not isinstance(self._database, str):
            self._database.terminate()
        await self._stack.aclose()

    async def rows(self, sql: str, *values: object) -> list[Any]:
        """The rows of a statement.

        Raises:
            AwayError: there is no database, or it did not answer within ANSWER_SECONDS.
        """
        if isinstance(self._database, str):
            raise AwayError(self._database)
        try:
            async with self._one_at_a_time:
                return list(await self._database.fetch(sql, *values, timeout=ANSWER_SECONDS))
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
            raise AwayError("the database does not hold Tierline's tables") from error
        except (asyncpg.PostgresError, *UNREACHABLE) as error:
            raise AwayError(f"the database says {type(error).__name__}: {error}") from error

    async def value(self, sql: str, *values: object) -> Any:
        """The first value of a statement's first row, or None; raises as `rows`."""
        found = await self.rows(sql, *values)
        return found[0][0] if found else None

    @property
    def cluster(self) -> Cluster:
        """The Kafka cluster. Raises AwayError."""
        if isinstance(self._cluster, str):
            raise AwayError(self._cluster)
        found: Cluster = self._cluster
        return found

    async def ask(self, service: str, path: str) -> httpx.Response:
        """What a service answers.

        Raises:
            AwayError: it is not known where it is, or it gave no answer.
        """
        url = self.around.urls.get(service, "")
        if not url:
            raise AwayError(f"TIERLINE_{service.upper()}_URL is not set")
        assert self._http is not None  # noqa: S101 - entered before
        try:
            return await self._http.get(url + path)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AwayError(f"{url} gives no answer ({type(error).__name__})") from error

    async def _connect_database(self) -> None:
        if not self.around.database_url:
            return
        try:
            # As the services do: what a pooler in front does to these settings is seen.
            self._database = await asyncpg.connect(
                self.around.database_url, timeout=CONNECT_SECONDS, server_settings=SESSION
            )
        except (asyncpg.PostgresError, ValueError, *UNREACHABLE) as error:
            self._database = f"the database cannot be reached ({type(error).__name__}: {error})"

    async def _connect_cluster(self) -> None:
        if not self.around.bootstrap or not isinstance(self._cluster, str):
            return
        where = self.around.broker or self.around.bootstrap
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                cluster = Cluster(where, timeout_ms=int(ANSWER_SECONDS * 1000))
                self._cluster = await self._stack.enter_async_context(cluster)
        except (*BROKER_AWAY, ValueError) as error:
            self._cluster = f"Kafka at {self.around.bootstrap} gives no answer ({error!r})"
