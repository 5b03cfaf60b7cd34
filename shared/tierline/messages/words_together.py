"""One sentence for each event between tickets: major incidents and problems."""

from collections.abc import Callable
from typing import Any

from tierline.domain import events as e
from tierline.messages.phrases import Said, because, quote


def _declared(said: Said, what: e.MajorDeclared) -> str:
    return f"{said.by} declared a major incident{because(what.reason)}"


def _joined(said: Said, what: e.MajorJoined) -> str:
    return f"{said.by} put it under major incident {what.parent}"


def _left(said: Said, what: e.MajorLeft) -> str:
    if what.leftover:
        return f"major incident {what.parent} did not help it{because(what.because)}"
    return f"{said.by} took it from under major incident {what.parent}{because(what.because)}"


def _child_joined(_said: Said, what: e.ChildJoined) -> str:
    return f"ticket {what.child} is worked under it"


def _child_left(_said: Said, what: e.ChildLeft) -> str:
    if what.declined:
        return f"ticket {what.child} could not be put under it{because(what.because)}"
    if what.leftover:
        return f"ticket {what.child} was not helped{because(what.because)}"
    return f"ticket {what.child} is worked by itself again{because(what.because)}"


def _called(said: Said, what: e.ProblemCalled) -> str:
    others = f", also behind {_listed(what.others)}" if what.others else ""
    return f"{said.by} asked for a problem{others}{because(what.reason)}"


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)


def _linked(said: Said, what: e.ProblemLinked) -> str:
    was = f" instead of {what.was}" if what.was else ""
    return f"{said.by} linked it to problem {what.problem}{was}"


def _incident_linked(_said: Said, what: e.IncidentLinked) -> str:
    if what.gone:
        return f"ticket {what.incident} turned out to have another cause"
    return f"ticket {what.incident} was linked to it"


def _cause(said: Said, what: e.CauseFound) -> str:
    return f"{said.by} found the cause: {quote(what.cause)}"


def _workaround(said: Said, what: e.WorkaroundGiven) -> str:
    return f"{said.by} gave a workaround: {quote(what.workaround)}"


def _solved(_said: Said, what: e.ProblemSolved) -> str:
    return f"problem {what.problem} behind it was resolved{because(what.resolution)}"


SAY_TOGETHER: dict[type, Callable[[Said, Any], str]] = {
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
