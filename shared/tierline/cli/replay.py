"""`tierline replay`: runs a recorded incident log through a stack of its own."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tierline.cli.call import AsJson, Screen
from tierline.cli.failures import USAGE, FailureError, told
from tierline.cli.replaying.figures import agrees
from tierline.cli.replaying.folder import DEFAULT_FOLDER, ReplayFolder
from tierline.cli.replaying.inputs import Asked, read_inputs
from tierline.cli.replaying.limits import JOBS, JOBS_MAX
from tierline.cli.replaying.run import INTERRUPTED, Run
from tierline.cli.replaying.shown import report_lines

DISAGREES = 1


def register(app: typer.Typer) -> None:
    """Add `replay` to the command line."""
    app.command("replay")(replay)


def replay(
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The log: CSV, or CSV in gzip (.gz).")
    ],
    mapping: Annotated[
        Path, typer.Option("--mapping", help="What its columns and values mean (YAML).")
    ],
    home: Annotated[
        Path | None,
        typer.Option("--home", help=f"A data folder of its own (default: {DEFAULT_FOLDER})."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="A policy folder; without it one is made from the log."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", help="Requests at once.", min=1, max=JOBS_MAX)
    ] = JOBS,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the report to this file, as JSON.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", help="Only so many incidents, the earliest.", min=1)
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Run an ended one anew, and compare both ends.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a recorded incident log through the running services, and check what comes of it.

    A stack is started in a data folder of its own and stopped at the end; nothing leaves it. An
    interrupted replay goes on where it stood when the same command is given again. Exits with 0
    when everything agrees with the log, 1 when something does not, 2 when it was called wrongly.
    """
    with told(as_json=as_json):
        outcome = _replay(
            Asked(file, mapping, policy, limit), home, jobs=jobs, again=again, as_json=as_json
        )
        if outcome is None:
            raise typer.Exit(INTERRUPTED)
        if report is not None:
            _write(report, outcome)
    if as_json:
        sys.stdout.write(json.dumps(outcome) + "\n")
    else:
        screen = Screen()
        for line in report_lines(outcome):
            screen.line(line)
    raise typer.Exit(0 if agrees(outcome) else DISAGREES)


def _replay(
    asked: Asked, home: Path | None, *, jobs: int, again: bool, as_json: bool
) -> dict[str, Any] | None:
    for path, what in ((asked.log, "log"), (asked.mapping, "mapping")):
        if not path.is_file():
            raise FailureError(f"There is no {what} at {path}.", "Check the path.", code=USAGE)
    folder = ReplayFolder((home or Path(DEFAULT_FOLDER)).expanduser().absolute())
    inputs = read_inputs(asked)
    known = folder.ended_report(folder.check(inputs))
    if known is not None and not again:
        return known
    run = Run(inputs, folder, jobs, again, Console(stderr=as_json))
    if not asyncio.run(run.go()):
        return None
    return run.report


def _write(path: Path, outcome: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(outcome, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise FailureError(
            f"The report cannot be written to {path}: {error.strerror}.",
            "It is kept in the data folder as report.json.",
        ) from error
