"""Sentences of the events between a ticket and those who decide more."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tierline.domain import oversight as o
from tierline.messages.phrases import Said, because, late, quote


def listed(said: Said, logins: Iterable[str]) -> str:
    """People by name: `Grace, Omar and Tom`."""
    names = [said.person(login) for login in logins]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _called(said: Said, what: o.ManagementCalled) -> str:
    who = listed(said, what.people) or "nobody, for the policy names none"
    beside = f" (and {', '.join(what.also)})" if what.also else ""
    owed = []
    if what.update_due is not None:
        owed.append(f"a word by {said.when(what.update_due)}")
    if what.plan_due is not None:
        owed.append(f"an action plan by {said.when(what.plan_due)}")
    asks = f"; they are owed {' and '.join(owed)}" if owed else ""
    return f"management was called, {what.trigger}{beside}: {who}{asks}{late(what.late_s)}"


def _briefed(said: Said, what: o.ManagementBriefed) -> str:
    return f"{said.by} told management: {quote(what.text)}"


def _brief_missed(said: Said, what: o.BriefMissed) -> str:
    again = f", the {what.missed}. time in a row" if what.missed > 1 else ""
    due = said.when(what.due)
    return f"the word management was owed at {due} was not given{again}{late(what.late_s)}"


def _plan_missed(said: Said, what: o.ActionPlanMissed) -> str:
    by = said.when(what.due)
    return f"there was no action plan by {by}, which {what.trigger} needs{late(what.late_s)}"


def _complexity_stated(said: Said, what: o.ComplexityStated) -> str:
    return f"{said.by} stated that it is complex: {quote(what.text)}"


def _reallocated(said: Said, what: o.Reallocated) -> str:
    parts = []
    if what.joined:
        parts.append(f"put {listed(said, what.joined)} beside the owner")
    if what.relieved:
        parts.append(f"let {listed(said, what.relieved)} go")
    return f"{said.by} {' and '.join(parts)}{because(what.reason)}"


SAY: Mapping[type, Callable[[Said, Any], str]] = {
    o.ManagementCalled: _called,
    o.ManagementBriefed: _briefed,
    o.BriefMissed: _brief_missed,
    o.ActionPlanMissed: _plan_missed,
    o.ComplexityStated: _complexity_stated,
    o.Reallocated: _reallocated,
}
"""By type of event; part of the table of `words`."""
