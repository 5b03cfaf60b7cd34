"""Commands that work straight on the database: which one, and how its failures are told."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import asyncpg

from tierline.cli.failures import FailureError
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.home import Home, resolve_home
from tierline.runtime.settings import SHORTEST_SECRET
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.environment import VariableError, variable
from tierline.store.pooler import LimitsMissingError, Pooler
from tierline.store.tickets import Connection

DATABASE_VARIABLE = "TIERLINE_DATABASE_URL"
SECRET_VARIABLE = "TIERLINE_SECRET"  # noqa: S105 - the name of a variable
DEVELOPMENT_VARIABLE = "TIERLINE_DEVELOPMENT"
POOLER_VARIABLE = "TIERLINE_DATABASE_POOLER"

T = TypeVar("T")
Work = Callable[[Connection], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Target:
    """The database to work on.

    Attributes:
        url: postgresql://...
        secret: what the development stack derives its credentials from; empty in production.
        development: whether it is a development stack's.
        pooler: whether a pooler stands before it.
    """

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    development: bool = False
    pooler: Pooler = "none"


def find_target(home: Path | None = None) -> Target:
    """Find the database: TIERLINE_DATABASE_URL, else that of the running development stack.

    Args:
        home: the stack's data folder from the command line, or None.

    Raises:
        FailureError: there is neither, or a development stack's secret is missing.
    """
    url = _value(DATABASE_VARIABLE)
    if url:
        development = os.environ.get(DEVELOPMENT_VARIABLE, "").lower() in {"1", "true", "yes", "on"}
        secret = _value(SECRET_VARIABLE) if development else ""
        pooled = os.environ.get(POOLER_VARIABLE, "none") == "transaction"
        if development and len(secret) < SHORTEST_SECRET:
            raise FailureError(
                f"{SECRET_VARIABLE} is not set, or shorter than {SHORTEST_SECRET} characters.",
                f"Set it, or unset {DEVELOPMENT_VARIABLE} where this is production.",
            )
        return Target(url, secret, development, "transaction" if pooled else "none")
    here = Home(resolve_home(home))
    port = here.run_state().get("ports", {}).get("postgres") if here.is_held() else None
    if port is None:
        raise FailureError(
            f"{DATABASE_VARIABLE} is not set, and no copy runs from {here.folder}.",
            f"Set {DATABASE_VARIABLE}, or start a copy with `make run` or `tierline up`.",
        )
    server = EmbeddedPostgres(here.folder / "postgres", port)
    return Target(server.url(), here.secret(), development=True)


def _value(name: str) -> str:
    try:
        return variable(name)
    except VariableError as error:
        raise FailureError(f"{error}.", "Correct the environment, then try again.") from None


def work_on(target: Target, work: Work[T]) -> T:
    """Do some work in one transaction.

    Args:
        target: the database.
        work: gets the connection; what it returns is returned once it is committed.

    Raises:
        FailureError: the database cannot be used. What `work` raises is passed on.
    """

    async def within(db: Database) -> T:
        async with db.transaction() as connection:
            return await work(connection)

    return work_with(target, within)


def work_with(target: Target, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do some work that has transactions of its own.

    Args:
        target: the database.
        work: gets it, connected.

    Raises:
        FailureError: the database cannot be used. What `work` raises is passed on.
    """

    async def run() -> T:
        db = await _connect(target)
        try:
            return await work(db)
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
        raise FailureError(
            "The database does not hold Tierline's tables.",
            "Make them with `python -m tierline.store.migrate`, then try again.",
        ) from error
    except REPLAYABLE as error:
        raise FailureError("The database is busy with the same rows.", "Try again.") from error
    except (asyncpg.PostgresError, *UNREACHABLE) as error:
        raise FailureError(
            f"The database cannot be used: {type(error).__name__}: {error}.",
            f"Check {DATABASE_VARIABLE}, and that PostgreSQL runs and takes that login.",
        ) from error


async def _connect(target: Target) -> Database:
    try:
        return await Database.connect(target.url, pool_max=1, pooler=target.pooler)
    except LimitsMissingError as error:
        raise FailureError(f"{error}.", f"Or unset {POOLER_VARIABLE} here.") from error
    except ValueError as error:
        raise FailureError(
            f"{DATABASE_VARIABLE} is not the address of a database.",
            "Write it like postgresql://user:password@host:port/database.",
        ) from error
