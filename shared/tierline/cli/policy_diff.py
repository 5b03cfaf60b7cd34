"""`tierline policy diff`: what one version of a policy has otherwise than another."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.cli.call import AsJson, Screen
from tierline.cli.failures import told
from tierline.cli.policy_versions import Version, find_version
from tierline.policy.diff import Difference, differences

_HELP = "A folder, the hash of a stored version (or its beginning), or `running`."


def register(app: typer.Typer) -> None:
    """Add `diff` to `tierline policy`."""
    app.command("diff")(diff)


def diff(
    *,
    old: Annotated[str, typer.Argument(metavar="A", help=_HELP)],
    new: Annotated[str, typer.Argument(metavar="B", help="Likewise: what A is compared with.")],
    as_json: AsJson = False,
    home: Annotated[
        Path | None, typer.Option("--home", help="The running stack's folder (TIERLINE_HOME).")
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(help="Look public holidays up around this year.", min=2000, max=2099),
    ] = None,
) -> None:
    """Say what policy B has otherwise than policy A, in words."""
    with told(as_json=as_json):
        before, after = find_version(old, year, home), find_version(new, year, home)
    found = differences(before.document, after.document)
    if as_json:
        sys.stdout.write(json.dumps(_document(before, after, found), ensure_ascii=False) + "\n")
        return
    show(Screen(), found)


def show(screen: Screen, found: Sequence[Difference]) -> None:
    """Print differences under the names of their sections."""
    if not found:
        screen.line("No difference.")
    for section, group in groupby(found, key=lambda it: it.section):
        screen.line(section.replace("_", " "), style="bold")
        for difference in group:
            screen.line(f"  {difference.said}")


def _document(before: Version, after: Version, found: Sequence[Difference]) -> dict[str, Any]:
    return {
        "from": before.hash,
        "to": after.hash,
        "differences": [dataclasses.asdict(it) for it in found],
    }
