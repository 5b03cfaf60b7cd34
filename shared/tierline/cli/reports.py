"""`tierline list`, `letter` and `bounces`: the lead's list, the week in figures, the ledger."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

import typer

from tierline.cli.call import Call, with_router
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.moments import HOW_SPANS, parse_moment, parse_span, rfc3339
from tierline.cli.report_views import show_bounces, show_letters, show_list, show_week


class At(StrEnum):
    """Which list."""

    OPENING = "opening"
    CLOSING = "closing"


def register(app: typer.Typer) -> None:
    """Add `list`, `letter`, `letters` and `bounces` to the command line."""
    app.command("list")(with_router(lead_list))
    app.command("letter")(with_router(letter))
    app.command("letters")(with_router(letters))
    app.command("bounces")(with_router(bounces))


def lead_list(
    call: Call,
    *,
    group: Annotated[str, typer.Option("--group", help="The group.")],
    at: Annotated[
        At, typer.Option("--at", help="As before the closing, or as at the next opening.")
    ] = At.CLOSING,
) -> None:
    """Show a lead's list: what breaks before anyone is in, and what needs a hand now."""
    path = f"/v1/groups/{quote(group, safe='')}/list"
    found = call.router.get(path, [("at", at.value)])
    now = call.now()
    call.answer(found, lambda screen, document: show_list(screen, document, now))


def letter(
    call: Call,
    *,
    week: Annotated[
        str, typer.Option("--week", help="Like 2026-W48; the last whole week, if left out.")
    ] = "",
) -> None:
    """Show the manager's letter: a week in figures, the week before beside it."""
    found = call.router.get("/v1/reports/week", [("week", week)] if week else [])
    now = call.now()
    call.answer(found, lambda screen, document: show_week(screen, document, now))


def letters(
    call: Call,
    *,
    limit: Annotated[int, typer.Option("--limit", help="How many.", min=1, max=200)] = 20,
) -> None:
    """Show which letters were written, the newest first, and what came of them."""
    found = call.router.get("/v1/letters", [("limit", limit)])
    now = call.now()
    call.answer(found, lambda screen, document: show_letters(screen, document, now))


def bounces(
    call: Call,
    *,
    since: Annotated[
        str, typer.Option("--since", help="Like 14d, or 2026-11-01T00:00; at most 92 days.")
    ] = "30d",
    client: Annotated[str, typer.Option("--client", help="Of this client alone.")] = "",
    group: Annotated[str, typer.Option("--group", help="Of this group alone.")] = "",
    tickets: Annotated[bool, typer.Option("--tickets", help="Each ticket, too.")] = False,
) -> None:
    """Show which groups send each other tickets that come straight back, and what that costs."""
    now = call.now()
    try:
        start = now - parse_span(since)
    except FailureError:
        start = parse_moment(since, now)
        if start >= now:
            raise FailureError(f"{since} is not in the past.", HOW_SPANS, code=USAGE) from None
    params: list[tuple[str, str | int]] = [("since", rfc3339(start))]
    params += [(name, text) for name, text in (("client", client), ("group", group)) if text]
    found = call.router.get("/v1/reports/bounces", params)
    call.answer(found, lambda screen, document: show_bounces(screen, document, now, each=tickets))
