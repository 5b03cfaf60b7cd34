"""What can happen between a ticket and those who decide more: calls, words, people, complexity.

Part of the events (`tierline.domain.events`). Instants are UTC; `late_s`: seconds after its own
instant that it was seen.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ManagementCalled:
    """A trigger of the policy holds: `people` look, the ticket stays where it is worked.

    `also`: triggers that held at the same instant and are said by this call. `update_s`: seconds
    between two words they are owed, the first at `update_due`. `plan_due`: when an action plan must
    be there, where the trigger needs one.
    """

    trigger: str
    people: tuple[str, ...]
    also: tuple[str, ...] = ()
    update_s: int = 0
    update_due: datetime | None = None
    plan_due: datetime | None = None
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ManagementBriefed:
    """A word for `people`; the next one is owed at `next_due`."""

    text: str
    people: tuple[str, ...]
    next_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class BriefMissed:
    """Management waits for a word in vain, the `missed`th time in a row; again at `next_due`."""

    missed: int
    due: datetime
    next_due: datetime
    late_s: float = 0.0
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class ActionPlanMissed:
    """The action plan that `trigger` needs is not there."""

    trigger: str
    due: datetime
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ComplexityStated:
    """A technician says that it is complex, and why."""

    text: str


@dataclass(frozen=True, slots=True)
class Reallocated:
    """A lead has put people beside the owner, or let them go again."""

    joined: tuple[str, ...]
    relieved: tuple[str, ...]
    reason: str


Oversight = (
    ManagementCalled
    | ManagementBriefed
    | BriefMissed
    | ActionPlanMissed
    | ComplexityStated
    | Reallocated
)
"""All of them."""
