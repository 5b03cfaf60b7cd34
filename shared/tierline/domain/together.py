"""What can happen between tickets: major incidents, and the problem behind several tickets.

Part of the events (`tierline.domain.events`), where they are all listed. Each stands on the one
ticket that it changes; what it means for the others is a reaction of the router.
"""

from dataclasses import dataclass

from tierline.domain.rca import Rca


@dataclass(frozen=True, slots=True)
class MajorDeclared:
    """From now on it is a major incident: others may be worked under it."""

    reason: str


@dataclass(frozen=True, slots=True)
class MajorJoined:
    """It is worked under the major incident `parent`."""

    parent: int


@dataclass(frozen=True, slots=True)
class MajorLeft:
    """It is worked by itself again. `leftover`: what helped `parent` did not help it."""

    parent: int
    because: str = ""
    leftover: bool = False


@dataclass(frozen=True, slots=True)
class ChildJoined:
    """Ticket `child` is worked under this major incident."""

    child: int


@dataclass(frozen=True, slots=True)
class ChildLeft:
    """Ticket `child` is worked by itself again.

    `leftover`: it was not helped. `declined`: it came when this was over, or was no major incident.
    """

    child: int
    because: str = ""
    leftover: bool = False
    declined: bool = False


@dataclass(frozen=True, slots=True)
class ProblemCalled:
    """There is one cause behind this ticket and `others`: a problem is to be opened for it."""

    title: str
    reason: str = ""
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ProblemLinked:
    """The problem `problem` is behind it; `was`: the one that it was thought to be before.

    `owes`: the analysis that the ticket owes and that is to be written on the problem.
    """

    problem: int
    was: int = 0
    owes: Rca | None = None


@dataclass(frozen=True, slots=True)
class IncidentLinked:
    """The problem is behind ticket `incident`; `gone`: it turned out not to be."""

    incident: int
    gone: bool = False


@dataclass(frozen=True, slots=True)
class CauseFound:
    """What is behind the tickets of this problem."""

    cause: str


@dataclass(frozen=True, slots=True)
class WorkaroundGiven:
    """What helps until the cause is gone."""

    workaround: str


@dataclass(frozen=True, slots=True)
class ProblemSolved:
    """The cause behind this ticket is gone."""

    problem: int
    resolution: str
