"""What people may ask about management, reallocated people, actions and a root cause analysis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tierline.domain.action import CORRECTIVE, Action
from tierline.domain.rca import Rca


@dataclass(frozen=True, slots=True)
class StateComplexity:
    """Say that it is complex, and why."""

    text: str


@dataclass(frozen=True, slots=True)
class Brief:
    """A word for management."""

    text: str


@dataclass(frozen=True, slots=True)
class Reallocate:
    """As a lead: put people of any group beside the owner, or let them go again. Logins."""

    reason: str
    join: tuple[str, ...] = ()
    relieve: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddAction:
    """Give somebody (a login) something to do by `due` (UTC); `kind`: corrective or preventive."""

    what: str
    owner: str
    due: datetime
    kind: str = CORRECTIVE


@dataclass(frozen=True, slots=True)
class MoveAction:
    """Give an action another date (UTC), with the reason."""

    number: int
    due: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class CompleteAction:
    """An action is done; `dropped`: it will not be done, which is the lead's to say."""

    number: int
    outcome: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class WriteRca:
    """Write on the root cause analysis; what is None stays. `done`: it is complete.

    `comments`: words beside entries of the timeline, by `ticket/seq`; without words: none any more.
    """

    summary: str | None = None
    causes: tuple[str, ...] | None = None
    comments: Mapping[str, str] = field(default_factory=dict)
    done: bool = False


@dataclass(frozen=True, slots=True)
class HandCorrection:
    """Let a problem carry on with the open actions and the analysis owed, or `rca_alone`."""

    problem: int
    rca_alone: bool = False


@dataclass(frozen=True, slots=True)
class TakeCorrection:
    """As a problem: carry on with what was still to be done on `ticket`.

    `client`: whose that is, where nobody has looked whether the problem is of the same.
    """

    ticket: int
    actions: tuple[Action, ...]
    rca: Rca | None = None
    client: str = ""


OversightCommand = (
    StateComplexity
    | Brief
    | Reallocate
    | AddAction
    | MoveAction
    | CompleteAction
    | WriteRca
    | HandCorrection
    | TakeCorrection
)
"""All of them."""
