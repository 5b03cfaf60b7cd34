"""What can happen to corrective actions and to a root cause analysis.

Part of the events (`tierline.domain.events`). Instants are UTC; `late_s`: seconds after its own
instant that it was seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tierline.domain.action import Action
from tierline.domain.rca import Rca


@dataclass(frozen=True, slots=True)
class ActionAdded:
    """Somebody takes something on, by a date."""

    action: Action


@dataclass(frozen=True, slots=True)
class ActionMoved:
    """Its date was put off or brought forward, with the reason; `moves`: how often by now."""

    number: int
    owner: str
    was: datetime
    due: datetime
    next_chase: datetime
    moves: int
    reason: str


@dataclass(frozen=True, slots=True)
class ActionCompleted:
    """It is done; `dropped`: it will not be done. `outcome` says what came of it."""

    number: int
    owner: str
    outcome: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class ActionChased:
    """Its owner is reminded: `soon`, `due` or `overdue`; `count`: reminders since it was due."""

    number: int
    what: str
    owner: str
    due: datetime
    stage: str
    count: int
    next_chase: datetime
    late_s: float = 0.0
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class RcaRequired:
    """The ticket was of a kind that needs its root cause found and written down."""

    rca: Rca


@dataclass(frozen=True, slots=True)
class RcaWritten:
    """Somebody wrote on it; what is None stays as it was."""

    summary: str | None = None
    causes: tuple[str, ...] | None = None
    comments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RcaDone:
    """It is complete: the causes are there, and what is done about them."""

    causes: tuple[str, ...]
    actions: int


@dataclass(frozen=True, slots=True)
class RcaChased:
    """It is asked for: `soon`, `due` or `overdue`; `count`: how often since it was due."""

    due: datetime
    stage: str
    count: int
    next_chase: datetime
    late_s: float = 0.0
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class CorrectionHanded:
    """A problem carries on with what is still to be done: open actions, and the analysis owed."""

    problem: int
    actions: tuple[Action, ...]
    rca: Rca | None = None


@dataclass(frozen=True, slots=True)
class CorrectionTaken:
    """A problem takes over what was still to be done on `ticket`; actions are numbered anew."""

    ticket: int
    actions: tuple[Action, ...]
    rca: Rca | None = None


Correction = (
    ActionAdded
    | ActionMoved
    | ActionCompleted
    | ActionChased
    | RcaRequired
    | RcaWritten
    | RcaDone
    | RcaChased
    | CorrectionHanded
    | CorrectionTaken
)
"""All of them."""
