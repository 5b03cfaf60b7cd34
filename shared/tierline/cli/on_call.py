"""`tierline on-call`: who answers, now or at an instant."""

from typing import Annotated

import typer

from tierline.cli.call import Call, with_router
from tierline.cli.duty_views import show_who
from tierline.cli.moments import parse_moment, rfc3339


def register(app: typer.Typer) -> None:
    """Add `on-call` to the command line."""
    app.command("on-call")(with_router(on_call))


def on_call(
    call: Call,
    *,
    client: Annotated[
        str | None, typer.Option("--client", help="For this client; without it, all groups.")
    ] = None,
    group: Annotated[str | None, typer.Option("--group", help="This group alone.")] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Like 03:00, +2h or 2026-11-24T09:00; now if left out."),
    ] = None,
) -> None:
    """Show who is on: each group, whether staffed, who is on call, the duty manager last."""
    now = call.now()
    params: list[tuple[str, str | int]] = []
    if client:
        params.append(("client", client))
    if group:
        params.append(("group", group))
    if at:
        params.append(("at", rfc3339(parse_moment(at, now))))
    found = call.router.get("/v1/on-call", params)
    call.answer(found, lambda screen, document: show_who(screen, document, now))
