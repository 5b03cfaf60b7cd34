"""What can happen to a ticket. State is a fold over these, nothing else (`evolve`).

Each class below is one type of event; its wire name is derived from it in `tierline.messages`.
Within a version of the contract nothing is removed or retyped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tierline.domain.action import Action
from tierline.domain.actor import SYSTEM, TIME, Actor, Why
from tierline.domain.amend import quick
from tierline.domain.assignment import AssignmentEvent
from tierline.domain.clock import Clock
from tierline.domain.correction import Correction
from tierline.domain.escalation import (
    AssistCalled,
    AssistEnded,
    Escalated,
    EscalationProposed,
    Moved,
    PacketGiven,
    Paged,
    PagingEnded,
    ProposalDeclined,
    Returned,
    Transferred,
    VendorCaseClosed,
    VendorCaseOpened,
    VendorCaseUpdated,
)
from tierline.domain.oversight import Oversight
from tierline.domain.pauses import ApprovalAnswered, Held, Resumed
from tierline.domain.rca import Rca
from tierline.domain.restriction import RestrictionEvent
from tierline.domain.terms import Mode, Priority, TicketType
from tierline.domain.terms_moved import Entered, TermsMoved
from tierline.domain.ticket import ClaimEnd, Plan, Requester
from tierline.domain.timely import Breached, Lapsed, Reviewed, Threshold, Warned
from tierline.domain.together import (
    CauseFound,
    ChildJoined,
    ChildLeft,
    IncidentLinked,
    MajorDeclared,
    MajorJoined,
    MajorLeft,
    ProblemCalled,
    ProblemLinked,
    ProblemSolved,
    WorkaroundGiven,
)
from tierline.domain.with_client import Retyped, SurveyAnswered

__all__ = [
    "SYSTEM",
    "TIME",
    "Actor",
    "AlertAttached",
    "ApprovalAnswered",
    "AssistCalled",
    "AssistEnded",
    "Breached",
    "CauseFound",
    "ChildJoined",
    "ChildLeft",
    "Claimed",
    "Closed",
    "Confirmed",
    "Entered",
    "Escalated",
    "EscalationProposed",
    "Event",
    "Held",
    "IncidentLinked",
    "Lapsed",
    "MajorDeclared",
    "MajorJoined",
    "MajorLeft",
    "Moved",
    "Noted",
    "Opened",
    "PacketGiven",
    "Paged",
    "PagingEnded",
    "PlanRefused",
    "PlanSlipped",
    "Planned",
    "Prioritised",
    "ProblemCalled",
    "ProblemLinked",
    "ProblemSolved",
    "ProposalDeclined",
    "Recovered",
    "Released",
    "Reopened",
    "Resolved",
    "Resumed",
    "Returned",
    "Retyped",
    "Reviewed",
    "Routed",
    "SurveyAnswered",
    "TermsMoved",
    "Threshold",
    "Transferred",
    "VendorCaseClosed",
    "VendorCaseOpened",
    "VendorCaseUpdated",
    "Warned",
    "What",
    "Why",
    "WorkaroundGiven",
]


@quick
@dataclass(frozen=True)
class Opened:
    """A ticket begins; client promises count from here (acceptance, not triage).

    `actions`, `rca`: what was still to be done on the ticket that it carries on. `clocks_wait`:
    they count from the first hand-over to us, where the agreement says so. `covered`: whether the
    agreement covers the device or service. `restricted`: the group that alone may see it.
    """

    type: TicketType
    title: str
    client: str
    agreement: str
    path: str
    mode: Mode
    priority: Priority
    impact: int
    urgency: int
    vip: bool = False
    body: str = ""
    site: str = ""
    host: str = ""
    service: str = ""
    category: str = ""
    source: str = ""
    problem_key: str = ""
    requester: Requester = field(default_factory=Requester)
    record: str = "tierline"
    links: tuple[str, ...] = ()
    linked: tuple[int, ...] = ()
    desk_owner: str = ""
    alert: str = ""
    actions: tuple[Action, ...] = ()
    rca: Rca | None = None
    clocks_wait: bool = False
    covered: bool = True
    restricted: str = ""


@quick
@dataclass(frozen=True)
class Routed:
    """Triage gave it to a group, whose queue it enters at once or after `delayed_until` (UTC)."""

    tier: str
    group: str
    decided_by: Mapping[str, str] = field(default_factory=dict)
    budget: str = ""
    expected_at: datetime | None = None
    delayed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertAttached:
    """A repeat of the same problem joined the ticket."""

    alert: str
    status: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Recovered:
    """The monitor says the condition has gone. Untouched: resolves at `quiet_until`."""

    alert: str
    quiet_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """Somebody took it. `accepted`: it was offered to them. `ends`: when the claim ends by itself.

    `owed_at`: when a limit that had run out before it takes effect.
    """

    owner: str
    owed_at: datetime | None = None
    accepted: bool = False
    ends: ClaimEnd | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """The owner gave it back to the queue; a plan does not outlive its owner."""

    owner: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody wrote; `to_client` says whether the requester reads it.

    `flowed`: the major incident whose word it is. `muted`: the requester hears it elsewhere.
    """

    text: str
    to_client: bool = False
    flowed: int = 0
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan was made or revised."""

    plan: Plan
    revision: bool = False
    client_text: str = ""


@dataclass(frozen=True, slots=True)
class PlanRefused:
    """The lead, or the next tier, does not go along with the plan: it is void."""

    owner: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanSlipped:
    """A plan's promise ran out; with a grace to revise, or without one."""

    slips: int
    grace_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Prioritised:
    """A new priority, with the old and the new due instants of each client clock."""

    old: Priority
    new: Priority
    impact: int
    urgency: int
    reason: str = ""
    dues: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    told_lead: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """Service is restored; the desk owner confirms before it closes.

    `fault`: what had caused it. `first_contact`: whoever took the call resolved it, the first time,
    without a hand-over; never said of an alert, which nobody called about. `premature`: resolved
    above the first tier within ten minutes of its claim there. `held_s`: of `gross_s`, the seconds
    from opening to resolution, those on hold. `flowed`: the major incident that was resolved.
    """

    resolution: str
    by: str = ""
    self_healed: bool = False
    tier_below_could: str = ""
    gross_s: int = 0
    fault: str = ""
    first_contact: bool = False
    premature: bool = False
    held_s: int = 0
    flowed: int = 0


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The client agrees."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    """Work is owed again. `flowed`: the major incident that was reopened. `ends`: of a claim."""

    reason: str
    group: str
    tier: str
    owner: str = ""
    rejected: bool = False
    topped_up: bool = False
    alert: str = ""
    flowed: int = 0
    expected_at: datetime | None = None
    ends: ClaimEnd | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The end. Only reopening follows. `leaving`: what becomes of what was worked under it.

    `survey`: the requester is asked how it was.
    """

    reason: str
    successor: int = 0
    leaving: str = ""
    survey: bool = False


