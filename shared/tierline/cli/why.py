"""`tierline why`: why something happened to a ticket, or did not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Number, Screen, with_router
from tierline.cli.due import clock_words, show_ledger
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.moments import local_time, parse_instant

Seq = Annotated[
    int | None, typer.Option("--seq", help="Why did this event happen?", min=1, metavar="N")
]
NotTold = Annotated[
    str | None,
    typer.Option(
        "--not-told",
        help="Why was this person, room, address or role (owner, lead, room...) not told?",
        metavar="WHO",
    ),
]
About = Annotated[
    str | None,
    typer.Option(
        "--about",
        help='With --not-told: only of events of this type or occasion: breached, "silent".',
        metavar="WHAT",
    ),
]
Still = Annotated[
    str | None, typer.Option("--still", help="Why is it still in this tier?", metavar="TIER")
]


def register(app: typer.Typer) -> None:
    """Add `why` to the command line."""
    app.command("why")(with_router(why))


def why(
    call: Call,
    *,
    number: Number,
    seq: Seq = None,
    not_told: NotTold = None,
    about: About = None,
    still: Still = None,
) -> None:
    """Say why a ticket is where it is; or why an event happened, or something did not.

    The answer comes from the log: the rule or clock that decided, the policy's version, the values
    it saw, what had counted, and what would have made the other thing happen.
    """
    if sum(one is not None for one in (seq, not_told, still)) > 1:
        raise FailureError(
            "One question at a time.", "Give one of --seq, --not-told and --still.", code=USAGE
        )
    asked = {"seq": seq, "not_told": not_told, "about": about, "still": still}
    params = [(name, value) for name, value in asked.items() if value is not None]
    call.answer(call.router.get(f"/v1/tickets/{number}/why", params), _show)


def _show(screen: Screen, document: Mapping[str, Any]) -> None:
    now = datetime.fromisoformat(document["now"])
    for line in document["words"]:
        screen.line(line)
    if document["would_take"]:
        screen.line(f"What it would take: {document['would_take']}")
    policies = ", ".join(document["policies"])
    screen.pairs([("decided by", document["decided_by"]), ("policy", policies)])
    clock = document["clock"]
    if clock:
        screen.line(clock_words(clock, now), style="bold")
        show_ledger(screen, clock, now)
    if not document["items"]:
        for event in document["events"]:
            at = local_time(parse_instant(event["at"]), now)
            screen.line(f"{event['seq']}  {at}  {event['words']}", style="dim")
