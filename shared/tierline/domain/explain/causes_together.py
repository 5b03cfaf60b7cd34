"""Why each type of event between tickets happens."""

from collections.abc import Callable
from typing import Any

from tierline.domain import events as e
from tierline.domain.explain.phrases import because
from tierline.domain.explain.seen import Seen


def _declared(seen: Seen, what: e.MajorDeclared) -> str:
    return (
        f"{seen.by} judged it to hit many at once{because(what.reason)}. From then on clients hear"
        " of it as of a P1."
    )


def _joined(seen: Seen, what: e.MajorJoined) -> str:
    return (
        f"{seen.by} saw it as part of {what.parent}: while that is worked its tier, queue and"
        " silent clocks stand still, and what its client was promised goes on."
    )


def _left(seen: Seen, what: e.MajorLeft) -> str:
    if what.leftover:
        return f"What was done on {what.parent} did not help it{because(what.because)}."
    return f"{seen.by} judged it to be no part of {what.parent}{because(what.because)}."


def _child_joined(_seen: Seen, what: e.ChildJoined) -> str:
    return f"Ticket {what.child} was put under this major incident."


def _child_left(_seen: Seen, what: e.ChildLeft) -> str:
    if what.declined:
        return f"Ticket {what.child} was to be worked under it, and cannot{because(what.because)}."
    if what.leftover:
        return f"Ticket {what.child} still needs work of its own group{because(what.because)}."
    return f"Ticket {what.child} was taken from under it{because(what.because)}."


def _called(seen: Seen, what: e.ProblemCalled) -> str:
    if seen.event.why.rule == "third time":
        return f"The policy takes what fires a third time for a problem{because(what.reason)}."
    return f"{seen.by} sees one cause behind it{because(what.reason)}."


def _linked(seen: Seen, what: e.ProblemLinked) -> str:
    was = f", and no longer {what.was}" if what.was else ""
    return f"{seen.by} holds that problem {what.problem} is behind it{was}."


def _incident_linked(_seen: Seen, what: e.IncidentLinked) -> str:
    if what.gone:
        return f"Ticket {what.incident} was linked to another problem instead."
    return f"Ticket {what.incident} was linked to this problem."


def _cause(seen: Seen, what: e.CauseFound) -> str:
    return f"{seen.by} found what is behind it{because(what.cause)}."


def _workaround(seen: Seen, what: e.WorkaroundGiven) -> str:
    return f"{seen.by} knows what helps meanwhile{because(what.workaround)}."


def _solved(_seen: Seen, what: e.ProblemSolved) -> str:
    return f"It is linked to problem {what.problem}, which was resolved{because(what.resolution)}."


CAUSES_TOGETHER: dict[type, Callable[[Seen, Any], str]] = {
    e.MajorDeclared: _declared,
    e.MajorJoined: _joined,
    e.MajorLeft: _left,
    e.ChildJoined: _child_joined,
    e.ChildLeft: _child_left,
    e.ProblemCalled: _called,
    e.ProblemLinked: _linked,
    e.IncidentLinked: _incident_linked,
    e.CauseFound: _cause,
    e.WorkaroundGiven: _workaround,
    e.ProblemSolved: _solved,
}
