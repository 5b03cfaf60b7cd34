"""`tierline doctor`: the command."""

import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from tierline.cli.brokers import told_broker
from tierline.cli.call import AsJson, Screen
from tierline.cli.doctor.examine import examine
from tierline.cli.doctor.finding import Finding, Level
from tierline.cli.doctor.patient import Patient, Surroundings, look_around
from tierline.cli.failures import FailureError, told
from tierline.runtime.home import resolve_home
from tierline.runtime.settings import SettingsError
from tierline.store.environment import VariableError

CODES = {Level.FAIL: 2, Level.WARN: 1}
COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red", Level.SKIPPED: "dim"}


def register(app: typer.Typer) -> None:
    """Add `doctor` to the command line."""
    app.command("doctor")(doctor)


def doctor(
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Only what is wrong, or could not be looked at.")
    ] = False,
    as_json: AsJson = False,
    home: Annotated[
        Path | None, typer.Option("--home", help="The stack's folder (TIERLINE_HOME).")
    ] = None,
) -> None:
    """Say what is wrong and what to do; 0 when nothing is, 1 for warnings, 2 for failures.

    Looks at the installation that TIERLINE_... variables name, else at the stack of the data
    folder, running or not.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what is away is told below
    with told(as_json=as_json):
        found = asyncio.run(_examine(_surroundings(resolve_home(home))))
    if as_json:
        sys.stdout.write(json.dumps(_document(found)) + "\n")
    else:
        _show(Screen(), [one for one in found if not quiet or one.level is not Level.OK], found)
    raise typer.Exit(code_of(found))


def _surroundings(home: Path) -> Surroundings:
    try:
        around = look_around(home)
        return around if around.home else replace(around, broker=told_broker())
    except (SettingsError, VariableError) as error:
        raise FailureError(f"{error}.", "Correct the environment, then try again.") from error


async def _examine(around: Surroundings) -> list[Finding]:
    async with Patient(around) as patient:
        return await examine(patient)


def code_of(found: Sequence[Finding]) -> int:
    """The exit code of findings: that of the worst."""
    return max((CODES.get(one.level, 0) for one in found), default=0)


def _document(found: Sequence[Finding]) -> dict[str, object]:
    counts = Counter(one.level.value for one in found)
    worst = {0: Level.OK, 1: Level.WARN, 2: Level.FAIL}[code_of(found)]
    return {
        "level": worst.value,
        "counts": {level.value: counts[level.value] for level in Level},
        "findings": [asdict(one) for one in found],
    }


def _show(screen: Screen, shown: Sequence[Finding], found: Sequence[Finding]) -> None:
    for one in shown:
        screen.line(f"{one.level.value:<8}{one.check}: {one.said}", COLOURS[one.level])
        if one.remedy and one.level is not Level.OK:
            screen.line(f"        {one.remedy}")
    counts = Counter(one.level for one in found)
    screen.line(
        f"{counts[Level.OK]} in order, {counts[Level.WARN]} to see to, {counts[Level.FAIL]} wrong, "
        f"{counts[Level.SKIPPED]} not looked at"
    )
