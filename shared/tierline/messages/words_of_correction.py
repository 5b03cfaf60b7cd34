"""Sentences of the events of actions and of a root cause analysis."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain import correction as c
from tierline.domain.action import DUE, SOON, Action
from tierline.domain.rca import Rca
from tierline.messages.phrases import Said, because, late, quote


def _added(said: Said, what: c.ActionAdded) -> str:
    action = what.action
    who, due = said.person(action.owner), said.when(action.due)
    whose = f"gave {who}" if said.event.by.name != action.owner else "took on"
    kind = f"the {action.kind} action {action.number}"
    return f"{said.by} {whose} {kind}, due {due}: {quote(action.what)}"


def _moved(said: Said, what: c.ActionMoved) -> str:
    way = f"from {said.when(what.was)} to {said.when(what.due)}"
    count = f" (the {what.moves}. time)" if what.moves > 1 else ""
    return f"{said.by} moved action {what.number} {way}{count}{because(what.reason)}"


def _completed(said: Said, what: c.ActionCompleted) -> str:
    verb = "dropped" if what.dropped else "completed"
    return f"{said.by} {verb} action {what.number}{because(what.outcome)}"


def _chased(said: Said, what: c.ActionChased) -> str:
    who = f"{said.person(what.owner)} was reminded of action {what.number}"
    return f"{who}, {_stage(said, what)}: {quote(what.what)}{late(what.late_s)}"


def _stage(said: Said, what: c.ActionChased | c.RcaChased) -> str:
    if what.stage in {SOON, DUE}:
        return f"due {said.when(what.due)}"
    return f"overdue since {said.when(what.due)}"


def _required(said: Said, what: c.RcaRequired) -> str:
    due = f" by {said.when(what.rca.due)}" if what.rca.due else ""
    where = ", on a problem" if what.rca.on_problem else ""
    return f"its root cause analysis was asked for{due}{where}"


def _written(said: Said, what: c.RcaWritten) -> str:
    parts = []
    if what.summary is not None:
        parts.append("the summary")
    if what.causes is not None:
        parts.append("the causes")
    if what.comments:
        parts.append("the timeline")
    return f"{said.by} wrote on the root cause analysis: {', '.join(parts)}"


def _done(said: Said, what: c.RcaDone) -> str:
    return f"{said.by} completed the root cause analysis{because('; '.join(what.causes))}"


def _rca_chased(said: Said, what: c.RcaChased) -> str:
    return f"the root cause analysis was asked for, {_stage(said, what)}{late(what.late_s)}"


def _handed(said: Said, what: c.CorrectionHanded) -> str:
    left = _left(what.actions, what.rca)
    return f"{said.by} handed {left} to problem {what.problem}"


def _taken(said: Said, what: c.CorrectionTaken) -> str:
    return f"{said.by} took over {_left(what.actions, what.rca)} from ticket {what.ticket}"


def _left(actions: tuple[Action, ...], rca: Rca | None) -> str:
    count = len(actions)
    parts = [f"{count} action{'' if count == 1 else 's'}"] if count else []
    return " and ".join([*parts, *(["the root cause analysis"] if rca is not None else [])])


SAY: Mapping[type, Callable[[Said, Any], str]] = {
    c.ActionAdded: _added,
    c.ActionMoved: _moved,
    c.ActionCompleted: _completed,
    c.ActionChased: _chased,
    c.RcaRequired: _required,
    c.RcaWritten: _written,
    c.RcaDone: _done,
    c.RcaChased: _rca_chased,
    c.CorrectionHanded: _handed,
    c.CorrectionTaken: _taken,
}
"""By type of event; part of the table of `words`."""
