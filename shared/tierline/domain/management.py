"""The policy's rules about management: which tickets call it, whom, and what it is then owed.

A call is attention and no move: people who decide more look at a ticket that stays where it is
worked. Which instant a trigger holds from is judged in `triggers`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tierline.domain.terms import ClockName, Priority, TicketType

if TYPE_CHECKING:
    from tierline.domain.policy import Duration


@dataclass(frozen=True, slots=True)
class When:
    """What must hold of a ticket, all of it; what is left out is not asked.

    `breached`: any of these promises to the client is broken. `reopened`, `alerts`: at least so
    often. `complex`: a technician has stated it. `open_for`: on the cover of its priority, since
    work is owed; `unclaimed_for`: on the hours of the group whose queue it is in, and not while it
    is worked under a major incident.
    """

    priorities: frozenset[Priority] = frozenset()
    breached: frozenset[ClockName] = frozenset()
    reopened: int = 0
    alerts: int = 0
    vip: bool = False
    escalated: bool = False
    complex: bool = False
    categories: frozenset[str] = frozenset()
    types: frozenset[TicketType] = frozenset()
    open_for: "Duration | None" = None
    unclaimed_for: "Duration | None" = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A named reason to call management.

    `call`: roles, as the policy's `people` and the groups name them. `update`: how often they are
    owed a word; `plan_within`: how soon an action plan. Both count on the cover of the priority.
    """

    name: str
    when: When
    call: tuple[str, ...]
    update: "Duration | None" = None
    plan_within: "Duration | None" = None


@dataclass(frozen=True, slots=True)
class RcaRule:
    """Which resolved tickets need a root cause analysis, and by when.

    `due` counts on the agreement's plain hours, from the resolution. `in_problem`: it is written on
    a problem that the ticket is linked to; else on the ticket itself.
    """

    when: When
    due: "Duration"
    in_problem: bool = True
