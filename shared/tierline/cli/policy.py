"""`tierline policy`: check a policy folder, print its schema."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.policy import Finding, LoadedPolicy, PolicyError, load_folder
from tierline.policy.kinds import KINDS
from tierline.policy.schema import schema_text

app = typer.Typer(no_args_is_help=True, help="Check and describe policies.")

_Folder = Annotated[Path, typer.Argument(help="The policy folder.", metavar="FOLDER")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Year = Annotated[
    int | None, typer.Option(help="Look public holidays up around this year.", min=2000, max=2099)
]


@app.callback()
def policy() -> None:
    """Check and describe policies."""


@app.command()
def check(folder: _Folder, as_json: _Json = False, year: _Year = None) -> None:  # noqa: FBT002
    """Check a policy folder: what was read, or what is wrong and how to put it right.

    Exits with 1 when the policy cannot be used. Warnings alone exit with 0.
    """
    try:
        loaded = load_folder(folder, year=year)
    except PolicyError as error:
        if as_json:
            _print_json({"ok": False, "errors": [_as_json(f) for f in error.findings]})
        else:
            for finding in error.findings:
                typer.echo(str(finding), err=True)
            typer.echo(f"{_count(len(error.findings), 'error')}: not usable", err=True)
        raise typer.Exit(1) from None
    if as_json:
        warnings = [_as_json(f) for f in loaded.warnings]
        version = loaded.policy.version
        counts = _counts(loaded)
        _print_json({"ok": True, "version": version, "counts": counts, "warnings": warnings})
        return
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(
        f"{folder}: {', '.join(_counted(n, what) for what, n in _counts(loaded).items() if n)}"
    )
    typer.echo(f"version {loaded.policy.version}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    typer.echo(schema_text(), nl=False)


def _counts(loaded: LoadedPolicy) -> dict[str, int]:
    policy, records = loaded.policy, loaded.records
    rules = {
        "files": loaded.files,
        "tiers": policy.tiers,
        "groups": policy.groups,
        "SLAs": policy.slas,
        "agreements": policy.agreements,
        "paths": policy.paths,
        "triage rules": policy.triage,
    }
    data = {kind: records.documents.get(kind, ()) for kind in KINDS} | {
        "rooms": records.rooms,
        "integrations": records.integrations,
        "subscriptions": records.subscriptions,
    }
    return {what: len(found) for what, found in {**rules, **data}.items()}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _counted(number: int, plural: str) -> str:
    return _count(number, plural.removesuffix("s")) if plural != "people" else f"{number} {plural}"


def _as_json(finding: Finding) -> dict[str, Any]:
    return dataclasses.asdict(finding)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
