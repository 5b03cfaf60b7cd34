"""`tierline audit`: what the service itself should have done by now and has not."""

from collections.abc import Mapping
from typing import Any

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.moments import full_time, parse_instant

NOTHING = "nothing is amiss"
AMISS = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


@with_router
def audit(call: Call) -> None:
    """Look now for what should have happened and has not, with what to do; ends with 1 if any."""
    document = call.router.get("/v1/audit")
    call.answer(document, _show)
    if document["items"]:
        raise typer.Exit(AMISS)


def _show(screen: Screen, document: Mapping[str, Any]) -> None:
    if not document["items"]:
        screen.line(NOTHING)
    for finding in document["items"]:
        screen.line(f"{finding['what']}: {finding['count']}", style="bold")
        if finding["told_at"]:
            screen.line(f"  told {_time(finding['told_at'])}")
        for row in finding["rows"]:
            screen.line(f"  {row['which']}  since {_time(row['since'])}  {row['about']}")
        if finding["count"] > len(finding["rows"]):
            screen.line(f"  and {finding['count'] - len(finding['rows'])} more")
        screen.line(f"  {finding['remedy']}")


def _time(text: str) -> str:
    return full_time(parse_instant(text))
