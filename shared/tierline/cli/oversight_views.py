"""How management, people beside an owner, actions and an analysis read on a terminal."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tierline.cli.moments import local_time, parse_instant, until

Row = Mapping[str, Any]


def overseen(ticket: Row, now: datetime) -> Iterable[tuple[str, str]]:
    """Names and values for the head of a ticket; empty: there is nothing of it. `now` is UTC."""
    yield "management", _attention(ticket.get("attention"), now)
    yield "action plan", _plan_owed(ticket.get("plan_owed"), now)
    yield "complex", ticket.get("complexity") or ""
    yield "beside owner", ", ".join(ticket.get("joined") or ())
    for action in ticket.get("actions") or ():
        yield f"action {action['number']}", _action(action, now)
    yield "analysis", _rca(ticket.get("rca"), now)


def _when(text: str | None, now: datetime) -> str:
    at = parse_instant(text)
    return f"{local_time(at, now)} ({until(at, now)})" if at else "-"


def _attention(attention: Row | None, now: datetime) -> str:
    if not attention:
        return ""
    owed = attention.get("next_due")
    word = f", owed a word by {_when(owed, now)}" if owed else ""
    missed = f", {attention['missed']} missed" if attention.get("missed") else ""
    return f"{', '.join(attention['people'])}{word}{missed}"


def _plan_owed(owed: Row | None, now: datetime) -> str:
    return f"{owed['trigger']} needs one by {_when(owed['due'], now)}" if owed else ""


def _action(action: Row, now: datetime) -> str:
    if action.get("done_at"):
        verb = "dropped" if action.get("dropped") else "done"
        return f"{action['what']}: {verb}, {action['outcome']}"
    moved = f", moved {action['moves']}x" if action.get("moves") else ""
    return f"{action['what']}: {action['owner']}, due {_when(action['due'], now)}{moved}"


def _rca(rca: Row | None, now: datetime) -> str:
    if not rca:
        return ""
    if rca.get("held_by"):
        return f"on problem {rca['held_by']}"
    if rca.get("done_at"):
        return f"complete since {_when(rca['done_at'], now)}"
    where = ", to be written on a problem" if rca.get("on_problem") else ""
    return f"due {_when(rca.get('due'), now)}{where}"
