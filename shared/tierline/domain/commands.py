"""What people, integrations and services may ask of a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tierline.domain.action import Action
from tierline.domain.approval import Approver
from tierline.domain.assignment_commands import (
    AcceptOffer,
    AssignmentCommand,
    DeclineOffer,
    HandOver,
    KeepClaim,
    NoteAbsence,
)
from tierline.domain.bought import Bought
from tierline.domain.commands_together import (
    AddChild,
    CallProblem,
    CountIncident,
    DeclareMajor,
    DropChild,
    EndUnder,
    FlowReopening,
    FlowResolution,
    FlowUpdate,
    GiveWorkaround,
    JoinMajor,
    LeaveMajor,
    LinkProblem,
    StateCause,
    TellSolved,
    Together,
)
from tierline.domain.events import Actor
from tierline.domain.oversight_commands import OversightCommand
from tierline.domain.rca import Rca
from tierline.domain.restriction import RestrictionCommand
from tierline.domain.storm_commands import StormCommand
from tierline.domain.terms import HoldReason, Mode, Priority, Role, TicketType
from tierline.domain.ticket import Packet, Requester
from tierline.domain.triage import Classification
from tierline.domain.vendor import UNKNOWN, Vendor
from tierline.domain.vendor_commands import (
    CloseVendorCase,
    OpenVendorCase,
    UpdateVendorCase,
    VendorCommand,
)
from tierline.domain.with_client_commands import (
    AnswerApproval,
    AnswerSurvey,
    AskApproval,
    Retype,
    WithClientCommand,
)

__all__ = [
    "AcceptOffer",
    "AcceptProposal",
    "AddChild",
    "AnswerApproval",
    "AnswerSurvey",
    "AskApproval",
    "Asker",
    "Attach",
    "CallProblem",
    "Claim",
    "Close",
    "CloseVendorCase",
    "Command",
    "Confirm",
    "CountIncident",
    "DeclareMajor",
    "DeclineOffer",
    "DeclineProposal",
    "DropChild",
    "EndUnder",
    "FlowReopening",
    "FlowResolution",
    "FlowUpdate",
    "GivePacket",
    "GiveWorkaround",
    "HandOver",
    "JoinMajor",
    "KeepClaim",
    "LeaveMajor",
    "LinkProblem",
    "MakePlan",
    "Move",
    "Note",
    "NoteAbsence",
    "Open",
    "OpenVendorCase",
    "Prioritise",
    "PutOnHold",
    "Recover",
    "RefusePlan",
    "Reject",
    "Rejected",
    "Release",
    "Reopen",
    "Resolve",
    "Resume",
    "Retype",
    "StateCause",
    "TellSolved",
    "Together",
    "UpdateVendorCase",
]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: for a person, the role that judges what they may decide."""

    actor: Actor
    role: Role = Role.TECHNICIAN

    @property
    def leads(self) -> bool:
        """Whether the asker may decide what is a lead's to decide."""
        return self.role in {Role.LEAD, Role.MANAGER}


@dataclass(frozen=True, slots=True)
class Open:
    """Open a ticket: from triage, the phone form or the API. `id` is the ticket's, drawn before.

    `facts` are what triage rules match on, `classified` what they made of them where that was done
    already; `accepted_at` (UTC) is where client clocks start.
    `approvers`: who at the client may approve what the agreement does not hold, in order.
    `mode` overrides the policy's where the client's record says so. `priority`, `group`: set by a
    person, else by rules. `actions`, `rca`: still to be done on the ticket that it carries on.
    `restricted`: to which group, else rules say.
    """

    id: int
    type: TicketType
    title: str
    client: str
    agreement: str
    accepted_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    classified: Classification | None = None
    body: str = ""
    site: str = ""
    host: str = ""
    service: str = ""
    category: str = ""
    source: str = ""
    problem_key: str = ""
    requester: Requester = field(default_factory=Requester)
    links: tuple[str, ...] = ()
    linked: tuple[int, ...] = ()
    impact: int | None = None
    urgency: int | None = None
    vip: bool = False
    record: str = "tierline"
    mode: Mode | None = None
    priority: Priority | None = None
    start: str = ""
    desk_owner: str = ""
    spoken_to: bool = False
    alert: str = ""
    actions: tuple[Action, ...] = ()
    rca: Rca | None = None
    approvers: tuple[Approver, ...] = ()
    bought: tuple[Bought, ...] = ()
    restricted: str = ""


