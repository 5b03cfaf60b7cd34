"""`tierline dead-letters`: what could not be processed: look, and send it again."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.moments import full_time, parse_instant

PATH = "/v1/dead-letters"
LIMIT = 50
PAGE_MAX = 200
WHICH = "`tierline dead-letters list` shows which there are."

_REPAIR = "`tierline dead-letters show {}` shows it; correct it at its source and send it anew."

app = typer.Typer(
    no_args_is_help=True, help="What could not be processed: look at it, send it again."
)

Letter = Annotated[int, typer.Argument(metavar="ID", help="The dead letter's id.", min=1)]


@app.callback()
def dead_letters() -> None:
    """What could not be processed: look at it, send it again."""


@app.command("list")
@with_router
def list_(
    call: Call,
    *,
    limit: Annotated[
        int, typer.Option("--limit", help="How many at most.", min=1, max=PAGE_MAX)
    ] = LIMIT,
) -> None:
    """List dead letters with the reason of each."""
    call.answer(call.router.get(PATH, [("limit", limit)]), _show_list)


def _show_list(screen: Screen, document: Mapping[str, Any]) -> None:
    rows = [
        [
            str(letter["id"]),
            full_time(parse_instant(letter.get("at"))),
            "replayed" if letter.get("replayed_at") else "waiting",
            letter["source"],
            letter["reason"],
        ]
        for letter in document["items"]
    ]
    if rows:
        screen.table(("id", "at", "state", "source", "reason"), rows)
    else:
        screen.line("no dead letters")


@app.command()
@with_router
def show(call: Call, *, letter: Letter) -> None:
    """Show a dead letter: all that is kept beside it, and its body as far as it is shown."""
    pages = call.router.pages(PATH, [("limit", PAGE_MAX)])
    items = (item for page in pages for item in page["items"])
    found = next((item for item in items if item["id"] == letter), None)
    if found is None:
        raise FailureError(f"There is no dead letter {letter}.", WHICH)
    call.answer(found, _show_one)


def _show_one(screen: Screen, letter: Mapping[str, Any]) -> None:
    instants = {name: full_time(parse_instant(letter.get(name))) for name in ("at", "replayed_at")}
    body = letter.get("body")
    pairs = {**letter, **instants}
    pairs.pop("body", None)
    screen.pairs((name.replace("_", " "), str(value)) for name, value in pairs.items() if value)
    if body is not None:
        screen.line()
        screen.line(body if isinstance(body, str) else json.dumps(body, indent=2))


@app.command()
@with_router
def replay(
    call: Call,
    *,
    letter: Annotated[
        int | None, typer.Argument(metavar="ID", help="The dead letter's id.", min=1)
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Instead of ID: all that wait of this source, oldest first."),
    ] = None,
) -> None:
    """Send a dead letter again, or all of a source, once what was wrong is put right."""
    if (letter is None) == (source is None):
        raise FailureError("Name a dead letter, or --source.", WHICH, code=USAGE)
    if source is not None:
        call.answer(_replay_source(call, source), _show_replayed)
    elif letter is not None:
        answer = _replay_one(call, letter)
        call.answer(
            answer, lambda screen, _: screen.line(f"dead letter {letter} is on its way again")
        )


def _replay_one(call: Call, letter: int) -> Mapping[str, Any]:
    try:
        return call.router.post(f"{PATH}/{letter}/replay", {})
    except FailureError as error:
        if error.problem.get("status") in {404, 409}:
            # The remedies of a refusal speak of tickets.
            error.remedy = WHICH if error.problem["status"] == 404 else _REPAIR.format(letter)
        raise


def _replay_source(call: Call, source: str) -> dict[str, Any]:
    """Send all that wait of a source, in the order in which they failed."""
    pages = call.router.pages(PATH, [("limit", PAGE_MAX)])
    waiting = sorted(
        item["id"]
        for page in pages
        for item in page["items"]
        if item["source"] == source and not item.get("replayed_at")
    )
    if not waiting:
        raise FailureError(f"No dead letter of {source} waits.", WHICH)
    refused: dict[str, str] = {}
    for letter in waiting:
        try:
            _replay_one(call, letter)
        except FailureError as error:
            if error.problem.get("status") not in {404, 409}:
                raise
            refused[str(letter)] = error.message
    return {"source": source, "replayed": len(waiting) - len(refused), "refused": refused}


def _show_replayed(screen: Screen, document: Mapping[str, Any]) -> None:
    screen.line(f"{document['replayed']} of {document['source']} are on their way again")
    for letter, why in document["refused"].items():
        screen.line(f"{letter}: {why}")
