"""`tierline migrate`: makes or changes the tables, or waits until somebody else has."""

import asyncio
import json
import sys
import time
from typing import Annotated

import asyncpg
import typer

from tierline.cli.call import AsJson, Screen
from tierline.cli.direct import DATABASE_VARIABLE, Target, find_target
from tierline.cli.failures import FailureError, told
from tierline.store.database import UNREACHABLE
from tierline.store.migrate import is_migrated, upgrade
from tierline.store.pooler import keep_limits

LOOK_SECONDS = 1.0


def register(app: typer.Typer) -> None:
    """Add `migrate` to the command line."""
    app.command("migrate")(migrate)


def migrate(
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Change nothing; wait until the tables are there.")
    ] = False,
    seconds: Annotated[
        int, typer.Option("--seconds", help="With --wait: at most so long.", min=1, max=3600)
    ] = 300,
    as_json: AsJson = False,
) -> None:
    """Bring the tables of the database to what this version needs; again is harmless.

    The database is that of TIERLINE_DATABASE_URL, addressed past any pooler. With
    TIERLINE_DATABASE_POOLER=transaction its role also keeps the limits a pooler cannot pass on.
    """
    with told(as_json=as_json):
        target = find_target()
        outcome = waiting(target.url, seconds) if wait else _upgrade(target)
    if as_json:
        sys.stdout.write(json.dumps(outcome) + "\n")
        return
    Screen().line("the tables are there" if wait else "the tables are as this version needs them")


def _upgrade(target: Target) -> dict[str, bool]:
    try:
        upgrade(target.url)
        if target.pooler == "transaction":
            asyncio.run(keep_limits(target.url))
    except (asyncpg.PostgresError, *UNREACHABLE) as error:
        raise FailureError(
            f"The tables could not be changed: {type(error).__name__}: {error}.",
            f"Nothing is half done; see to the cause, check {DATABASE_VARIABLE}, then try again.",
        ) from error
    return {"migrated": True}


def waiting(url: str, seconds: int) -> dict[str, bool]:
    """Wait until the database has all that this version needs.

    Args:
        url: the database.
        seconds: at most so long.

    Raises:
        FailureError: it had not by then.
    """
    end, why = time.monotonic() + seconds, "not migrated yet"
    while True:
        try:
            if asyncio.run(is_migrated(url)):
                return {"migrated": True}
        except (asyncpg.PostgresError, *UNREACHABLE) as error:
            why = f"{type(error).__name__}: {error}"
        if time.monotonic() >= end:
            raise FailureError(
                f"The tables were not there within {seconds} s: {why}.",
                "See whether the migration job has run, and what it said.",
            )
        time.sleep(LOOK_SECONDS)
