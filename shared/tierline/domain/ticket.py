"""A ticket's state: a value that is only ever made by folding events (`evolve`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tierline.domain.action import Action
from tierline.domain.amend import quick
from tierline.domain.approval import Approval
from tierline.domain.attention import Attention, PlanOwed
from tierline.domain.booking import Booking
from tierline.domain.clock import Clock
from tierline.domain.policy import Duration
from tierline.domain.rca import Rca
from tierline.domain.surveys import Survey
from tierline.domain.terms import ClockName, HoldReason, Mode, Priority, State, TicketType


@dataclass(frozen=True, slots=True)
class Plan:
    """A defined plan to resolution. `text` is internal; `promised_at` is what the owner promised.

    `slips`: promises of this plan that ran out. `grace_until`: while set, the owner may revise.
    """

    next_step: str
    promised_at: datetime
    made_by: str
    made_at: datetime
    revisions: int = 0
    slips: int = 0
    grace_until: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """A pause: why, since when, what was asked of whom, when to chase, when it ends by itself.

    `late`: it was opened in the last tenth of a clock that it stopped. `first_since`: where only
    the reason of a longer pause changed, when that pause began. `resold`: it waits for a vendor
    whose wares we sell, so that it stops no promise to the client.
    """

    reason: HoldReason
    since: datetime
    asked: str
    of: str
    next_chase: datetime
    chases: int = 0
    until: datetime | None = None
    late: bool = False
    first_since: datetime | None = None
    resold: bool = False

    @property
    def began(self) -> datetime:
        """When the whole pause began (UTC): before its reason changed, if it did."""
        return self.first_since or self.since


@dataclass(frozen=True, slots=True)
class VendorCase:
    """Our case with a vendor, managed to closure. Instants are UTC.

    `reference`: their number for it. `promised_at`: what they promised, if they did. `next_chase`:
    when its owner is reminded to ask them again; `chases`: how often that was. `chase`: how long
    they may be silent, where their record said so when the case was opened.
    """

    vendor: str
    reference: str
    contact: str
    asked: str
    since: datetime
    next_chase: datetime
    promised_at: datetime | None = None
    chases: int = 0
    chase: Duration | None = None


@dataclass(frozen=True, slots=True)
class TierUse:
    """What a tier's clock has used over all visits, and which thresholds it has told."""

    carried_us: int
    fired: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move that time asks for and leaves to people; accepted or declined by naming `seq`.

    Either the mode does not let it act, or there is a `choice` to make (why); who must make it is
    asked again, one higher, at `decide_by` (UTC). `storm`: the number of the storm it is part of
    (0: none, or not known yet); then what the policy says happens at `decide_by`.
    """

    seq: int
    to_tier: str
    to_group: str
    reason: str
    choice: str = ""
    decide_by: datetime | None = None
    storm: int = 0


STORM: Final = "storm"
"""The choice about a limit that ran out with too many others of its group: made once for all."""


@dataclass(frozen=True, slots=True)
class FirstOfStorm:
    """It is the first ticket of a storm: when (UTC) the leads are told of all of them."""

    storm: int
    tell_at: datetime


@dataclass(frozen=True, slots=True)
class Packet:
    """What the next tier needs to go on: what was tried, what was seen, what is asked of it."""

    tried: str = ""
    evidence: str = ""
    ask: str = ""

    @property
    def complete(self) -> bool:
        """Whether what was tried and what is asked are both said."""
        return bool(self.tried.strip() and self.ask.strip())


@dataclass(frozen=True, slots=True)
class Page:
    """Somebody is being woken: the last one paged, and when (UTC) the next rung's turn comes."""

    to: str
    rung: int
    round: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """Whose turn it is to take the ticket: `to`, until `until` (UTC); with neither, nobody's now.

    `tried`: who was asked before in this round. `again_at`: when the next round begins (UTC; None:
    it only waits to be claimed). `lead_told`: whether its lead knows that nobody could be asked.
    """

    to: str = ""
    until: datetime | None = None
    tried: tuple[str, ...] = ()
    again_at: datetime | None = None
    lead_told: bool = False


