"""`tierline password`: gives a person a password, straight in the database: the first login."""

import json
import secrets
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from tierline.cli.call import AsJson, Screen
from tierline.cli.direct import find_target, work_on
from tierline.cli.failures import USAGE, FailureError, told
from tierline.store.tickets import Connection
from tierline.web.passwords import hash_password

SHORTEST: Final = 12
LONGEST: Final = 1_000


def register(app: typer.Typer) -> None:
    """Add `password` to the command line."""
    app.command("password")(password)


def password(
    *,
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="Whose.")],
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="Read it from the first line of standard input.")
    ] = False,
    as_json: AsJson = False,
    home: Annotated[
        Path | None, typer.Option("--home", help="The running stack's folder (TIERLINE_HOME).")
    ] = None,
) -> None:
    """Give a person a new password and print it, this once; their sessions end.

    The person is of the records that `tierline load` or the API wrote.
    """
    with told(as_json=as_json):
        target = find_target(home)
        text = _read() if from_stdin else secrets.token_urlsafe(SHORTEST)
        hashed = hash_password(text)

        async def write(connection: Connection) -> bool:
            changed = await connection.fetchval(
                "UPDATE tierline.person SET password_hash = $2 WHERE login = $1 RETURNING login",
                login,
                hashed,
            )
            await connection.execute("DELETE FROM tierline.session WHERE login = $1", login)
            return changed is not None

        if not work_on(target, write):
            raise FailureError(
                f"No person has the login {login}.", "`tierline records list people` shows who has."
            )
    shown = None if from_stdin else text
    if as_json:
        sys.stdout.write(json.dumps({"login": login, "password": shown}) + "\n")
    else:
        Screen().line(f"{login} has the password given" if from_stdin else f"{login}: {text}")


def _read() -> str:
    text = sys.stdin.readline(LONGEST + 2).rstrip("\r\n")
    if not SHORTEST <= len(text) <= LONGEST:
        raise FailureError(
            f"A password has {SHORTEST} to {LONGEST} characters.",
            "Give a longer one, or leave --stdin out for a random one.",
            code=USAGE,
        )
    return text
