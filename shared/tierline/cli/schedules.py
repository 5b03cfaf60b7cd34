"""`tierline schedules`: look at on-call schedules, change them, calendar files in and out."""

import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from tierline.cli.call import Call, with_router
from tierline.cli.client import Json
from tierline.cli.duty_views import show_imported, show_overrides, show_schedule, show_schedules
from tierline.cli.failures import FailureError
from tierline.cli.moments import parse_moment, rfc3339

CALENDAR = "text/calendar"

app = typer.Typer(no_args_is_help=True, help="Who is on call when: look at it, change it.")

Name = Annotated[str, typer.Argument(metavar="SCHEDULE", help="The schedule's name.")]
Start = Annotated[str, typer.Option("--from", help="Like 18:00, +2h or 2026-12-24T18:00.")]
End = Annotated[str, typer.Option("--until", help="Likewise.")]
Why = Annotated[str, typer.Option("--reason", help="Shown beside it.")]


@app.callback()
def schedules() -> None:
    """Who is on call when: look at it, change it."""


@app.command("list")
@with_router
def list_(call: Call) -> None:
    """List the schedules, and who is on call by each."""
    found, now = call.router.get("/v1/schedules"), call.now()
    call.answer(found, lambda screen, document: show_schedules(screen, document, now))


@app.command()
@with_router
def show(
    call: Call,
    *,
    name: Name,
    start: Annotated[str | None, typer.Option("--from", help="Now, if left out.")] = None,
    end: Annotated[str | None, typer.Option("--until", help="14 days later, if left out.")] = None,
) -> None:
    """Show the shifts, gaps and overrides of a schedule."""
    now = call.now()
    edges = (("from", start), ("until", end))
    params = [(key, rfc3339(parse_moment(text, now))) for key, text in edges if text]
    found = call.router.get(_path(name), params)
    call.answer(found, lambda screen, document: show_schedule(screen, document, now))


@app.command()
@with_router
def override(
    call: Call,
    *,
    name: Name,
    start: Start,
    end: End,
    person: Annotated[str, typer.Option("--person", help="Who comes; nobody, if left out.")] = "",
    instead_of: Annotated[
        str, typer.Option("--instead-of", help="Who goes, or everybody; nobody, if left out.")
    ] = "",
    reason: Why = "",
) -> None:
    """Change who is on call between two instants."""
    _change(call, name, start, end, person=person, instead_of=instead_of, reason=reason)


@app.command()
@with_router
def swap(
    call: Call,
    *,
    name: Name,
    instead_of: Annotated[str, typer.Option("--of", help="Whose duty it is now.")],
    start: Start,
    end: End,
    person: Annotated[str, typer.Option("--with", help="Who takes it over.")],
    return_start: Annotated[str, typer.Option("--return-from", help="What they give in return.")],
    return_end: Annotated[str, typer.Option("--return-until", help="Likewise.")],
    reason: Why = "",
) -> None:
    """Let two people take over each other's duty: both halves, or none."""
    now = call.now()
    edges = {"from_at": return_start, "until_at": return_end}
    given = {key: rfc3339(parse_moment(text, now)) for key, text in edges.items()}
    said: Json = {"in_return": given}
    _change(call, name, start, end, person=person, instead_of=instead_of, reason=reason, more=said)


def _change(
    call: Call,
    name: str,
    start: str,
    end: str,
    *,
    person: str,
    instead_of: str,
    reason: str,
    more: Json | None = None,
) -> None:
    now = call.now()
    body = {
        "from_at": rfc3339(parse_moment(start, now)),
        "until_at": rfc3339(parse_moment(end, now)),
        "person": person,
        "instead_of": instead_of,
        "reason": reason,
        **(more or {}),
    }
    made = call.router.post(f"{_path(name)}/overrides", body)
    call.answer(made, lambda screen, document: show_overrides(screen, document, now))


@app.command()
@with_router
def undo(
    call: Call,
    *,
    name: Name,
    id_: Annotated[str, typer.Argument(metavar="ID", help="The override's id.")],
) -> None:
    """Take an override back; one that has begun ends now."""
    call.router.remove(f"{_path(name)}/overrides/{quote(id_, safe='')}")
    call.answer({"removed": id_}, lambda screen, _: screen.line(f"override {id_} is taken back"))


@app.command("import")
@with_router
def import_(
    call: Call,
    *,
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An iCalendar file (.ics).")],
    layer: Annotated[str, typer.Option("--layer", help="What the layer is called.")] = "imported",
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would come.")] = False,
) -> None:
    """Take a calendar file as a layer on top, in the place of an earlier import of that name."""
    try:
        content = file.read_bytes()
    except OSError as error:
        said = f"{file} cannot be read: {error.strerror}."
        raise FailureError(said, "Name an iCalendar file.") from None
    now = call.now()
    params = (("layer", layer), ("preview", str(preview).lower()))
    found = call.router.send(f"{_path(name)}/import", content, CALENDAR, params)
    call.answer(found, lambda screen, document: show_imported(screen, document, now))


@app.command()
@with_router
def export(
    call: Call,
    *,
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; standard output if left out.")
    ] = None,
) -> None:
    """Write the next 90 days as an iCalendar file."""
    text = call.router.text(f"{_path(name)}.ics")
    if output is None and not call.as_json:
        sys.stdout.write(text)
        return
    if output is not None:
        try:
            output.write_text(text, newline="")
        except OSError as error:
            said = f"{output} cannot be written: {error.strerror}."
            raise FailureError(said, "Name another file.") from None
    found: Json = {"events": text.count("BEGIN:VEVENT"), "file": str(output or "")}
    if output is None:
        found["calendar"] = text
    call.answer(found, lambda screen, it: screen.line(f"{it['events']} shifts in {it['file']}"))


def _path(name: str) -> str:
    return f"/v1/schedules/{quote(name, safe='')}"
