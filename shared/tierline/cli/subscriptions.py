"""`tierline subscriptions`: who gets events as webhooks, and the secrets they are signed with."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.cli.call import AsJson, Screen
from tierline.cli.direct import find_target, work_on
from tierline.cli.failures import FailureError, told
from tierline.cli.load_credentials import random_secret
from tierline.policy.errors import did_you_mean
from tierline.store.tickets import Connection

LIVE_SECRETS = 2
"""Secrets that a request is signed with; a third would never be used."""

SHOWN_MAX = 1_000

app = typer.Typer(no_args_is_help=True, help="Webhook subscriptions: look, change their secrets.")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The running stack's folder (TIERLINE_HOME).")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The subscription's name.")]


@app.callback()
def subscriptions() -> None:
    """Webhook subscriptions: look, change their secrets."""


@app.command("list")
def list_(*, as_json: AsJson = False, home: HomeOption = None) -> None:
    """List the subscriptions: where they lead, whether they are live, how many secrets each has."""

    async def read(connection: Connection) -> list[dict[str, Any]]:
        rows = await connection.fetch(
            "SELECT name, url, clients, cardinality(secrets) AS secrets,"
            " disabled_at, why FROM tierline.subscription ORDER BY name LIMIT $1",
            SHOWN_MAX,
        )
        return [dict(row) for row in rows]

    with told(as_json=as_json):
        found = work_on(find_target(home), read)
    for one in found:
        one["disabled_at"] = one["disabled_at"].isoformat() if one["disabled_at"] else None
    if as_json:
        sys.stdout.write(json.dumps({"items": found}) + "\n")
        return
    rows = [[it["name"], str(it["secrets"]), _state(it), it["url"]] for it in found]
    Screen().table(("name", "secrets", "state", "url"), rows)


def _state(one: dict[str, Any]) -> str:
    return f"disabled {one['disabled_at']}: {one['why']}" if one["disabled_at"] else "live"


@app.command("new-secret")
def new_secret(*, name: Name, as_json: AsJson = False, home: HomeOption = None) -> None:
    """Make a new secret and print it, this once; requests are signed with it and the one before."""
    made = random_secret()

    async def write(connection: Connection) -> None:
        secrets = await _secrets(connection, name)
        if len(secrets) >= LIVE_SECRETS:
            raise FailureError(
                f"{name} has {len(secrets)} live secrets already.",
                f"Once the receiver knows the newer one: `tierline subscriptions old-secret"
                f" {name}` ends the other.",
            )
        await _keep(connection, name, [made, *secrets])

    with told(as_json=as_json):
        work_on(find_target(home), write)
    if as_json:
        sys.stdout.write(json.dumps({"subscription": name, "secret": made}) + "\n")
        return
    Screen().line(made)
    sys.stderr.write("It is shown this once. Give it to the receiver, then end the old one.\n")


@app.command("old-secret")
def old_secret(*, name: Name, as_json: AsJson = False, home: HomeOption = None) -> None:
    """End the older secret: the receiver knows the newer one by now."""

    async def write(connection: Connection) -> int:
        secrets = await _secrets(connection, name)
        if len(secrets) < LIVE_SECRETS:
            raise FailureError(
                f"{name} has one secret only, and every request is signed with it.",
                f"`tierline subscriptions new-secret {name}` makes the next one first.",
            )
        await _keep(connection, name, secrets[:1])
        return len(secrets) - 1

    with told(as_json=as_json):
        ended = work_on(find_target(home), write)
    if as_json:
        sys.stdout.write(json.dumps({"subscription": name, "ended": ended}) + "\n")
    else:
        Screen().line(f"ended the older secret of {name}")


async def _secrets(connection: Connection, name: str) -> list[str]:
    """The secrets of a subscription, newest first, its row locked."""
    row = await connection.fetchrow(
        "SELECT secrets FROM tierline.subscription WHERE name = $1 FOR UPDATE", name
    )
    if row is None:
        rows = await connection.fetch(
            "SELECT name FROM tierline.subscription ORDER BY name LIMIT $1", SHOWN_MAX
        )
        hint = did_you_mean(name, [one["name"] for one in rows])
        raise FailureError(
            f"No subscription is called {name}.",
            f"{hint[:1].upper()}{hint[1:]}" if hint else "`tierline subscriptions list` shows all.",
        )
    return list(row["secrets"])


async def _keep(connection: Connection, name: str, secrets: list[str]) -> None:
    await connection.execute(
        "UPDATE tierline.subscription SET secrets = $2 WHERE name = $1", name, secrets
    )
