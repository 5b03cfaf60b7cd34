"""`tierline tickets brief`, `add-action`, `reallocate` and the like: a command of the API each."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Number, with_router
from tierline.cli.moments import parse_moment, rfc3339
from tierline.cli.ticket_acts import Because, Reason
from tierline.cli.ticket_asking import show_outcome

ActionNumber = Annotated[
    int, typer.Argument(metavar="ACTION", help="The action's number on the ticket.", min=1)
]
Due = Annotated[str, typer.Option("--by", help="By when: 14:30, +4h, or an ISO time.")]
Several = list[str] | None


def register(app: typer.Typer) -> None:
    """Add every command on a ticket that is about management and actions to `tierline tickets`."""
    for function in _ALL:
        app.command(function.__name__.replace("_", "-"))(with_router(function))


def _ask(call: Call, ticket: int, command: str, **said: Any) -> None:
    call.answer(call.router.post(f"/v1/tickets/{ticket}/{command}", said), show_outcome)


def state_complex(call: Call, *, number: Number, reason: Because) -> None:
    """State that a ticket is complex, and why."""
    _ask(call, number, "state-complex", text=reason)


def brief(
    call: Call,
    *,
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="How it stands.")],
) -> None:
    """Give management the word they are owed."""
    _ask(call, number, "brief", text=text)


def reallocate(
    call: Call,
    *,
    number: Number,
    reason: Reason,
    join: Annotated[
        Several, typer.Option("--join", help="Who is to stand beside the owner.", metavar="LOGIN")
    ] = None,
    relieve: Annotated[
        Several, typer.Option("--relieve", help="Who is let go again.", metavar="LOGIN")
    ] = None,
) -> None:
    """As a lead, put people of any group beside a ticket's owner, or let them go."""
    _ask(call, number, "reallocate", reason=reason, join=join or None, relieve=relieve or None)


def add_action(
    call: Call,
    *,
    number: Number,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What is to be done.")],
    by: Due,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Who does it; you, if left out.", metavar="LOGIN")
    ] = None,
    preventive: Annotated[
        bool, typer.Option("--preventive", help="It keeps it from happening again.")
    ] = False,
) -> None:
    """Add an action to a ticket: it is chased until it is over."""
    kind = "preventive" if preventive else None
    _ask(call, number, "add-action", what=what, owner=owner, due=_instant(call, by), kind=kind)


def move_action(
    call: Call, *, number: Number, action: ActionNumber, by: Due, reason: Reason
) -> None:
    """Give an action another date; how often that was is counted."""
    _ask(call, number, "move-action", number=action, due=_instant(call, by), reason=reason)


def complete_action(
    call: Call,
    *,
    number: Number,
    action: ActionNumber,
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="What came of it.")],
    drop: Annotated[
        bool, typer.Option("--drop", help="It will not be done (a lead's to say).")
    ] = False,
) -> None:
    """An action is done, or, as a lead, will not be done."""
    said = {"number": action, "outcome": outcome, "dropped": drop or None}
    _ask(call, number, "complete-action", **said)


def write_rca(
    call: Call,
    *,
    number: Number,
    summary: Annotated[
        str | None, typer.Option("--summary", help="What happened, and what it meant.")
    ] = None,
    cause: Annotated[
        Several, typer.Option("--cause", help="A cause; may be repeated; replaces those before.")
    ] = None,
    comment: Annotated[
        list[str] | None,
        typer.Option("--comment", help="TICKET/SEQ=TEXT beside an entry of the timeline."),
    ] = None,
    done: Annotated[bool, typer.Option("--done", help="It is complete.")] = False,
) -> None:
    """Write on the root cause analysis that a problem holds."""
    places = dict(text.partition("=")[::2] for text in comment or ())
    said = {"summary": summary, "causes": cause or None, "comments": places or None}
    _ask(call, number, "rca", **said, done=done or None)


def to_problem(
    call: Call,
    *,
    number: Number,
    problem: Annotated[int, typer.Argument(metavar="PROBLEM", help="Its number.", min=1)],
) -> None:
    """Let a problem carry on with a ticket's open actions and the analysis it owes."""
    _ask(call, number, "to-problem", problem=problem)


def restrict(
    call: Call,
    *,
    number: Number,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="Whose it is to see.")],
    reason: Reason,
) -> None:
    """As a lead, let only a group, and whoever works or answers for it, see a ticket."""
    _ask(call, number, "restrict", group=group, reason=reason)


def unrestrict(call: Call, *, number: Number, reason: Because) -> None:
    """As a lead, let everybody see a ticket again."""
    _ask(call, number, "unrestrict", reason=reason)


def _instant(call: Call, text: str) -> str:
    return rfc3339(parse_moment(text, call.now()))


_ALL: tuple[Callable[..., None], ...] = (
    state_complex,
    brief,
    reallocate,
    add_action,
    move_action,
    complete_action,
    write_rca,
    to_problem,
    restrict,
    unrestrict,
)
