"""What callers may send: one body a command, each field bounded, unknown fields refused."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from router.limits import EVENTS_PAGE, JUMP_S_MAX, PAGE, PAGE_MAX, RECORDED_MAX
from router.queries.cursors import CURSOR_MAX
from tierline.domain.terms import ClockName, HoldReason, Priority, State, TicketType
from tierline.domain.ticket import Packet
from tierline.web.bodies import Line, LongText, Reason, Strict
from tierline.web.limits import IDEMPOTENCY_KEY_MAX


def _as_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_as_utc)]
"""An RFC 3339 instant with its offset, taken as UTC."""

Third = Annotated[int, Field(ge=1, le=3, strict=True)]
"""Impact or urgency: 1 is the worst, 3 the least."""

Several = Annotated[list[Line], Field(max_length=50)]
"""A query parameter that may be repeated: any of them."""

Cursor = Annotated[str, Field(max_length=CURSOR_MAX)]
PageSize = Annotated[int, Field(ge=1, le=PAGE_MAX)]


class Login(Strict):
    """A login and its password."""

    login: Annotated[Line, Field(min_length=1)]
    password: Annotated[str, Field(min_length=1, max_length=1_000)]


class TicketQuery(Strict):
    """What a list of tickets is narrowed to."""

    state: list[State] = Field(default_factory=list)
    tier: Several = Field(default_factory=list)
    group: Several = Field(default_factory=list)
    owner: Annotated[
        Several, Field(description="A login; `me`; `none` for what nobody has claimed.")
    ] = Field(default_factory=list)
    client: Several = Field(default_factory=list)
    priority: list[Priority] = Field(default_factory=list)
    type: list[TicketType] = Field(default_factory=list)
    q: Annotated[Line, Field(description="A part of the title, or a number.")] = ""
    sort: Literal["promise", "opened", "priority", "number"] = "promise"
    limit: PageSize = PAGE
    cursor: Cursor = ""


class EventQuery(Strict):
    """Which part of a timeline."""

    after: Annotated[int, Field(ge=0, le=2**31 - 1, description="Only events above this seq.")] = 0
    limit: PageSize = EVENTS_PAGE


class DueQuery(Strict):
    """Which clocks."""

    clock: Annotated[
        list[ClockName], Field(description="Only these clocks; by default all of them.")
    ] = Field(default_factory=list)


class WhyQuery(Strict):
    """What is asked; without anything: why it is where it is."""

    seq: Annotated[
        int | None, Field(ge=1, le=2**31 - 1, description="Why did this event happen?")
    ] = None
    not_told: Annotated[
        Line,
        Field(description="Why was this person, room, address or role not told?"),
    ] = ""
    about: Annotated[
        Line, Field(description="Only of events of this type or occasion; with `not_told`.")
    ] = ""
    still: Annotated[Line, Field(description="Why is it still in this tier?")] = ""

    @model_validator(mode="after")
    def _one_question(self) -> "WhyQuery":
        if sum((self.seq is not None, bool(self.not_told), bool(self.still))) > 1:
            raise ValueError("ask one thing: seq, not_told or still")
        if self.about and not self.not_told:
            raise ValueError("about goes with not_told")
        return self


class NoticeQuery(Strict):
    """Which notices."""

    state: list[Literal["pending", "delivered", "failed", "superseded", "held", "suppressed"]] = (
        Field(default_factory=list)
    )
    limit: PageSize = PAGE
    cursor: Cursor = ""


class ActionQuery(Strict):
    """Which open actions."""

    owner: Annotated[Line, Field(min_length=1, description="A login; `me`; `all`.")] = "me"
    client: Line = ""
    overdue: Annotated[bool, Field(description="Only those whose date has passed.")] = False
    limit: PageSize = PAGE
    cursor: Cursor = ""


class PageQuery(Strict):
    """Which part of a plain list."""

    limit: PageSize = PAGE
    cursor: Cursor = ""


class RequesterBody(Strict):
    """Who asks."""

    name: Line = ""
    email: Annotated[
        Line, Field(pattern=r"^$|^[^@\s<>]+@[^@\s<>]+$", description="An e-mail address.")
    ] = ""


class OpenBody(Strict):
    """A call, a mail, a walk-in: a new ticket."""

    type: Literal["incident", "request", "problem"]
    title: Annotated[Line, Field(min_length=1)]
    client: Annotated[Line, Field(min_length=1)]
    body: LongText = ""
    requester: RequesterBody = RequesterBody()
    site: Line = ""
    host: Line = ""
    service: Line = ""
    category: Line = ""
    impact: Third | None = None
    urgency: Third | None = None
    priority: Priority | None = None
    start: Annotated[Line, Field(description="A group or a tier; without it, rules decide.")] = ""
    spoken_to: Annotated[
        bool, Field(description="The requester was spoken to: the response promise is met.")
    ] = False


class ClaimBody(Strict):
    """Take it. A lead may name who does."""

    owner: Line | None = None


class NothingBody(Strict):
    """There is nothing more to say."""


class DeclineOfferBody(Strict):
    """Do not take it; why not, if it is worth saying."""

    reason: Reason = ""


class HandOverBody(Strict):
    """To whom: a login."""

    to: Annotated[Line, Field(min_length=1)]
    reason: Reason = ""


class ReleaseBody(Strict):
    """Give it back to the queue."""

    reason: Reason = ""


class NoteBody(Strict):
    """Write to colleagues, or to the requester."""

    text: LongText
    to_client: bool = False


class PlanBody(Strict):
    """The next step and when it will be done."""

    next_step: Reason
    promised_at: Instant
    client_text: Reason = ""
    despite: Annotated[
        Reason, Field(description="Why a P1 is promised into a freeze of the client.")
    ] = ""


class PacketBody(Strict):
    """What the next tier needs to go on."""

    tried: LongText
    ask: LongText
    evidence: LongText = ""

    @property
    def packet(self) -> Packet:
        """The same in the domain's words."""
        return Packet(self.tried, self.evidence, self.ask)


