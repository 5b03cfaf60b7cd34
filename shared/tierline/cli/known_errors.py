"""`tierline known-errors`: problems whose cause is known, and what helps until it is gone."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, with_router

NONE = "no known errors: problems appear here once their cause and a workaround are known"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("known-errors")(known_errors)


@with_router
def known_errors(
    call: Call,
    *,
    client: Annotated[str | None, typer.Option("--client", help="Only of this client.")] = None,
) -> None:
    """List known errors: what causes them, what helps meanwhile, how often they were seen."""
    params: list[tuple[str, str | int]] = [("client", client)] if client else []
    call.answer(call.router.get("/v1/known-errors", params), _show)


def _show(screen: Screen, answer: Mapping[str, Any]) -> None:
    if not answer["items"]:
        screen.line(NONE)
    for one in answer["items"]:
        about = one["host"] or one["category"] or "all of it"
        seen = f"seen {one['count']} time{'' if one['count'] == 1 else 's'}"
        screen.line(f"{one['number']}  {one['client']}, {about}: {one['title']} ({seen})")
        screen.line(f"  cause: {one['cause']}")
        screen.line(f"  meanwhile: {one['workaround']}")
