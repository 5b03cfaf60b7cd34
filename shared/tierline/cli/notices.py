"""`tierline notices`: who was told what, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.client import Json
from tierline.cli.moments import local_time, parse_instant

LIMIT = 100


def register(app: typer.Typer) -> None:
    """Add `notices` to the command line."""
    app.command("notices")(with_router(notices))


def notices(
    call: Call,
    *,
    ticket: Annotated[
        int | None, typer.Option("--ticket", help="Of this ticket only.", min=1)
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="pending, delivered, failed, superseded, held or suppressed."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", help="How many at most.", min=1, max=200)
    ] = LIMIT,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Every attempt, and the proof.")
    ] = False,
) -> None:
    """List who was told, by which channel, and the outcome; also who was not told, and why."""
    found = _found(call, ticket, state or [], limit)
    now = call.now()

    def shown(screen: Screen, document: Mapping[str, Any]) -> None:
        for notice in document["items"]:
            screen.line(_headed(notice, now))
            if verbose:
                _show_details(screen, notice, now)
        if not document["items"]:
            screen.line("no notices")
        if document.get("next_cursor"):
            screen.line(f"the first {len(document['items'])}; there are more", style="dim")

    call.answer(found, shown)


def _found(call: Call, ticket: int | None, states: list[str], limit: int) -> Json:
    if ticket is None:
        params: list[tuple[str, str | int]] = [("limit", limit)]
        return call.router.get("/v1/notices", [*params, *(("state", state) for state in states)])
    items = call.router.get(f"/v1/tickets/{ticket}/notices")["items"]
    kept = [notice for notice in items if not states or notice["state"] in states]
    return {"items": [{"ticket": ticket, **notice} for notice in kept[:limit]]}


def _headed(notice: Mapping[str, Any], now: datetime) -> str:
    number = notice.get("ticket")
    return f"{number}/{notice['seq']}  {notice_words(notice, now)}"


def notice_words(notice: Mapping[str, Any], now: datetime) -> str:
    """One line about a notice.

    Args:
        notice: as the API gives it.
        now: policy time (UTC), for how instants are written.

    Returns:
        Who, of what, by which channel, and the outcome.
    """
    by = f", by {notice['channel']}" if notice.get("channel") else ""
    at = parse_instant(notice.get("settled_at") or notice.get("created_at"))
    reason = notice.get("reason") or (notice.get("why") if notice["state"] == "suppressed" else "")
    outcome = "not told" if notice["state"] == "suppressed" else notice["state"]
    because = f": {reason}" if reason else ""
    who = f"{notice['kind']} {notice['recipient']}"
    return f"{local_time(at, now)}  {who}, {notice['occasion']}{by}: {outcome}{because}"


def _show_details(screen: Screen, notice: Mapping[str, Any], now: datetime) -> None:
    if notice.get("address"):
        screen.line(f"      to {notice['address']}", style="dim")
    for attempt in notice.get("attempts") or ():
        began = local_time(parse_instant(attempt.get("began_at")), now)
        outcome = attempt.get("outcome") or "under way"
        detail = f": {attempt['detail']}" if attempt.get("detail") else ""
        screen.line(f"      attempt {attempt['number']}, {began}: {outcome}{detail}", style="dim")
    if notice.get("proof"):
        screen.line(f"      proof {notice['proof']}", style="dim")