What = (
    Opened
    | Routed
    | Entered
    | AlertAttached
    | Recovered
    | Claimed
    | Released
    | Noted
    | Planned
    | PlanSlipped
    | Escalated
    | Returned
    | Transferred
    | EscalationProposed
    | ProposalDeclined
    | PlanRefused
    | PacketGiven
    | AssistCalled
    | AssistEnded
    | Paged
    | PagingEnded
    | VendorCaseOpened
    | VendorCaseUpdated
    | VendorCaseClosed
    | Held
    | ApprovalAnswered
    | Resumed
    | Prioritised
    | TermsMoved
    | Resolved
    | Confirmed
    | Reopened
    | Closed
    | SurveyAnswered
    | Retyped
    | Warned
    | Breached
    | Lapsed
    | Reviewed
    | MajorDeclared
    | MajorJoined
    | MajorLeft
    | ChildJoined
    | ChildLeft
    | ProblemCalled
    | ProblemLinked
    | IncidentLinked
    | CauseFound
    | WorkaroundGiven
    | ProblemSolved
    | Oversight
    | Correction
    | AssignmentEvent
    | RestrictionEvent
)


@quick
@dataclass(frozen=True)  # without slots: see `amend`
class Event:
    """One fact about one ticket.

    `at`: the instant it counts for (a due instant for what time did); `recorded_at`: when it was
    decided; both UTC policy time, `at` never after `recorded_at`. `clocks`: the new value of every
    clock this event changed, so that the fold needs no calendar. `cause`: the identity of what
    brought it about (an alert, a command, a due instant). `watch`: where it changed, when each
    trigger for management comes true (`triggers`).
    """

    ticket: int
    seq: int
    at: datetime
    recorded_at: datetime
    by: Actor
    what: What
    why: Why
    cause: str = ""
    clocks: tuple[Clock, ...] = ()
    review_at: datetime | None = None
    watch: Mapping[str, datetime] | None = None