@dataclass(frozen=True, slots=True)
class ClaimEnd:
    """When a claim ends by itself (UTC), and why: `shift`, `away`; or `back`, to be looked at.

    `told`: the owner was told that it is near. `kept`: they chose to keep the ticket. `stand_in`:
    who takes over from somebody who is away.
    """

    at: datetime
    because: str
    told: bool = False
    kept: bool = False
    stand_in: str = ""


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked, where Tierline may tell them. Empty for an alert that nobody reported."""

    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Under:
    """Which major incident a ticket is worked under, and since when (UTC).

    `resolved`: the resolution of that one was its own.
    """

    parent: int
    since: datetime
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """A ticket under a major incident, and the seq of the event that says so."""

    ticket: int
    seq: int


@dataclass(frozen=True, slots=True)
class Leftover:
    """A ticket that the resolution of a major incident did not help, and why."""

    ticket: int
    because: str


@dataclass(frozen=True, slots=True)
class Major:
    """A major incident: since when (UTC), what is worked under it, and what it did not help."""

    since: datetime
    children: tuple[Child, ...] = ()
    leftovers: tuple[Leftover, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The tickets under it, in the order they joined."""
        return tuple(child.ticket for child in self.children)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of a problem.

    `tickets`: those that it is behind, in the order they were linked; the oldest are left out of a
    long list. `count`: how many there ever were; `last_at`: when (UTC) the last one was linked.
    """

    cause: str = ""
    workaround: str = ""
    tickets: tuple[int, ...] = ()
    count: int = 0
    last_at: datetime | None = None

    @property
    def known_error(self) -> bool:
        """Whether both its cause and a workaround are known."""
        return bool(self.cause and self.workaround)


ACTIVE = frozenset({State.QUEUED, State.WORKING, State.ON_HOLD})
"""States in which work is still owed."""


@quick
@dataclass(frozen=True)  # without slots: see `amend`
class Ticket:
    """The whole state of one ticket after its event number `seq`.

    All instants are UTC policy time. `stay` counts visits to groups; `cycle` counts openings (1 at
    first, one more a reopening). `claimed_at` is the first claim of the stay. `last_at` is the
    instant its last event counts for; `recorded_at` is when that was recorded, below which `now`
    never falls. `held_us`: microseconds of pauses that are over. `owed_at`: from when on a tier's
    limit that ran out and moved nothing moves it, once its tier clock runs. `problem`: the ticket
    of the problem behind it; `refired`: how often its alert came back after a resolution.
    `watch`: when each trigger for management comes true; `called`: those that did in this cycle.
    `joined`: people a lead has put beside the owner. `claim_ended`: why nobody has it any more
    although somebody had claimed it; empty where that is not so.
    `clocks_wait`: our promises begin with the hand-over to us. `approval`: the last question to an
    approver. `booking`: when it is to be worked on, as agreed. `covered`: by the agreement;
    `called_out`: since when it is worked on outside the hours of cover, as approved. `restricted`:
    the group that it is restricted to (`seeing`); empty: it is not.
    """

    id: int
    seq: int
    type: TicketType
    title: str
    client: str
    agreement: str
    path: str
    mode: Mode
    state: State
    priority: Priority
    opened_at: datetime
    last_at: datetime
    recorded_at: datetime
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
    impact: int = 2
    urgency: int = 2
    vip: bool = False
    record: str = "tierline"
    tier: str = ""
    group: str = ""
    owner: str = ""
    desk_owner: str = ""
    helper: str = ""
    stay: int = 0
    cycle: int = 1
    bounces: int = 0
    reopened: int = 0
    alerts: int = 0
    plan: Plan | None = None
    hold: Hold | None = None
    approval: Approval | None = None
    booking: Booking | None = None
    proposal: Proposal | None = None
    storm: FirstOfStorm | None = None
    vendor: VendorCase | None = None
    packet: Packet | None = None
    packet_due: datetime | None = None
    assistant: str = ""
    assist_until: datetime | None = None
    owed_at: datetime | None = None
    page: Page | None = None
    expected_at: datetime | None = None
    delayed_until: datetime | None = None
    offer: Offer | None = None
    claim_end: ClaimEnd | None = None
    claim_ended: str = ""
    clocks: Mapping[ClockName, Clock] = field(default_factory=dict)
    clocks_wait: bool = False
    covered: bool = True
    called_out: datetime | None = None
    held_us: int = 0
    tier_used: Mapping[str, TierUse] = field(default_factory=dict)
    topped_up: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    bounced: tuple[str, ...] = ()
    sideways: int = 0
    claimed_at: datetime | None = None
    touched: bool = False
    restored_at: datetime | None = None
    quiet_until: datetime | None = None
    review_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    resolution: str = ""
    self_healed: bool = False
    survey: Survey | None = None
    closed_at: datetime | None = None
    under: Under | None = None
    major: Major | None = None
    problem: int = 0
    finding: Finding | None = None
    refired: int = 0
    reopened_at: datetime | None = None
    watch: Mapping[str, datetime] = field(default_factory=dict)
    called: tuple[str, ...] = ()
    attention: Attention | None = None
    plan_owed: PlanOwed | None = None
    complexity: str = ""
    joined: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    rca: Rca | None = None
    restricted: str = ""

    @property
    def open(self) -> bool:
        """Open means not closed."""
        return self.state is not State.CLOSED

    @property
    def active(self) -> bool:
        """Whether work is still owed: queued, working or on hold."""
        return self.state in ACTIVE

    @property
    def unclaimed(self) -> bool:
        """Whether it waits in a queue for somebody."""
        return self.state is State.QUEUED and not self.owner

    @property
    def wants_owner(self) -> bool:
        """Whether somebody should take it: not what others work on, or what may mend itself."""
        return self.unclaimed and self.under is None and self.delayed_until is None

    @property
    def offered_to(self) -> str:
        """Who is asked to take it now; empty: nobody."""
        return self.offer.to if self.offer else ""

    @property
    def open_approval(self) -> Approval | None:
        """The question that an approver has yet to answer, if it waits for one."""
        waits = self.hold is not None and self.hold.reason is HoldReason.APPROVAL
        asked = self.approval if waits else None
        return None if asked is None or asked.answer is not None else asked

    @property
    def escalated(self) -> bool:
        """Whether it has ever been with more than one group."""
        return len(self.trail) > 1
