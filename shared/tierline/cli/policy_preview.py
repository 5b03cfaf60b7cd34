"""`tierline policy preview`: what a policy folder would mean for the open tickets."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.client import Json
from tierline.cli.moments import local_time, parse_instant
from tierline.cli.policy_versions import find_folder

Folder = Annotated[Path, typer.Argument(help="The policy folder.", metavar="FOLDER")]
Year = Annotated[
    int | None, typer.Option(help="Look public holidays up around this year.", min=2000, max=2099)
]

PREVIEWS = "/v1/policy/previews"

_WORDS = {
    "breached": "would be breached",
    "less time": "lose time",
    "more time": "gain time",
    "changed": "otherwise changed",
    "unchanged": "unchanged",
}


def register(app: typer.Typer) -> None:
    """Add `preview` to `tierline policy`."""
    app.command("preview")(with_router(preview))


def preview(call: Call, *, folder: Folder, year: Year = None) -> None:
    """Say what a policy folder would mean for the open tickets, before anything changes.

    The token it ends with is for `tierline policy apply`, within 15 minutes.
    """
    found = make_preview(call, folder, year)
    now = call.now()
    call.answer(found, lambda screen, document: show_preview(screen, document, now))


def make_preview(call: Call, folder: Path, year: int | None) -> Json:
    """Ask the router for a preview of a folder.

    Raises FailureError where the folder is of no use, or the router refuses.
    """
    version = find_folder(folder, year)
    return call.router.post(PREVIEWS, {"document": version.document})


def show_preview(screen: Screen, document: Any, now: datetime) -> None:
    """Print a preview: the differences, the counts, what is held, the tickets."""
    if document["differences"]:
        screen.line("What is otherwise than in the policy in force:", style="bold")
        for difference in document["differences"]:
            screen.line(f"  {difference['said']}")
        screen.line()
    screen.line(counts_of(document))
    if document["next_changed"]:
        screen.line(f"{document['next_changed']} have another next step, moved or not.")
    for held in document["held"]:
        screen.line(
            f"{held['place']} goes and holds {held['tickets']}: say where they go with"
            " --move-group OLD=NEW"
        )
    rows = [_row(it, now) for it in document["tickets"]]
    if rows:
        screen.line()
        screen.table(("ticket", "", "client", "if moved", "now -> then"), rows, wrap=True)
    if document["unlisted"]:
        screen.line(f"and {document['unlisted']} more")
    screen.line()
    screen.line(f"preview {document['id']} of {document['version']}")


def counts_of(document: Any) -> str:
    """`412 open: 9 would be breached, 31 gain time, 372 unchanged`."""
    fates = document["fates"]
    parts = [f"{fates[name]} {words}" for name, words in _WORDS.items() if fates.get(name)]
    beyond = document["open"] - document["looked_at"]
    more = [f"{beyond} not looked at"] if beyond > 0 else []
    return f"{document['open']} open: {', '.join([*parts, *more]) or 'nothing to say'}"


def _row(ticket: Any, now: datetime) -> tuple[str, ...]:
    return (
        str(ticket["number"]),
        ticket["priority"],
        ticket["client"],
        _WORDS.get(ticket["fate"], ticket["fate"]),
        ", ".join(_changes(ticket, now)),
    )


def _changes(ticket: Any, now: datetime) -> Iterator[str]:
    for name, due in ticket["dues"].items():
        old, new = (_shown(due[which], now) for which in ("old", "new"))
        yield f"{name} {old} -> {new}"
    if ticket["next_before"] != ticket["next_after"]:
        yield f"next {ticket['next_before'] or 'nothing'} -> {ticket['next_after'] or 'nothing'}"


def _shown(instant: str | None, now: datetime) -> str:
    at = parse_instant(instant)
    return "none" if at is None else local_time(at, now)
