"""`tierline due`: when a promise is due, and why then."""

from typing import Annotated

import typer

from tierline.cli.due_stream import run
from tierline.cli.failures import USAGE, FailureError

Lines = Annotated[
    bool,
    typer.Option("--jsonl", help="Answer hypothetical questions, a JSON line each, from stdin."),
]


def register(app: typer.Typer) -> None:
    """Add `due` to the command line."""
    app.command("due")(due)


def due(*, jsonl: Lines = False) -> None:
    """Say when hypothetical targets are due: JSON lines in, JSON lines out.

    Needs no running stack. A line that has no answer is answered with what is wrong with it, and
    makes the exit code 1 at the end.
    """
    if not jsonl:
        raise FailureError("There is nothing to reckon.", "Give --jsonl.", code=USAGE)
    raise typer.Exit(run())
