"""`tierline training`: what there is to teach a tier, and what was made of it."""

import re
from typing import Annotated

import typer

from tierline.cli.call import Call, with_router
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.training_views import show_marked, show_training

app = typer.Typer(
    help="What escalated tickets say should be taught to the tier they came from.",
    invoke_without_command=True,
)

_ITEM = re.compile(r"#?([0-9]{1,18})/([0-9]{1,9})")

Item = Annotated[str, typer.Argument(metavar="TICKET/EVENT", help="As the list names it.")]
Note = Annotated[str, typer.Option("--note", help="Who teaches it, or what came of it.")]


@app.callback()
@with_router
def training(
    call: Call,
    *,
    tier: Annotated[str, typer.Option("--tier", help="What came from this tier alone.")] = "",
    state: Annotated[
        list[str] | None, typer.Option("--state", help="open, planned or done; may be repeated.")
    ] = None,
) -> None:
    """List what there is to teach, with each tier's next session; done ones say if it helped."""
    params: list[tuple[str, str | int]] = [("tier", tier)] if tier else []
    params += [("state", name) for name in state or ()]
    found = call.router.get("/v1/training", params)
    now = call.now()
    call.answer(found, lambda screen, document: show_training(screen, document, now))


def _mark(call: Call, item: str, state: str, note: str) -> None:
    parts = _ITEM.fullmatch(item)
    if parts is None:
        raise FailureError(f"{item} is no item.", "Write it like 1001/7.", code=USAGE)
    path = f"/v1/training/{parts[1]}/{parts[2]}"
    made = call.router.post(path, {"state": state, "note": note})
    call.answer(made, show_marked)


@app.command("plan")
@with_router
def plan(call: Call, item: Item, *, note: Note = "") -> None:
    """Put an item on the agenda of the tier's next session."""
    _mark(call, item, "planned", note)


@app.command("done")
@with_router
def done(call: Call, item: Item, *, note: Note = "") -> None:
    """Say that an item was taught; from now on it is counted whether it helped."""
    _mark(call, item, "done", note)


@app.command("open")
@with_router
def open_again(call: Call, item: Item, *, note: Note = "") -> None:
    """Take back that an item is planned or done."""
    _mark(call, item, "open", note)
