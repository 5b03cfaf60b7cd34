"""Corrective and preventive actions on a ticket: what, by whom, by when, and how it goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

CORRECTIVE: Final = "corrective"
PREVENTIVE: Final = "preventive"
KINDS: Final = (CORRECTIVE, PREVENTIVE)
"""What put it right, and what keeps it from happening again."""

OPEN_MAX: Final = 20
"""Open actions of one ticket. Each is chased once a business day, and one go of time has bounds."""

KEPT_MAX: Final = 100
"""Actions of one ticket, those that are over included."""

SOON: Final = "soon"
DUE: Final = "due"
OVERDUE: Final = "overdue"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing somebody has taken on. Instants are UTC.

    `number`: within its ticket, from 1. `next_chase`: when its owner is next reminded, None once it
    is over; `chases`: reminders since it was due. `moves`: how often its date was put off.
    `dropped`: it will not be done, and `outcome` says why.
    """

    number: int
    what: str
    owner: str
    due: datetime
    added_by: str
    added_at: datetime
    kind: str = CORRECTIVE
    next_chase: datetime | None = None
    chases: int = 0
    moves: int = 0
    done_at: datetime | None = None
    done_by: str = ""
    outcome: str = ""
    dropped: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.done_at is None


def open_of(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Those that are still to be done."""
    return tuple(action for action in actions if action.open)


def numbered(actions: tuple[Action, ...], number: int) -> Action | None:
    """The action of that number, if there is one."""
    return next((action for action in actions if action.number == number), None)


def replaced(actions: tuple[Action, ...], new: Action) -> tuple[Action, ...]:
    """`actions` with `new` in the place of the one of its number."""
    return tuple(new if action.number == new.number else action for action in actions)
