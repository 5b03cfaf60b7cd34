"""`tierline token` and `tierline integration-key`: credentials, made straight in the database."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.cli.call import AsJson, Screen
from tierline.cli.direct import find_target, work_on
from tierline.cli.failures import USAGE, FailureError, told
from tierline.policy.errors import did_you_mean
from tierline.store.tickets import Connection
from tierline.web.keys import KeyKind, hash_key, make_key
from tierline.web.principal import REPLAY, SCOPES

tokens = typer.Typer(no_args_is_help=True, help="API tokens: make, list and revoke them.")
integration_keys = typer.Typer(no_args_is_help=True, help="Keys that sources of alerts use.")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The running stack's folder (TIERLINE_HOME).")
]
SHOWN_OF_HASH = 12
"""Characters of a key's hash that are shown: enough to name it, of no use to anybody else."""

SHOWN_ONCE = "It is shown this once; only its hash is kept."


@tokens.callback()
def token() -> None:
    """API tokens: make, list and revoke them."""


@integration_keys.callback()
def integration_key() -> None:
    """Keys that sources of alerts use."""


@tokens.command("create")
def create_token(
    *,
    name: Annotated[str, typer.Option("--name", help="What it is for.")],
    scope: Annotated[
        list[str], typer.Option("--scope", help=f"May be repeated: {', '.join(SCOPES)}.")
    ],
    login: Annotated[
        str | None, typer.Option("--login", help="The person whose authority it has.")
    ] = None,
    client: Annotated[
        list[str] | None, typer.Option("--client", help="Sees only this client; may be repeated.")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", help="Ends after so many days.", min=1, max=3650)
    ] = None,
    as_json: AsJson = False,
    home: HomeOption = None,
) -> None:
    """Make an API token and print it, this once."""
    with told(as_json=as_json):
        target = find_target(home)
        _check_scopes(scope, development=target.development)
        raw = make_key(KeyKind.TOKEN)
        values = (hash_key(raw), name, login, sorted(set(scope)), client or None, days)

        async def write(connection: Connection) -> None:
            if login:
                await _known(connection, "person", "login", [login])
            await _known(connection, "client", "name", client or [])
            await connection.execute(
                "INSERT INTO tierline.api_token (hash, name, login, scopes, clients, expires_at)"
                " VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6))",
                *values,
            )

        work_on(target, write)
    _print(as_json, {"token": raw, "name": name, "login": login, "scopes": values[3]}, raw)


def _check_scopes(scopes: list[str], *, development: bool) -> None:
    known = (*SCOPES, REPLAY)
    for scope in scopes:
        if scope == REPLAY and not development:
            raise FailureError(
                f"The scope {REPLAY} is granted on a development stack only.",
                "`tierline replay` starts one, and makes the token it needs by itself.",
                code=USAGE,
            )
        if scope not in known:
            hint = did_you_mean(scope, known)
            raise FailureError(
                f"There is no scope called {scope}.", f"{hint[:1].upper()}{hint[1:]}", code=USAGE
            )


@tokens.command("list")
def list_tokens(*, as_json: AsJson = False, home: HomeOption = None) -> None:
    """List the tokens that still work; not what they are."""

    async def read(connection: Connection) -> list[dict[str, Any]]:
        rows = await connection.fetch(
            "SELECT name, login, scopes, clients, created_at, expires_at FROM tierline.api_token"
            " WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"
            " ORDER BY created_at LIMIT 1000"
        )
        return [dict(row) for row in rows]

    with told(as_json=as_json):
        found = work_on(find_target(home), read)
    for token_ in found:
        for moment in ("created_at", "expires_at"):
            token_[moment] = token_[moment].isoformat() if token_[moment] else None
    if as_json:
        sys.stdout.write(json.dumps({"items": found}) + "\n")
        return
    rows = [[it["name"], it["login"] or "-", it["expires_at"] or "-", " ".join(it["scopes"])]
            for it in found]  # fmt: skip
    Screen().table(("name", "login", "ends", "scopes"), rows)


