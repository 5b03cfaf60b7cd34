"""`tierline due`: when a promise is due, and why then."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.due_stream import run
from tierline.cli.failures import USAGE, FailureError, told
from tierline.cli.moments import local_time, parse_instant, until
from tierline.cli.ticket_views import span_of
from tierline.domain.terms import ClockName

Row = Mapping[str, Any]

Number = Annotated[int | None, typer.Argument(metavar="NUMBER", help="The ticket's number.", min=1)]
Clocks = Annotated[
    list[ClockName] | None, typer.Option("--clock", help="Only this promise; may be repeated.")
]
Lines = Annotated[
    bool,
    typer.Option("--jsonl", help="Answer hypothetical questions, a JSON line each, from stdin."),
]


def register(app: typer.Typer) -> None:
    """Add `due` to the command line."""
    app.command("due")(_or_lines(with_router(due)))


def due(call: Call, *, number: Number = None, clock: Clocks = None) -> None:
    """Show why a ticket's promises are due when they are: each as a ledger that adds up.

    With --jsonl instead of a ticket it reckons hypothetical ones, a JSON line each, and needs no
    running stack; a line without an answer makes the exit code 1.
    """
    names = [("clock", str(name)) for name in clock or ()]
    call.answer(call.router.get(f"/v1/tickets/{number}/due", names), _show)


def _or_lines(of_ticket: Callable[..., None]) -> Callable[..., None]:
    """The command with `--jsonl` beside its options, which leads to no router."""

    def command(**given: Any) -> None:
        as_lines, number = given.pop("jsonl"), given["number"]
        if as_lines != (number is None):
            with told(as_json=given["as_json"]):
                raise FailureError(
                    "One thing at a time: a ticket's number, or --jsonl.",
                    "See `tierline due --help`.",
                    code=USAGE,
                )
        if as_lines:
            raise typer.Exit(run())
        of_ticket(**given)

    jsonl = inspect.Parameter(
        "jsonl", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Lines
    )
    own = inspect.signature(of_ticket).parameters.values()
    command.__signature__ = inspect.Signature([*own, jsonl])  # type: ignore[attr-defined]
    command.__annotations__ = {**of_ticket.__annotations__, "jsonl": Lines}
    command.__doc__ = of_ticket.__doc__
    return command


def _show(screen: Screen, document: Row) -> None:
    now = datetime.fromisoformat(document["now"])
    if not document["clocks"]:
        screen.line("no such promise was made")
    for place, clock in enumerate(document["clocks"]):
        if place:
            screen.line()
        screen.line(clock_words(clock, now), style="bold")
        show_ledger(screen, clock, now)


def clock_words(clock: Row, now: datetime) -> str:
    """One line about a clock with its terms: the target, when it is due, on which hours."""
    whose = "to the client" if clock["to_client"] else "ours"
    hours = f"on the hours of {clock['calendar']['timezone']}, policy {clock['policy']}"
    return f"{clock['name']} ({whose}): {span_of(clock['target_s'])}, {_ends(clock, now)}; {hours}"


def _ends(clock: Row, now: datetime) -> str:
    if clock["met_at"]:
        return f"met {local_time(parse_instant(clock['met_at']), now)}"
    due_at = parse_instant(clock["due"])
    if due_at is not None:
        return f"due {local_time(due_at, now)} ({until(due_at, now)})"
    return "ended" if clock["held_for"] == "void" else f"stopped by {clock['held_for']}"


def show_ledger(screen: Screen, found: Row, now: datetime) -> None:
    """Print the stretches of a ledger with the sum as it grows; `now` is policy time (UTC)."""
    screen.table(("from", "to", "what", "counts", "so far"), _rows(found, now))


def _rows(found: Row, now: datetime) -> Iterator[Iterable[str]]:
    total = found["carried_s"]
    if total:
        yield "-", "-", "carried in", _length(total), _length(total)
    for one in found["ledger"]:
        total += one["counted_s"]
        what = f"{one['kind']}: {one['reason']}" if one["reason"] else one["kind"]
        edges = (local_time(parse_instant(one[name]), now) for name in ("start", "end"))
        counts = _length(one["counted_s"]) if one["counted_s"] else "-"
        yield *edges, what, counts, _length(total)
    if found["held_for"] not in {"", "met", "void"}:
        since = local_time(parse_instant(found["held_since"]), now)
        yield since, "-", f"held: {found['held_for']}", "-", _length(total)


def _length(seconds: float) -> str:
    """A length of time; what a change of terms took off is below zero."""
    return f"-{span_of(seconds)}" if seconds < 0 else span_of(seconds)
