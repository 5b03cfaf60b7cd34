"""From notices to messages: who is reached how, and what goes together. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from notifier.channels.mail import usable_address
from notifier.content import FEED
from notifier.directory import NO_ADDRESS, Directory
from notifier.fallback import Destination, fallback_for
from notifier.keys import new_key
from notifier.letter import CLIENT, TEAM
from notifier.parcel import CHAT, MAIL, WEBHOOK
from tierline.domain.policy import Policy
from tierline.domain.tell import Notice
from tierline.domain.terms import Mode, Reach
from tierline.messages.events import TicketMessage, event_name

PENDING = "pending"
FAILED = "failed"
HELD = "held"
SUPPRESSED = "suppressed"
DISABLED = "subscription disabled"
"""How a reason begins where a message waits for its subscription to be resumed."""


Key = tuple[int, int, str, str]
"""What a notice is the only one of: ticket, seq, kind, recipient."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice with what is decided about it: the row to be written."""

    message: TicketMessage
    notice: Notice
    state: str
    reason: str = ""
    channel: str = ""
    address: str = ""
    audience: str = TEAM

    @property
    def key(self) -> Key:
        """What makes it the notice it is."""
        event = self.message.event
        return (event.ticket, event.seq, self.notice.kind, self.notice.recipient)

    @property
    def group_key(self) -> tuple[object, ...]:
        """Notices with the same key go out as one message; a feed's events one by one."""
        ticket = self.message.event.ticket
        alone = self.message.event.seq if self.audience == FEED else 0
        return (ticket, self.channel, self.address, self.audience, self.state, alone)


@dataclass(slots=True)
class Draft:
    """A message to be written; `notices` are of one ticket.

    `id`: until it is drawn from the database, its place among the drafts, from 1. `turn`: see
    notifier.turns.
    """

    id: int
    channel: str
    address: str
    audience: str
    state: str
    reason: str
    notices: list[Told] = field(default_factory=list)
    stands_in_for: int = 0
    preamble: str = ""
    key: str = field(default_factory=new_key)
    turn: str = ""

    @property
    def ticket(self) -> int:
        """The ticket all its notices are of."""
        return self.notices[0].message.event.ticket

    @property
    def traceparent(self) -> str:
        """The trace of the first thing it tells."""
        return self.notices[0].message.traceparent

    @property
    def seq(self) -> int:
        """The first event it tells of."""
        return self.notices[0].message.event.seq

    @property
    def client(self) -> str:
        """Whose ticket it was at the first of its events."""
        return self.notices[0].message.ticket.client

    @property
    def restricted(self) -> bool:
        """Whether its ticket was restricted at the last of its events."""
        return bool(self.notices[-1].message.ticket.restricted)

    @property
    def line(self) -> str:
        """Messages of one line go one after the other: a subscription's, of one ticket."""
        return f"{self.address}/{self.ticket}" if self.audience == FEED else ""


Judge = Callable[..., list[Notice]]


def judge_all(
    messages: Sequence[TicketMessage], policy: Policy, directory: Directory, judge: Judge
) -> list[Told]:
    """Every notice of every message, those deliberately not told included, in order."""
    found: dict[tuple[int, int, str, str], Told] = {}
    for message in messages:
        event, ticket = message.event, message.ticket
        names = directory.subscribers(event_name(event), ticket)
        for notice in judge(event, ticket, policy, names):
            key = (event.ticket, event.seq, notice.kind, notice.recipient)
            found.setdefault(key, _decide(message, notice, directory))
    return list(found.values())


def _decide(message: TicketMessage, notice: Notice, directory: Directory) -> Told:
    if notice.suppressed:
        return Told(message, notice, SUPPRESSED, notice.suppressed)
    if message.ticket.mode == Mode.WATCH:
        return Told(message, notice, SUPPRESSED, "mode watch: no message leaves the console")
    if notice.kind == "subscription":
        return _to_subscription(message, notice, directory)
    if notice.reach is Reach.DIGEST:
        return Told(message, notice, HELD, "digest")
    if notice.kind == "room":
        return _to_room(message, notice, directory)
    if notice.kind == "requester":
        address = notice.recipient if usable_address(notice.recipient) else ""
        return _to_mail(message, notice, address, CLIENT)
    return _to_mail(message, notice, directory.mail_of(notice.recipient), TEAM)


def _to_mail(message: TicketMessage, notice: Notice, address: str, audience: str) -> Told:
    state, reason = (PENDING, "") if address else (FAILED, NO_ADDRESS)
    return Told(message, notice, state, reason, MAIL, address, audience)


def _to_room(message: TicketMessage, notice: Notice, directory: Directory) -> Told:
    room = directory.rooms.get(notice.recipient)
    if room is not None and not room.url:
        return Told(message, notice, SUPPRESSED, "the room has no chat address")
    state, reason = (PENDING, "") if directory.room(notice.recipient) else (FAILED, NO_ADDRESS)
    return Told(message, notice, state, reason, CHAT, notice.recipient)


def _to_subscription(message: TicketMessage, notice: Notice, directory: Directory) -> Told:
    known = directory.subscriptions.get(notice.recipient)
    if known is None:
        return Told(message, notice, SUPPRESSED, "the subscription is gone")
    # A disabled one too: what we know may be seconds old, so that is judged when it is sent.
    return Told(message, notice, PENDING, "", WEBHOOK, notice.recipient, FEED)


def gather(told: Iterable[Told], draw: Callable[[], int]) -> list[Draft]:
    """Messages for those of `told` that have a channel: one each address, ticket and audience.

    Args:
        told: in order of ticket and seq.
        draw: gives the next id, ascending.
    """
    drafts: dict[tuple[object, ...], Draft] = {}
    for one in told:
        if not one.channel:
            continue
        draft = drafts.get(one.group_key)
        if draft is None:
            draft = Draft(draw(), one.channel, one.address, one.audience, one.state, one.reason)
            drafts[one.group_key] = draft
        draft.notices.append(one)
    return list(drafts.values())


def stand_ins(
    drafts: Sequence[Draft], policy: Policy, directory: Directory, draw: Callable[[], int]
) -> list[Draft]:
    """For each draft that has nowhere to go, the message that goes another way (if one exists)."""
    made: list[Draft] = []
    for draft in drafts:
        if draft.state != FAILED or draft.audience == FEED:
            continue
        ticket = draft.notices[-1].message.ticket
        other = fallback_for(
            draft.channel,
            draft.address,
            ticket.group,
            policy,
            directory,
            restricted=draft.restricted,
        )
        if other is None:
            continue
        made.append(_stand_in(draft, other, draw()))
    return made


def _stand_in(draft: Draft, other: Destination, identity: int) -> Draft:
    names = sorted({one.notice.recipient for one in draft.notices})
    return Draft(
        id=identity,
        channel=other.channel,
        address=other.address,
        audience=TEAM,
        state=PENDING,
        reason="",
        notices=draft.notices,
        stands_in_for=draft.id,
        preamble=preamble(", ".join(names), draft.reason),
    )


def preamble(recipient: str, reason: str) -> str:
    """What a message that stands in says first."""
    return f"Sent here because {recipient} could not be told: {reason}."
