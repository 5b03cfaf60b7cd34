"""`tierline next`: what to do next, and why."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.ticket_asking import place_words, show_outcome


def register(app: typer.Typer) -> None:
    """Add `next` to the command line."""
    app.command("next")(with_router(next_))


def next_(
    call: Call,
    *,
    claim: Annotated[
        bool, typer.Option("--claim", help="Take it; of two who ask at once each gets another one.")
    ] = False,
) -> None:
    """Show the most pressing ticket that waits in your groups and fits your skills, and why."""
    if claim:
        call.answer(call.router.post("/v1/next", {}), _show_claimed)
    else:
        call.answer(call.router.get("/v1/next"), _show)


def _show(screen: Screen, answer: Mapping[str, Any]) -> None:
    ticket = answer["ticket"]
    if ticket is not None:
        screen.line(f"{ticket['number']}  {ticket['priority']}  {ticket['title']}", style="bold")
        screen.line(place_words(ticket))
    screen.line(answer["why"])


def _show_claimed(screen: Screen, answer: Mapping[str, Any]) -> None:
    if answer["ticket"] is not None:
        show_outcome(screen, answer)
    screen.line(answer["why"])
