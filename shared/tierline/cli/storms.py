"""`tierline storms`: limits of a group that ran out together, and the one decision."""

from typing import Annotated

import typer

from tierline.cli.call import Call, with_router
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.storms_views import show_decided, show_storm, show_storms

app = typer.Typer(
    help="Limits of one group that ran out together: one message, one decision.",
    invoke_without_command=True,
)

Storm = Annotated[int, typer.Argument(metavar="STORM", help="Its number.", min=1)]
Picked = Annotated[
    list[int] | None,
    typer.Argument(metavar="[NUMBER]...", help="The tickets that move; the others stay."),
]


@app.callback()
@with_router
def storms(
    call: Call,
    *,
    over: Annotated[bool, typer.Option("--over", help="The last ones that are over, too.")] = False,
) -> None:
    """List the storms that go on, the newest first."""
    params: list[tuple[str, str | int]] = [("over", "true")] if over else []
    call.answer(call.router.get("/v1/storms", params), show_storms)


@app.command("show")
@with_router
def show(call: Call, storm: Storm) -> None:
    """Show a storm: which tickets wait in it, and what became of the others."""
    found = call.router.get(f"/v1/storms/{storm}")
    now = call.now()
    call.answer(found, lambda screen, document: show_storm(screen, document, now))


@app.command("decide")
@with_router
def decide(
    call: Call,
    storm: Storm,
    *,
    tickets: Picked = None,
    move_all: Annotated[bool, typer.Option("--move-all", help="All of them move.")] = False,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="All of them stay.")] = False,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; needed where something stays.")
    ] = "",
) -> None:
    """Decide a storm once for all of its tickets: they move, they stay, or the named ones move."""
    if [bool(tickets), move_all, keep_all].count(True) != 1:
        raise FailureError(
            "Say what becomes of its tickets, one way.",
            "Give --move-all, --keep-all, or the numbers of those that move.",
            code=USAGE,
        )
    decision = "move all" if move_all else "keep all" if keep_all else "pick"
    body = {"decision": decision, "reason": reason}
    if tickets:
        body["tickets"] = tickets  # type: ignore[assignment]
    call.answer(call.router.post(f"/v1/storms/{storm}/decide", body), show_decided)
