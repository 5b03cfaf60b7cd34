"""`tierline archive`: closed tickets in files: what there is, look into it, bring one back."""

import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from tierline.cli.call import AsJson, Screen
from tierline.cli.direct import find_target, work_with
from tierline.cli.failures import FailureError, told
from tierline.cli.moments import full_time
from tierline.cli.policy_versions import ACTIVE
from tierline.policy.retention import read_retention
from tierline.store.archive.files import ArchiveError, rows_of, verify
from tierline.store.archive.looking import archived, archives, restore
from tierline.store.archive.round import Archivist, Done
from tierline.store.database import Database

FOLDER_VARIABLE = "TIERLINE_ARCHIVE"
LIST_MAX = 1_000
KEPT_SHOWN = 20

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True, help="Closed tickets in files: look, bring one back, archive now."
)

Folder = Annotated[
    Path | None, typer.Option("--folder", help="The folder of archives (TIERLINE_ARCHIVE).")
]
Home = Annotated[
    Path | None, typer.Option("--home", help="The running stack's folder (TIERLINE_HOME).")
]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The ticket's number.", min=1)]


@app.callback()
def archive() -> None:
    """Closed tickets in files: look, bring one back, archive now."""


@app.command("list")
def list_(*, as_json: AsJson = False, home: Home = None) -> None:
    """List the archives, the newest first."""
    with told(as_json=as_json):
        found = _with_database(home, _archives)
    if as_json:
        _print(found)
    else:
        _show_archives(Screen(), found)


def _show_archives(screen: Screen, found: list[dict[str, Any]]) -> None:
    rows = [
        [
            it["name"],
            str(it["tickets"]),
            str(it["bytes"]),
            full_time(it["closed_until"]),
            f"dropped {full_time(it['dropped_at'])}" if it["dropped_at"] else "",
        ]
        for it in found
    ]
    if rows:
        screen.table(("file", "tickets", "bytes", "closed until", ""), rows)
    else:
        screen.line("nothing is archived")


async def _archives(db: Database) -> list[dict[str, Any]]:
    async with db.connection() as connection:
        return await archives(connection, LIST_MAX)


@app.command()
def show(
    *, number: Number, as_json: AsJson = False, folder: Folder = None, home: Home = None
) -> None:
    """Show all that was written of an archived ticket, line by line, from its file."""
    with told(as_json=as_json):
        where = _folder(folder)
        name = _with_database(home, lambda db: _file_of(db, number))
        rows = _archive_errors(lambda: rows_of(where, name, number))
    if as_json:
        _print([{"kind": kind, "row": row} for kind, row, _ in rows])
        return
    screen = Screen()
    screen.line(f"ticket {number}, from {where / name}")
    for kind, _, text in rows:
        screen.line(f"{kind}  {text}")


async def _file_of(db: Database, number: int) -> str:
    async with db.connection() as connection:
        found = await archived(connection, number)
    if found is None:
        raise FailureError(
            f"Ticket {number} is not archived.", f"`tierline tickets show {number}` may show it."
        )
    return found.archive


@app.command("restore")
def restore_(
    *, number: Number, as_json: AsJson = False, folder: Folder = None, home: Home = None
) -> None:
    """Bring an archived ticket back. It is left alone for 30 days, then archived again."""
    with told(as_json=as_json):
        where = _folder(folder)
        _with_database(home, lambda db: restore(db, where, number))
    if as_json:
        _print({"ticket": number, "restored": True})
    else:
        Screen().line(f"ticket {number} is back")


@app.command("verify")
def verify_(
    *,
    name: Annotated[str, typer.Argument(metavar="FILE", help="The file's name, as in the list.")],
    as_json: AsJson = False,
    folder: Folder = None,
) -> None:
    """Check an archive: its hash, its counts, and that each ticket's events make its state."""
    with told(as_json=as_json):
        manifest = _archive_errors(lambda: verify(_folder(folder), Path(name).name))
    if as_json:
        _print({"file": manifest.file, "sha256": manifest.sha256, "lines": manifest.lines})
    else:
        Screen().line(f"{manifest.file} is whole: {manifest.tickets} tickets")


@app.command()
def run(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be archived; do nothing.")
    ] = False,
    as_json: AsJson = False,
    folder: Folder = None,
    home: Home = None,
) -> None:
    """Archive now what the policy's `retention` says, one round of it, as the router does."""
    with told(as_json=as_json):
        where = _folder(folder)
        done = _with_database(home, lambda db: _run(db, where, dry_run=dry_run))
    if as_json:
        _print(vars(done))
        return
    screen = Screen()
    for line in _lines(done, dry_run=dry_run):
        screen.line(line)


async def _run(db: Database, folder: Path, *, dry_run: bool) -> Done:
    async with db.connection() as connection:
        active = await connection.fetchrow(ACTIVE)
    if active is None:
        raise FailureError("No policy is loaded.", "Load one with `tierline load`.")
    rules = read_retention(json.loads(active["document"]).get("retention", {}))
    archivist = Archivist(db, folder)
    return await (archivist.foreseen(rules) if dry_run else archivist.round(rules))


def _lines(done: Done, *, dry_run: bool) -> list[str]:
    if dry_run:
        named = ", ".join(map(str, done.would)) or "none"
        found = [f"would be archived now: {named}"]
    else:
        found = [f"{name}: {len(tickets)} tickets" for name, tickets in done.files.items()]
        found = found or ["nothing was to be archived"]
    found += [f"ticket {n} stays: {why}" for n, why in [*done.kept.items()][:KEPT_SHOWN]]
    if len(done.kept) > KEPT_SHOWN:
        found.append(f"and {len(done.kept) - KEPT_SHOWN} more stay")
    for kind, months in done.months.items():
        found += [f"month of {kind}s from number {first} dropped" for first in months]
    return found + [f"{name} dropped" for name in done.archives]


def _folder(chosen: Path | None) -> Path:
    named = chosen or Path(os.environ.get(FOLDER_VARIABLE, ""))
    if named == Path() or not named.is_dir():
        what = f"{named} is no folder" if named != Path() else f"{FOLDER_VARIABLE} is not set"
        raise FailureError(f"{what}.", f"Set {FOLDER_VARIABLE}, or name it with --folder.")
    return named


def _with_database(home: Path | None, work: Callable[[Database], Awaitable[T]]) -> T:
    return _archive_errors(lambda: work_with(find_target(home), work))


def _archive_errors(work: Callable[[], T]) -> T:
    try:
        return work()
    except ArchiveError as error:
        raise FailureError(
            f"{str(error)[0].upper()}{str(error)[1:]}.",
            "`tierline archive list` shows what there is.",
        ) from error


def _print(document: Any) -> None:
    sys.stdout.write(json.dumps(document, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
