"""`tierline tickets accept-offer`, `decline-offer`, `hand-over`, `keep`: who has it from here."""

from collections.abc import Callable
from typing import Annotated

import typer

from tierline.cli.call import Call, Number, with_router
from tierline.cli.ticket_asking import show_outcome


def register(app: typer.Typer) -> None:
    """Add these commands to `tierline tickets`."""
    for function in _ALL:
        app.command(function.__name__.replace("_", "-"))(with_router(function))


def accept_offer(call: Call, *, number: Number) -> None:
    """Take a ticket that is offered to you."""
    call.answer(call.router.post(f"/v1/tickets/{number}/accept-offer", {}), show_outcome)


def decline_offer(
    call: Call,
    *,
    number: Number,
    reason: Annotated[str | None, typer.Option("--reason", help="Why not.")] = None,
) -> None:
    """Do not take a ticket that is offered to you: the next one is asked."""
    said = {"reason": reason}
    call.answer(call.router.post(f"/v1/tickets/{number}/decline-offer", said), show_outcome)


def hand_over(
    call: Call,
    *,
    number: Number,
    to: Annotated[str, typer.Argument(metavar="LOGIN", help="Who takes it from here.")],
    reason: Annotated[str | None, typer.Option("--reason", help="Why, in a sentence.")] = None,
) -> None:
    """Give a ticket of yours to somebody who is in; its plan is void."""
    said = {"to": to, "reason": reason}
    call.answer(call.router.post(f"/v1/tickets/{number}/hand-over", said), show_outcome)


def keep(call: Call, *, number: Number) -> None:
    """Keep a ticket of yours beyond the end of your shift: never a P1 or a P2."""
    call.answer(call.router.post(f"/v1/tickets/{number}/keep", {}), show_outcome)


_ALL: tuple[Callable[..., None], ...] = (accept_offer, decline_offer, hand_over, keep)