class MoveBody(Strict):
    """To a group, to a tier, or, with neither, to the next step of the path."""

    reason: Reason
    to_tier: Line = ""
    to_group: Line = ""
    packet: LongText = ""
    tried: Annotated[LongText, Field(description="On the way up: what was tried.")] = ""
    evidence: LongText = ""
    ask: Annotated[LongText, Field(description="On the way up: what the next tier is to do.")] = ""

    @property
    def handed(self) -> Packet | None:
        """What the next tier gets to know; None where nothing of it is said."""
        packet = Packet(self.tried, self.evidence, self.ask)
        return packet if packet != Packet() else None


class DeclineBody(Strict):
    """Leave undone what was proposed in event `seq`, and say why."""

    seq: Annotated[int, Field(ge=1, le=2**31 - 1)]
    reason: Reason


class AcceptBody(Strict):
    """Do what was proposed in event `seq`."""

    seq: Annotated[int, Field(ge=1, le=2**31 - 1)]


class VendorBody(Strict):
    """Ask a vendor: our case with them, managed to closure."""

    vendor: Annotated[Line, Field(min_length=1)]
    asked: Reason
    reference: Annotated[Line, Field(description="Their number for it.")] = ""
    contact: Line = ""
    promised_at: Instant | None = None
    chase_at: Instant | None = None


class VendorNewsBody(Strict):
    """What the vendor said; what is left out stays as it was."""

    news: Reason
    reference: Line = ""
    contact: Line = ""
    promised_at: Instant | None = None
    chase_at: Instant | None = None


class VendorOutcomeBody(Strict):
    """The vendor is done, or is given up."""

    outcome: Reason


class HoldBody(Strict):
    """Pause: what was asked, of whom, when to chase, when it ends by itself."""

    reason: HoldReason
    asked: Reason
    of: Line = ""
    chase_at: Instant | None = None
    until: Annotated[
        Instant | None, Field(description="When it ends by itself; of what is scheduled: starts.")
    ] = None
    ends_at: Annotated[
        Instant | None, Field(description="Of what is scheduled: until when it is set aside.")
    ] = None
    despite: Annotated[
        Reason, Field(description="Why a P1 is scheduled into a freeze of the client.")
    ] = ""


class ResumeBody(Strict):
    """Go on."""

    because: Reason = ""


class PriorityBody(Strict):
    """A priority, or impact and urgency it follows from; `preview` only shows the new dues."""

    reason: Reason
    priority: Priority | None = None
    impact: Third | None = None
    urgency: Third | None = None
    preview: bool = False


class ResolveBody(Strict):
    """Service is restored. Could the tier below have done it?"""

    resolution: LongText
    fault: Annotated[Reason, Field(description="What had caused it.")] = ""
    tier_below_could: Literal["", "no", "access", "guide", "training"] = ""


class ConfirmBody(Strict):
    """The client agrees."""

    note: Reason = ""


class RetypeBody(Strict):
    """It is work of another kind."""

    to: Literal["incident", "request"]
    reason: Reason


class ReasonBody(Strict):
    """Why."""

    reason: Reason


class ClockBody(Strict):
    """One of: a speed, a jump forward in seconds, held or running."""

    speed: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None
    jump_s: Annotated[float, Field(gt=0, le=JUMP_S_MAX, allow_inf_nan=False)] | None = None
    held: bool | None = None


class RecordedCommand(Strict):
    """One command of a recorded log: what was asked of which case, by whom, at what instant."""

    key: Annotated[
        str,
        Field(
            min_length=1,
            max_length=IDEMPOTENCY_KEY_MAX,
            pattern=r"^[^\x00-\x1f]+$",
            description="Of this command and no other; sent again it gets its first answer.",
        ),
    ]
    case: Annotated[Line, Field(min_length=1, description="The incident, as the log names it.")]
    at: Annotated[Instant, Field(description="`now` for its ticket.")]
    verb: Annotated[
        Line,
        Field(description="`open`, or a command as in the address `/v1/tickets/{number}/{verb}`."),
    ]
    by: Annotated[Line, Field(description="The login of who did it; empty: nobody known.")] = ""
    fields: Annotated[
        dict[str, Any], Field(description="The body of that command, as its own address takes it.")
    ] = Field(default_factory=dict)


class RecordedBody(Strict):
    """Commands of a recorded log; those of one case stand in their order."""

    commands: Annotated[list[RecordedCommand], Field(min_length=1, max_length=RECORDED_MAX)]

    @model_validator(mode="after")
    def _each_key_once(self) -> "RecordedBody":
        if len({command.key for command in self.commands}) < len(self.commands):
            raise ValueError("two commands have the same key")
        return self


class ReplayTimeBody(Strict):
    """How far time may pass: the earliest instant that is not recorded yet."""

    to: Instant
