"""`tierline tickets declare-major`, `join`, `problem` and the rest: several tickets at once."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Number, Screen
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.ticket_asking import ask

Because = Annotated[str, typer.Argument(metavar="REASON", help="Why, in a sentence.")]
Parent = Annotated[
    int, typer.Argument(metavar="PARENT", help="The major incident's number.", min=1)
]
Children = Annotated[
    list[int] | None, typer.Argument(metavar="[NUMBER]...", help="The tickets to put under it.")
]
OfClient = Annotated[list[str] | None, typer.Option("--client", help="All open ones of it.")]
OfCategory = Annotated[list[str] | None, typer.Option("--category", help="Of this category.")]
AtSite = Annotated[list[str] | None, typer.Option("--site", help="At this site.")]
Titled = Annotated[str | None, typer.Option("--q", help="With this in the title.")]
OnlyShow = Annotated[bool, typer.Option("--preview", help="Only show which these are.")]


def declare_major(call: Call, *, number: Number, reason: Because) -> None:
    """Say that a ticket is a major incident: others can be worked under it."""
    ask(call, number, "declare-major", reason=reason)


def join(
    call: Call,
    *,
    parent: Parent,
    tickets: Children = None,
    client: OfClient = None,
    category: OfCategory = None,
    site: AtSite = None,
    q: Titled = None,
    preview: OnlyShow = False,
) -> None:
    """Put tickets under a major incident: those named, or all open ones that are alike."""
    searched = {"client": client, "category": category, "site": site, "q": q}
    if bool(tickets) == any(searched.values()):
        raise FailureError(
            "Say which tickets join it, one way.",
            "Give their numbers, or --client, --category, --site or --q.",
            code=USAGE,
        )
    said = {"tickets": tickets, **searched, "preview": preview or None}
    given = {name: value for name, value in said.items() if value}
    call.answer(call.router.post(f"/v1/tickets/{parent}/gather", given), _show_gathered)


def _show_gathered(screen: Screen, answer: Mapping[str, Any]) -> None:
    if not answer["joined"] and not answer["refused"]:
        numbers = ", ".join(map(str, answer["tickets"])) or "none"
        screen.line(f"these are alike: {numbers}; nothing was changed")
        return
    screen.line(f"{len(answer['joined'])} joined")
    for one in answer["refused"]:
        screen.line(f"{one['number']} did not: {one['reason']}")


def leave(call: Call, *, number: Number, reason: Because) -> None:
    """Have a ticket worked by itself again, no longer under a major incident."""
    ask(call, number, "leave", reason=reason)


def problem(
    call: Call,
    *,
    number: Number,
    reason: Because,
    title: Annotated[str | None, typer.Option("--title", help="Else the ticket's own.")] = None,
    others: Annotated[
        list[int] | None, typer.Option("--with", help="Another ticket with the same cause.")
    ] = None,
) -> None:
    """Open a problem: the one cause behind this ticket and others."""
    ask(call, number, "problem", reason=reason, title=title, others=others or None)


def link_problem(
    call: Call,
    *,
    number: Number,
    behind: Annotated[int, typer.Argument(metavar="PROBLEM", help="The problem's number.", min=1)],
) -> None:
    """Say which problem is behind a ticket."""
    ask(call, number, "link-problem", problem=behind)


def cause(
    call: Call,
    *,
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is behind it all.")],
) -> None:
    """Of a problem, say what its cause is."""
    ask(call, number, "cause", cause=text)


def workaround(
    call: Call,
    *,
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What helps meanwhile.")],
) -> None:
    """Of a problem, say what helps until its cause is gone; the first line reads it."""
    ask(call, number, "workaround", workaround=text)


TOGETHER: tuple[Callable[..., None], ...] = (
    declare_major,
    join,
    leave,
    problem,
    link_problem,
    cause,
    workaround,
)
