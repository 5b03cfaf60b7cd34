"""`tierline policy check`: what is wrong with a policy folder, and what is unwise."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.policy.errors import Finding, PolicyError
from tierline.policy.folder import LoadedPolicy, load_folder, looked_from
from tierline.policy.kinds import KINDS
from tierline.policy.unwise import look

_Folder = Annotated[Path, typer.Argument(help="The policy folder.", metavar="FOLDER")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Year = Annotated[
    int | None, typer.Option(help="Look public holidays up around this year.", min=2000, max=2099)
]
_Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 where there are warnings.")]


def register(app: typer.Typer) -> None:
    """Add `check` to `tierline policy`."""
    app.command("check")(check)


def check(
    *, folder: _Folder, as_json: _Json = False, strict: _Strict = False, year: _Year = None
) -> None:
    """Check a policy folder: what was read, what is wrong or unwise, and how to put it right.

    Exits with 1 when the policy cannot be used. Warnings alone exit with 0, or 1 under --strict.
    """
    loaded = _read(folder, year, as_json=as_json)
    warnings, left_out = look(loaded, looked_from(year))
    if as_json:
        _print_json(
            {
                "ok": True,
                "version": loaded.policy.version,
                "counts": _counts(loaded),
                "warnings": [_as_json(finding) for finding in warnings],
                "left_out": left_out,
            }
        )
    else:
        for warning in warnings:
            typer.echo(f"warning: {warning} [{warning.code}]", err=True)
        if left_out:
            typer.echo(f"and {_count(left_out, 'warning')} more", err=True)
        counts = (_counted(n, what) for what, n in _counts(loaded).items() if n)
        typer.echo(f"{folder}: {', '.join(counts)}")
        typer.echo(f"version {loaded.policy.version}")
    if strict and warnings:
        raise typer.Exit(1)


def _read(folder: Path, year: int | None, *, as_json: bool) -> LoadedPolicy:
    try:
        return load_folder(folder, year=year)
    except PolicyError as error:
        if as_json:
            _print_json({"ok": False, "errors": [_as_json(f) for f in error.findings]})
        else:
            for finding in error.findings:
                typer.echo(str(finding), err=True)
            typer.echo(f"{_count(len(error.findings), 'error')}: not usable", err=True)
        raise typer.Exit(1) from None


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
    """A finding; an error has no code."""
    found = dataclasses.asdict(finding)
    if not finding.code:
        del found["code"]
    return found


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