@tokens.command("revoke")
def revoke_token(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The token's name.")],
    as_json: AsJson = False,
    home: HomeOption = None,
) -> None:
    """End every token of that name; it may still work for half a minute where it was just used."""

    async def write(connection: Connection) -> int:
        rows = await connection.fetch(
            "UPDATE tierline.api_token SET revoked_at = now()"
            " WHERE name = $1 AND revoked_at IS NULL RETURNING hash",
            name,
        )
        return len(rows)

    with told(as_json=as_json):
        revoked = work_on(find_target(home), write)
        if not revoked:
            raise FailureError(
                f"No token called {name} works.", "`tierline token list` shows which there are."
            )
    if as_json:
        sys.stdout.write(json.dumps({"revoked": revoked, "name": name}) + "\n")
    else:
        Screen().line(f"revoked {revoked} called {name}")


@integration_keys.command("create")
def create_integration_key(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of which integration.")],
    as_json: AsJson = False,
    home: HomeOption = None,
) -> None:
    """Make a further key for an integration and print it, this once."""
    raw = make_key(KeyKind.INTEGRATION)

    async def write(connection: Connection) -> None:
        await _known(connection, "integration", "name", [name])
        await connection.execute(
            "INSERT INTO tierline.integration_key (hash, integration) VALUES ($1, $2)",
            hash_key(raw),
            name,
        )

    with told(as_json=as_json):
        work_on(find_target(home), write)
    _print(as_json, {"integration_key": raw, "integration": name}, raw)


@integration_keys.command("list")
def list_integration_keys(*, as_json: AsJson = False, home: HomeOption = None) -> None:
    """List the keys that still work, by the beginning of their hash; not what they are."""

    async def read(connection: Connection) -> list[dict[str, Any]]:
        rows = await connection.fetch(
            f"SELECT left(hash, {SHOWN_OF_HASH}) AS key, integration, created_at"
            " FROM tierline.integration_key WHERE revoked_at IS NULL"
            " ORDER BY integration, created_at LIMIT 1000"
        )
        return [{**dict(row), "created_at": row["created_at"].isoformat()} for row in rows]

    with told(as_json=as_json):
        found = work_on(find_target(home), read)
    if as_json:
        sys.stdout.write(json.dumps({"items": found}) + "\n")
        return
    rows = [[it["key"], it["integration"], it["created_at"]] for it in found]
    Screen().table(("key", "integration", "made"), rows)


@integration_keys.command("revoke")
def revoke_integration_key(
    *,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The beginning of its hash, as `list` shows it.")
    ],
    as_json: AsJson = False,
    home: HomeOption = None,
) -> None:
    """End one key of an integration; it may still work for half a minute where it was just used."""

    async def write(connection: Connection) -> list[str]:
        rows = await connection.fetch(
            "SELECT hash, integration FROM tierline.integration_key"
            " WHERE starts_with(hash, $1) AND revoked_at IS NULL LIMIT 2 FOR UPDATE",
            key.lower(),
        )
        if len(rows) == 1:
            await connection.execute(
                "UPDATE tierline.integration_key SET revoked_at = now() WHERE hash = $1",
                rows[0]["hash"],
            )
        return [row["integration"] for row in rows]

    with told(as_json=as_json):
        found = work_on(find_target(home), write) if key else []
        if len(found) != 1:
            said = "Several keys that work begin" if found else "No key that works begins"
            raise FailureError(
                f"{said} with {key!r}.", "`tierline integration-key list` shows which there are."
            )
    if as_json:
        sys.stdout.write(json.dumps({"revoked": key, "integration": found[0]}) + "\n")
    else:
        Screen().line(f"revoked {key} of {found[0]}")


async def _known(connection: Connection, table: str, column: str, names: list[str]) -> None:
    rows = await connection.fetch(f"SELECT {column} AS name FROM tierline.{table} LIMIT 10000")
    known = [row["name"] for row in rows]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or "`tierline load` loads the records."
            raise FailureError(f"No {table} is called {name}.", f"{hint[:1].upper()}{hint[1:]}")


def _print(as_json: bool, document: dict[str, Any], raw: str) -> None:  # noqa: FBT001
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
        return
    screen = Screen()
    screen.line(raw)
    sys.stderr.write(f"{SHOWN_ONCE}\n")
