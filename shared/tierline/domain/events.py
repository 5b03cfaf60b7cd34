"""What can happen to a ticket. State is a fold over these, nothing else (`evolve`).

Each class below is one type of event; its wire name is derived from it in `tierline.messages`.
Within a version of the contract nothing is removed or retyped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tierline.domain.amend import quick
from tierline.domain.clock import Clock
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
from tierline.domain.pauses import ApprovalAnswered, Held, Resumed
from tierline.domain.terms import ClockName, Mode, Priority, TicketType
from tierline.domain.ticket import Plan, Requester
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
    "Claimed",
    "Closed",
    "Confirmed",
    "Escalated",
    "EscalationProposed",
    "Event",
    "Held",
    "Lapsed",
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
    "Threshold",
    "Transferred",
    "VendorCaseClosed",
    "VendorCaseOpened",
    "VendorCaseUpdated",
    "Warned",
    "What",
    "Why",
]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. `kind`: person, integration, time (nobody: a due instant came) or system."""

    kind: str
    name: str = ""


TIME = Actor("time")
SYSTEM = Actor("system", "tierline")


@quick
@dataclass(frozen=True)
class Why:
    """The reason kept with every event: the rule or clock, the policy version, the values seen."""

    rule: str
    policy: str
    values: Mapping[str, Any] = field(default_factory=dict)


@quick
@dataclass(frozen=True)
class Opened:
    """A ticket begins; client promises count from here (acceptance, not triage).

    `clocks_wait`: or from the first hand-over to us, where the agreement says so. `covered`:
    whether the agreement covers the device or service.
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
    clocks_wait: bool = False
    covered: bool = True


@quick
@dataclass(frozen=True)
class Routed:
    """Triage put it into a group's queue. `budget`: as of a move."""

    tier: str
    group: str
    decided_by: Mapping[str, str] = field(default_factory=dict)
    budget: str = ""


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
    """Somebody took it. `owed_at`: when a limit that had run out before it takes effect."""

    owner: str
    owed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """The owner gave it back to the queue; a plan does not outlive its owner."""

    owner: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody wrote; `to_client` says whether the requester reads it."""

    text: str
    to_client: bool = False


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
    from opening to resolution, those on hold.
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


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The client agrees."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    """Work is owed again."""

    reason: str
    group: str
    tier: str
    owner: str = ""
    rejected: bool = False
    topped_up: bool = False
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """The end. Only reopening follows. `survey`: the requester is asked how it was."""

    reason: str
    successor: int = 0
    survey: bool = False


@quick
@dataclass(frozen=True)
class Threshold:
    """What every crossed threshold says: when it was due, how late it was seen, what it left."""

    clock: ClockName
    cycle: int
    fraction: float
    due: datetime
    full_due: datetime
    late_s: float
    collapsed: bool = False


@quick
@dataclass(frozen=True)
class Warned(Threshold):
    """A promise is in danger."""


@quick
@dataclass(frozen=True)
class Breached(Threshold):
    """A promise to the client is broken."""


@quick
@dataclass(frozen=True)
class Lapsed(Threshold):
    """An internal clock has run out. `cause`: skill (claimed) or capacity (unclaimed).

    `put_off`: it moves nothing yet, as the lead is beside the owner.
    """

    cause: str = ""
    put_off: bool = False


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Looked at, so that nothing is forgotten. `kind`: daily, closing or chase."""

    kind: str
    count: int = 0
    next_chase: datetime | None = None


What = (
    Opened
    | Routed
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
)


@quick
@dataclass(frozen=True)  # without slots: see `amend`
class Event:
    """One fact about one ticket.

    `at`: the instant it counts for (a due instant for what time did); `recorded_at`: when it was
    decided; both UTC policy time, `at` never after `recorded_at`. `clocks`: the new value of every
    clock this event changed, so that the fold needs no calendar. `cause`: the identity of what
    brought it about (an alert, a command, a due instant).
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
