"""`tierline erase`: a person outside, whose data are to go, becomes a pseudonym."""

import getpass
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.cli.archive import FOLDER_VARIABLE, Folder, Home
from tierline.cli.call import AsJson, Screen
from tierline.cli.direct import find_target, work_with
from tierline.cli.failures import FAILED, USAGE, FailureError, told
from tierline.policy.kinds.shapes import EMAIL
from tierline.store.archive.files import ArchiveError
from tierline.store.database import Database
from tierline.store.erasure.erasing import Done, Eraser
from tierline.store.erasure.knowing import ErasureError, usable
from tierline.store.erasure.limits import NAME_LETTERS_MAX, NAME_LETTERS_MIN, NAMES_MAX
from tierline.store.erasure.looking import Found
from tierline.store.erasure.words import Person

NOTHING = "nothing holds it"
SHOWN = 50
"""Numbers of tickets that are shown in one line."""

Names = Annotated[
    list[str] | None,
    typer.Option("--also-name", metavar="NAME", help="A name they go by, too; may be repeated."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("erase")(erase)


def erase(
    *,
    address: Annotated[str, typer.Argument(metavar="EMAIL", help="The person's mail address.")],
    also_name: Names = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say where they stand; change nothing.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", metavar="WHO", help="Who asks for it; else the system's user.")
    ] = "",
    as_json: AsJson = False,
    folder: Folder = None,
    home: Home = None,
) -> None:
    """Erase a person outside (a requester, contact, approver): a pseudonym takes their place.

    Ends with 1 if something could not be changed yet; the same command goes on with it.
    """
    with told(as_json=as_json):
        wanted, names = _address(address), _names(also_name or ())
        where = _folder(folder)
        target = find_target(home)

        async def work(db: Database) -> tuple[Person, Found] | Done:
            eraser = Eraser(db, where)
            if dry_run:
                return await eraser.foreseen(wanted, names)
            return await eraser.erase(wanted, names, by.strip() or _user())

        try:
            done = work_with(target, work)
        except ErasureError as error:
            raise FailureError(str(error), error.remedy) from error
        except ArchiveError as error:
            raise FailureError(
                f"{str(error)[0].upper()}{str(error)[1:]}.",
                "Mend or restore the file, then run the same command again: it goes on.",
            ) from error
    document = _of_done(done) if isinstance(done, Done) else _of_found(*done)
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        _show(Screen(), document)
    if document.get("left"):
        raise typer.Exit(FAILED)


def _address(said: str) -> str:
    address = said.strip()
    if len(address) > EMAIL.limit or not re.fullmatch(EMAIL.pattern, address):
        raise FailureError(
            f"EMAIL: `{said[:60]}` is not {EMAIL.what}.", f"Write it like {EMAIL.example}.",
            code=USAGE,
        )  # fmt: skip
    return address


def _names(said: Iterable[str]) -> list[str]:
    names = [" ".join(one.split()) for one in said]
    for name in names:
        if not usable(name):
            raise FailureError(
                f"--also-name: `{name[:60]}` cannot be looked for.",
                f"Give a name of {NAME_LETTERS_MIN} to {NAME_LETTERS_MAX} letters that is no word"
                " of the product (like `client` or `open`).",
                code=USAGE,
            )
    if len(names) > NAMES_MAX:
        raise FailureError(
            f"--also-name: {len(names)} names.", f"Give up to {NAMES_MAX}.", code=USAGE
        )
    return names


def _folder(chosen: Path | None) -> Path | None:
    """The folder of archives; None where there is none, as long as nothing was ever archived."""
    named = chosen or Path(os.environ.get(FOLDER_VARIABLE, ""))
    if named == Path():
        return None
    if not named.is_dir():
        raise FailureError(
            f"{named} is no folder.", f"Set {FOLDER_VARIABLE}, or name it with --folder."
        )
    return named


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container's user without a name
        return ""


def _of_found(person: Person, found: Found) -> dict[str, Any]:
    return {
        "dry_run": True,
        "names": sorted(person.names),
        "clients": sorted(person.clients),
        "contacts": found.contacts,
        "rows": found.rows,
        "tickets": found.tickets,
        "archives": found.archives,
    }


def _of_done(done: Done) -> dict[str, Any]:
    return {
        "pseudonym": done.pseudonym or None,
        "rows": done.rows,
        "tickets": done.tickets,
        "archives": done.archives,
        "messages_not_sent": done.ended_messages,
        "left": done.left,
    }


def _show(screen: Screen, document: Mapping[str, Any]) -> None:
    if not document["rows"] and not document.get("left"):
        screen.line(NOTHING)
        return
    if "dry_run" in document:
        screen.line("would be erased, and nothing was changed:")
        _several(screen, "names", document["names"])
        _several(screen, "at", document["clients"])
    else:
        screen.line(f"{document['pseudonym']} stands in their place")
    for table, count in sorted(document["rows"].items()):
        screen.line(f"  {table}: {count}")
    _several(screen, "tickets", document["tickets"])
    _several(screen, "archives", document["archives"])
    if document.get("messages_not_sent"):
        screen.line(
            f"  messages to them that are not sent any more: {document['messages_not_sent']}"
        )
    for one in document.get("left", ()):
        screen.line(f"left: {one}")
    if document.get("left"):
        screen.line("Run the same command again in a minute: it goes on with what is left.")


def _several(screen: Screen, what: str, things: Iterable[Any]) -> None:
    shown = [str(one) for one in things]
    if shown:
        more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
        screen.line(f"  {what}: {', '.join(shown[:SHOWN])}{more}")
