"""Why management was called, briefed or left without a word, and who was put beside an owner."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain import correction as c
from tierline.domain import oversight as o
from tierline.domain.action import DUE, SOON
from tierline.domain.explain.phrases import because, length, when
from tierline.domain.explain.seen import Seen


def _called(seen: Seen, what: o.ManagementCalled) -> str:
    asked = {name: value for name, value in seen.event.why.values.items() if name != "call"}
    facts = ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in asked.items())
    roles = ", ".join(seen.value("call") or ())
    beside = f" {', '.join(what.also)} held at the same instant." if what.also else ""
    return f"The policy's trigger {what.trigger} held ({facts}); it calls: {roles}.{beside}"


def _plain(value: Any) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _briefed(seen: Seen, what: o.ManagementBriefed) -> str:
    return f"Management looks at it and is owed a word, which {seen.by} gave{because(what.text)}."


def _brief_missed(seen: Seen, what: o.BriefMissed) -> str:
    every = length(seen.value("every_s") or 0)
    return f"Management is owed a word each {every}; none came by {when(what.due)}."


def _plan_missed(_seen: Seen, what: o.ActionPlanMissed) -> str:
    return f"{what.trigger} needs an action plan, and no action was there by {when(what.due)}."


def _complexity_stated(seen: Seen, what: o.ComplexityStated) -> str:
    return (
        f"{seen.by} finds it complex{because(what.text)}; a trigger of the policy may ask for that."
    )


def _reallocated(seen: Seen, what: o.Reallocated) -> str:
    return f"{seen.by} leads, and moved people to or from it{because(what.reason)}."


def _action_added(seen: Seen, what: c.ActionAdded) -> str:
    return f"{seen.by} wrote down what has to be done about it{because(what.action.what)}."


def _action_moved(seen: Seen, what: c.ActionMoved) -> str:
    return f"{seen.by} gave it another date, {when(what.due)}{because(what.reason)}."


def _action_completed(seen: Seen, what: c.ActionCompleted) -> str:
    verb = "will not be done, which a lead decides" if what.dropped else "is done"
    return f"{seen.by} said that it {verb}{because(what.outcome)}."


def _chased(_seen: Seen, what: c.ActionChased | c.RcaChased) -> str:
    if what.stage == SOON:
        return (
            f"It is due at {when(what.due)}, and a business day before that somebody is reminded."
        )
    if what.stage == DUE:
        return f"It was due at {when(what.due)} and was not over."
    return f"It was due at {when(what.due)}; it is asked for each business day until it is over."


def _rca_required(seen: Seen, what: c.RcaRequired) -> str:
    where = " It is written on a problem." if what.rca.on_problem else ""
    groups = ", ".join(seen.value("groups") or ())
    asks = f"The policy asks for an analysis of such tickets: {seen.value('priority')}, {groups}."
    return f"{asks}{where}"


def _rca_written(seen: Seen, _what: c.RcaWritten) -> str:
    return f"{seen.by} wrote down what was found."


def _rca_done(seen: Seen, what: c.RcaDone) -> str:
    return f"{seen.by} said so; {len(what.causes)} causes and {what.actions} actions are there."


def _handed(seen: Seen, what: c.CorrectionHanded) -> str:
    return f"{seen.by} let problem {what.problem} carry on with it, so that this one may close."


def _taken(seen: Seen, what: c.CorrectionTaken) -> str:
    return f"{seen.by} moved here what was still to be done on ticket {what.ticket}."


CAUSES: Mapping[type, Callable[[Seen, Any], str]] = {
    o.ManagementCalled: _called,
    o.ManagementBriefed: _briefed,
    o.BriefMissed: _brief_missed,
    o.ActionPlanMissed: _plan_missed,
    o.ComplexityStated: _complexity_stated,
    o.Reallocated: _reallocated,
    c.ActionAdded: _action_added,
    c.ActionMoved: _action_moved,
    c.ActionCompleted: _action_completed,
    c.ActionChased: _chased,
    c.RcaRequired: _rca_required,
    c.RcaWritten: _rca_written,
    c.RcaDone: _rca_done,
    c.RcaChased: _chased,
    c.CorrectionHanded: _handed,
    c.CorrectionTaken: _taken,
}
"""By type of event; part of the table of `causes`."""
