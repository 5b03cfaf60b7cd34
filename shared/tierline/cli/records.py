"""`tierline records`: clients, sites, devices, contacts, vendors, people: look, edit, import."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.client import Json
from tierline.cli.failures import FailureError
from tierline.cli.moments import local_time, parse_instant
from tierline.cli.record_fields import read_settings
from tierline.cli.record_shown import show_change, show_import, show_list, show_record

LIMIT = 50
PAGE_MAX = 200
TABLE = "text/csv"

app = typer.Typer(
    no_args_is_help=True,
    help="Clients, sites, devices, contacts, vendors, partners, people, absences.",
)

Kind = Annotated[str, typer.Argument(metavar="KIND", help="Like clients, devices, people.")]
Name = Annotated[
    list[str],
    typer.Argument(metavar="NAME", help="Its name; of what belongs to a client, the client first."),
]
Client = Annotated[str, typer.Option("--client", help="Only what belongs to this client.")]
Text = Annotated[str, typer.Option("--q", help="A part of a name, an address, a type.")]


@app.callback()
def records() -> None:
    """Clients, sites, devices, contacts, vendors, partners, people, absences."""


@app.command("list")
@with_router
def list_(
    call: Call,
    *,
    kind: Kind,
    client: Client = "",
    q: Text = "",
    limit: Annotated[
        int, typer.Option("--limit", help="How many at most.", min=1, max=PAGE_MAX)
    ] = LIMIT,
) -> None:
    """List the records of a kind, in the order of their names."""
    narrowed = [(name, value) for name, value in (("client", client), ("q", q)) if value]
    found = call.router.get(_address(kind), [("limit", limit), *narrowed])
    call.answer(found, show_list)


@app.command()
@with_router
def show(call: Call, *, kind: Kind, name: Name) -> None:
    """Show one record, whole."""
    call.answer(call.router.get(_address(kind, *name)), show_record)


@app.command("set")
@with_router
def set_(
    call: Call,
    *,
    kind: Kind,
    name: Name,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", "-f", metavar="NAME=VALUE", help="May be repeated; = takes away."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="JSON with all its fields, instead."),
    ] = None,
) -> None:
    """Make a record, or change the fields that are named; lists apart by `;`, the rest as JSON."""
    if bool(fields) == (file is not None):
        raise FailureError("Nothing to set, or both ways at once.", "Give -f NAME=VALUE or --file.")
    address, before = _address(kind, *name), _read(call, kind, name)
    if file is not None:
        whole = _json_of(file)
        done = call.router.put(address, whole, _version(before))
    else:
        said = read_settings(fields or [], _fields_of(call, kind))
        if before is None:
            said = {field: value for field, value in said.items() if value is not None}
            done = call.router.put(address, said, None)
        else:
            done = call.router.patch(address, said, _version(before))
    call.answer(done, show_record)


@app.command()
@with_router
def remove(call: Call, *, kind: Kind, name: Name) -> None:
    """Remove a record that nothing needs any more."""
    address = _address(kind, *name)
    before = call.router.get(address)
    done = call.router.delete(address, _version(before))
    call.answer(done, lambda screen, it: screen.line(f"removed {it['removed']['name']}"))


@app.command("export")
@with_router
def export(
    call: Call,
    *,
    kind: Kind,
    client: Client = "",
    q: Text = "",
    to: Annotated[Path | None, typer.Option("--to", help="A file, instead of the screen.")] = None,
) -> None:
    """Write the records of a kind as CSV, which `import` reads back."""
    narrowed = [(name, value) for name, value in (("client", client), ("q", q)) if value]
    text = call.router.text(f"{_address(kind)}.csv", narrowed)
    if to is not None:
        to.write_text(text, newline="")
    if call.as_json:
        call.answer({"csv": text} if to is None else {"file": str(to)}, lambda *_: None)
    elif to is None:
        typer.echo(text, nl=False)
    else:
        call.screen.line(f"wrote {to}")


@app.command("import")
@with_router
def import_(
    call: Call,
    *,
    kind: Kind,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, UTF-8.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what would be made and changed.")
    ] = False,
) -> None:
    """Make and change records by a CSV file: all of it, or nothing where a line is refused."""
    params = [("preview", "true")] if preview else []
    found = call.router.send(f"{_address(kind)}/import", _bytes_of(file), TABLE, params)
    call.answer(found, show_import)
    if found["refused"]:
        raise typer.Exit(1)


@app.command()
@with_router
def changes(
    call: Call,
    *,
    kind: Annotated[str, typer.Option("--kind", help="Of this kind only.")] = "",
    name: Annotated[str, typer.Option("--name", help="Of the record of this name.")] = "",
    client: Client = "",
    by: Annotated[str, typer.Option("--by", help="By this login.")] = "",
    batch: Annotated[str, typer.Option("--batch", help="Of the import with this id.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", help="How many at most.", min=1, max=PAGE_MAX)
    ] = LIMIT,
) -> None:
    """List who changed which record, and what; the newest first."""
    given = {"kind": kind, "name": name, "client": client, "by": by, "batch": batch}
    narrowed = [(field, value) for field, value in given.items() if value]
    found = call.router.get("/v1/records/changes", [("limit", limit), *narrowed])
    now = call.now()

    def shown(screen: Screen, document: Mapping[str, Any]) -> None:
        for it in document["items"]:
            screen.line(f"{local_time(parse_instant(it['at']), now)}  {show_change(it)}")
        if not document["items"]:
            screen.line("no changes")

    call.answer(found, shown)


def _address(kind: str, *name: str) -> str:
    return "/".join(("/v1/records", *(quote(part, safe="") for part in (kind, *name))))


def _version(record: Mapping[str, Any] | None) -> str | None:
    return None if record is None else f'"{record["version"]}"'


def _read(call: Call, kind: str, name: list[str]) -> Json | None:
    """The record, or None where there is none yet."""
    try:
        return call.router.get(_address(kind, *name))
    except FailureError as error:
        if error.problem.get("code") != "no_such_record":
            raise
        return None


def _fields_of(call: Call, kind: str) -> Mapping[str, Any]:
    kinds = {it["name"]: it for it in call.router.get("/v1/records")["items"]}
    found = kinds.get(kind, {"fields": []})
    return {field["name"]: field for field in found["fields"]}


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FailureError(f"{file} cannot be read: {error.strerror}.", "Check its path.") from None


def _json_of(file: Path) -> Json:
    try:
        found = json.loads(_bytes_of(file))
    except ValueError as error:
        raise FailureError(f"{file} is not JSON: {error}.", "Write one object of fields.") from None
    if not isinstance(found, dict):
        raise FailureError(f"{file} holds no object.", "Write one object of fields.")
    fields: Json = found.get("fields", found)
    return fields
