"""`tierline policy test`: tries the tests that a policy folder holds."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tierline.cli.call import AsJson
from tierline.cli.failures import FAILED, FailureError, told
from tierline.policy.errors import PolicyError
from tierline.policy.folder import LoadedPolicy, load_folder, looked_from
from tierline.policy.trying.trial import Trial, try_all


def register(app: typer.Typer) -> None:
    """Add `test` to `tierline policy`."""
    app.command("test")(try_tests)


def try_tests(
    *,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The policy folder.")],
    as_json: AsJson = False,
    year: Annotated[
        int | None,
        typer.Option(help="Look public holidays up around this year.", min=2000, max=2099),
    ] = None,
) -> None:
    """Try the tests of a policy folder: what an alert at an instant is to bring.

    Exits with 1 when one of them is wrong, or the policy cannot be used.
    """
    with told(as_json=as_json):
        loaded = _read(folder, year)
    trials = try_all(loaded, looked_from(year))
    wrong = [it for it in trials if it.wrong]
    if as_json:
        shown = [
            {"name": it.name, "at": it.at.isoformat(), "ok": not it.wrong, "wrong": list(it.wrong)}
            for it in trials
        ]
        sys.stdout.write(json.dumps({"ok": not wrong, "tests": shown}) + "\n")
    else:
        _tell(trials, len(wrong))
    if wrong:
        raise typer.Exit(FAILED)


def _tell(trials: tuple[Trial, ...], wrong: int) -> None:
    for trial in trials:
        typer.echo(f"{'wrong' if trial.wrong else 'ok'}  {trial.name}")
        for said in trial.wrong:
            typer.echo(f"       {said}")
    tests = "1 test" if len(trials) == 1 else f"{len(trials)} tests"
    typer.echo(f"{tests}, {wrong} wrong")


def _read(folder: Path, year: int | None) -> LoadedPolicy:
    try:
        return load_folder(folder, year=year)
    except PolicyError as error:
        findings = [str(finding) for finding in error.findings]
        raise FailureError(
            "\n".join(findings),
            f"Correct it; `tierline policy check {folder}` looks again.",
            problem={"findings": findings},
        ) from None
