"""`tierline rca`: the root cause analysis of a ticket, as a document."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Number, Screen, with_router


def register(app: typer.Typer) -> None:
    """Add `rca` to the command line."""
    app.command("rca")(with_router(rca))


def rca(
    call: Call,
    *,
    number: Number,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As Markdown, to be kept or sent.")
    ] = False,
) -> None:
    """Show the root cause analysis that a problem holds: summary, causes, timeline, actions."""
    document = call.router.get(f"/v1/tickets/{number}/rca")
    call.answer(document, _show_markdown if markdown else _show)


def _show_markdown(_screen: Screen, document: Mapping[str, Any]) -> None:
    sys.stdout.write(document["markdown"])


def _show(screen: Screen, document: Mapping[str, Any]) -> None:
    screen.line(f"{document['number']}  Root cause analysis: {document['title']}", style="bold")
    about = ", ".join(map(str, document["about"]))
    screen.pairs(
        [
            ("tickets", about),
            ("due", document["due"] or ""),
            ("completed", document["done_at"] or ""),
            ("still missing", "" if document["done_at"] else ", ".join(document["missing"])),
            ("summary", document["summary"]),
            ("causes", "; ".join(document["causes"])),
        ]
    )
    rows = ([entry["place"], entry["at"], _said(entry)] for entry in document["timeline"])
    screen.table(("ticket/seq", "when", "what"), rows, wrap=True)
    for action in document["actions"]:
        state = "dropped" if action["dropped"] else "done" if action["done_at"] else "open"
        due = f"{action['owner']}, due {action['due']}"
        screen.line(f"action {action['number']}, {state}: {action['what']} ({due})")


def _said(entry: Mapping[str, Any]) -> str:
    comment = f" [{entry['comment']}]" if entry["comment"] else ""
    return f"{entry['words']}{comment}"
