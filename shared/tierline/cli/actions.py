"""`tierline actions`: what is still to be done, across tickets."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.moments import local_time, parse_instant, until


def register(app: typer.Typer) -> None:
    """Add `actions` to the command line."""
    app.command("actions")(with_router(actions))


def actions(
    call: Call,
    *,
    owner: Annotated[str, typer.Option("--owner", help="me, all, or a login.")] = "me",
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those whose date has passed.")
    ] = False,
    client: Annotated[str | None, typer.Option("--client", help="Of this client.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many at most.", min=1, max=200)] = 50,
) -> None:
    """List open actions, the first to be due on top."""
    params: list[tuple[str, str | int]] = [("owner", owner), ("limit", limit)]
    params += [("overdue", "true")] if overdue else []
    params += [("client", client)] if client else []
    call.answer(call.router.get("/v1/actions", params), _show)


def _show(screen: Screen, document: Mapping[str, Any]) -> None:
    now = parse_instant(document["now"])
    rows = []
    for item in document["items"]:
        due = parse_instant(item["due"])
        when = f"{local_time(due, now)} ({until(due, now)})" if due and now else "-"
        moved = f" (moved {item['moves']}x)" if item["moves"] else ""
        place = f"{item['ticket']}/{item['number']}"
        rows.append([place, item["owner"], when, item["client"], f"{item['what']}{moved}"])
    if rows:
        screen.table(("ticket", "who", "due", "client", "what"), rows)
    else:
        screen.line("nothing is to be done")
    if document["next_cursor"]:
        screen.line("there are more: --limit shows them", style="dim")
