"""Tickets, in a row and whole."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from router.responses.base import Shown
from router.responses.oversight import Action, Attention, PlanOwed, RcaStanding
from tierline.domain.terms import (
    Answer,
    ClockName,
    HoldReason,
    Mode,
    Priority,
    Score,
    State,
    TicketType,
)

Seconds = Annotated[float, Field(description="Seconds.")]


class Promise(Shown):
    """The running clock that is used up first."""

    clock: ClockName
    due: datetime
    breached: bool


class TicketRow(Shown):
    """A ticket in a list."""

    number: int
    seq: int
    type: TicketType
    title: str
    client: str
    state: State
    priority: Priority
    tier: str
    group: str
    owner: str
    desk_owner: str
    category: str
    host: str
    opened_at: datetime
    alerts: int
    promise: Promise | None
    internal: Promise | None
    plan_promised_at: datetime | None
    held_for: str
    under: Annotated[int, Field(description="The major incident it is worked under; 0: none.")]
    leads: Annotated[
        int | None, Field(description="Of a major incident: how many are worked under it.")
    ]
    offered_to: Annotated[str, Field(description="Who is asked to take it; empty: nobody.")]
    offered_until: datetime | None
    claim_ended: Annotated[
        str, Field(description="Why it is back in the queue: `end of shift`, `absence`; or empty.")
    ]
    next_due_at: datetime | None
    management: bool
    action_due: datetime | None
    restricted: Annotated[
        str, Field(description="The group that alone may see it; empty: it is not restricted.")
    ]


class Clock(Shown):
    """One measured promise."""

    name: ClockName
    cycle: int
    target_s: int
    used_s: Seconds
    due: datetime | None
    running: bool
    stopped_by: str
    started_at: datetime
    met_at: datetime | None
    breached_at: datetime | None
    thresholds: list[float]
    fired: list[float]
    to_client: bool


class Plan(Shown):
    """The plan to resolution."""

    next_step: str
    promised_at: datetime
    made_by: str
    made_at: datetime
    revisions: int
    slips: int
    grace_until: datetime | None
    late: bool


class Hold(Shown):
    """The pause."""

    reason: HoldReason
    since: datetime
    asked: str
    of: str
    next_chase: datetime
    chases: int
    until: datetime | None


class Approval(Shown):
    """The last question to an approver; `answer` null while it is open or was withdrawn.

    `amount`: minor units of `currency`, an hour where `per_hour`; `price` is the same in words.
    """

    id: int
    approver: str
    email: str
    asked: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    amount: int | None
    per_hour: bool
    currency: str
    price: str
    answer: Answer | None
    answered_at: datetime | None
    word: str
    evidence: str


class Booking(Shown):
    """When it is to be worked on, as agreed; `end` null: as long as it takes."""

    start: datetime
    end: datetime | None


class Proposal(Shown):
    """A move that time asks for; accepted or declined by naming `seq`.

    `choice`: why it is the leads' to choose; they are asked one higher at `decide_by`.
    """

    seq: int
    to_tier: str
    to_group: str
    reason: str
    choice: str
    decide_by: datetime | None


class VendorCase(Shown):
    """Our case with a vendor."""

    vendor: str
    reference: str
    contact: str
    asked: str
    since: datetime
    next_chase: datetime
    promised_at: datetime | None
    chases: int


class Packet(Shown):
    """What the next tier needs to go on."""

    tried: str
    evidence: str
    ask: str


class Page(Shown):
    """Who was paged last, on which rung of the ladder, and when the next one's turn comes."""

    to: str
    rung: int
    round: int
    next_at: datetime


class Offer(Shown):
    """Who is asked to take it, until when; or when the next round of offers begins.

    `tried`: who was asked before in this round.
    """

    to: str
    until: datetime | None
    tried: list[str]
    again_at: datetime | None
    lead_told: bool


class ClaimEnd(Shown):
    """When the claim ends by itself, because of the owner's `shift` or since they are `away`.

    `back`: it is only looked at then. `kept`: the owner keeps it beyond.
    """

    at: datetime
    because: str
    told: bool
    kept: bool
    stand_in: str


class Survey(Shown):
    """How the requester says it was; `score` null: asked, and not answered."""

    id: int
    asked_at: datetime
    score: Score | None
    word: str
    answered_at: datetime | None
    contradicts: bool


class Requester(Shown):
    """Who asked."""

    name: str
    email: str


class Leftover(Shown):
    """A ticket that a major incident's resolution did not help."""

    ticket: int
    because: str


class Major(Shown):
    """A major incident: what is worked under it, and what it did not help."""

    since: datetime
    children: list[int]
    leftovers: list[Leftover]


class Finding(Shown):
    """What is known of a problem, and the tickets it is behind."""

    cause: str
    workaround: str
    known_error: bool
    tickets: list[int]
    count: int
    last_at: datetime | None


class Ticket(TicketRow):
    """The whole of a ticket."""

    body: str
    site: str
    service: str
    source: str
    links: list[str]
    linked: list[int]
    requester: Requester
    mode: Mode
    agreement: str
    path: str
    record: str
    impact: int
    urgency: int
    vip: bool
    clocks: list[Clock]
    clocks_wait: bool
    covered: bool
    called_out: datetime | None
    plan: Plan | None
    hold: Hold | None
    approval: Approval | None
    booking: Booking | None
    proposal: Proposal | None
    vendor: VendorCase | None
    packet: Packet | None
    packet_due: datetime | None
    assistant: str
    assist_until: datetime | None
    expected_at: datetime | None
    delayed_until: datetime | None
    owed_at: datetime | None
    page: Page | None
    offer: Offer | None
    claim_end: ClaimEnd | None
    helper: str
    trail: list[str]
    bounces: int
    reopened: int
    claimed_at: datetime | None
    restored_at: datetime | None
    resolution: str
    resolved_at: datetime | None
    resolved_by: str
    self_healed: bool
    survey: Survey | None
    closed_at: datetime | None
    review_at: datetime | None
    under_since: datetime | None
    major: Major | None
    problem: int
    finding: Finding | None
    fired: int
    attention: Attention | None
    called: list[str]
    watch: dict[str, datetime]
    plan_owed: PlanOwed | None
    complexity: str
    joined: list[str]
    actions: list[Action]
    rca: RcaStanding | None
    notices: dict[str, int]
    allowed: list[str]


class TicketPage(Shown):
    """A page of tickets."""

    items: list[TicketRow]
    next_cursor: str | None