@dataclass(frozen=True, slots=True)
class Attach:
    """A repeat joins. `stale`: older than the problem's last applied alert: changes nothing."""

    alert: str
    status: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Recover:
    """The condition has gone."""

    alert: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Take it. `owner` is the login of who takes it."""

    owner: str


@dataclass(frozen=True, slots=True)
class Release:
    """Give it back to the queue."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Write to colleagues, or to the requester."""

    text: str
    to_client: bool = False


@dataclass(frozen=True, slots=True)
class MakePlan:
    """Make or revise the plan: the next step and when (UTC).

    `despite`: why a P1 is promised into a freeze of the client.
    """

    next_step: str
    promised_at: datetime
    client_text: str = ""
    despite: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Up, down, sideways, skipping, to management: a group, or a tier whose group is chosen.

    With neither, the next step of the path.
    """

    reason: str
    to_tier: str = ""
    to_group: str = ""
    packet: str = ""
    handed: Packet | None = None


@dataclass(frozen=True, slots=True)
class AcceptProposal:
    """Do what time proposed in event `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class DeclineProposal:
    """Leave undone what time proposed in event `seq`."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class RefusePlan:
    """As the lead, or as somebody of the next tier: do not go along with the owner's plan."""

    reason: str


@dataclass(frozen=True, slots=True)
class GivePacket:
    """Say what was tried, the evidence and the ask, after the hand-over."""

    packet: Packet


@dataclass(frozen=True, slots=True)
class PutOnHold:
    """Pause: `asked` of whom (`of`); `chase_at`, `until` (UTC) where known.

    `ends_at`: of what is scheduled, until when (UTC) it is set aside; it starts at `until`.
    `despite`: why a P1 is scheduled into a freeze of the client.
    `record`: of what waits for a vendor, what the records say of them.
    """

    reason: HoldReason
    asked: str
    of: str = ""
    chase_at: datetime | None = None
    until: datetime | None = None
    ends_at: datetime | None = None
    despite: str = ""
    record: Vendor = UNKNOWN


@dataclass(frozen=True, slots=True)
class Resume:
    """End the pause."""

    because: str = ""


@dataclass(frozen=True, slots=True)
class Prioritise:
    """Change the priority: itself, or impact and urgency (1 worst to 3)."""

    reason: str
    priority: Priority | None = None
    impact: int | None = None
    urgency: int | None = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """Service is restored. `tier_below_could`: no, access, guide or training.

    `fault`: what had caused it, in words.
    """

    resolution: str
    tier_below_could: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Confirm:
    """The client agrees: close."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """The client disagrees: reopen."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reopen:
    """Work is owed again. `alert` where a firing alert brought it about."""

    reason: str
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """End it. `successor`: the ticket that carries on (0: none).

    Of a major incident: `open_under` is how many tickets are still worked under it now, `leaving`
    what becomes of them.
    """

    reason: str
    successor: int = 0
    leaving: str = ""
    open_under: int = 0


@dataclass(frozen=True, slots=True)
class MoveTerms:
    """Move its running promises and limits to the terms of the policy in force, and say why."""

    reason: str


Command = (
    Attach
    | Recover
    | Claim
    | AssignmentCommand
    | Release
    | Note
    | MakePlan
    | Move
    | AcceptProposal
    | DeclineProposal
    | RefusePlan
    | GivePacket
    | VendorCommand
    | PutOnHold
    | Resume
    | Prioritise
    | Resolve
    | Confirm
    | Reject
    | Reopen
    | Close
    | Together
    | MoveTerms
    | OversightCommand
    | WithClientCommand
    | RestrictionCommand
    | StormCommand
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a command was refused: a stable `code`, what to do, and where the ticket is now."""

    code: str
    reason: str
    place: Mapping[str, Any] = field(default_factory=dict)
