"""From a claimed message to what is sent, or why it is not sent any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
import msgspec
import structlog

from notifier.claim import Claim
from notifier.content import FEED, Content, decode_content
from notifier.directory import Directory, Subscription, read_subscriptions
from notifier.drafts import DISABLED
from notifier.letter import CLIENT, TEAM, Occasion, compose
from notifier.letters.document import decode_document
from notifier.letters.laid_out import lay_out
from notifier.letters.store import read_documents
from notifier.links import Answers, Links
from notifier.outcome import Failed, Superseded, Verdict
from notifier.parcel import CHAT, Parcel
from tierline.domain.audience import OURS_ALONE_TO_ASK, SURVEY
from tierline.domain.snapshot import Snapshot, snapshot
from tierline.domain.tell import kept_from_rooms, still_wanted
from tierline.domain.terms import Reach
from tierline.domain.ticket import Ticket
from tierline.messages.events import decode_event
from tierline.messages.state import decode_ticket

log = structlog.get_logger(__name__)

Connection: TypeAlias = "asyncpg.Connection[Any]"
EventId = tuple[int, int]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A stored notice, as far as sending needs it; `reach` as it is stored."""

    id: int
    ticket: int
    seq: int
    kind: str
    recipient: str
    occasion: str
    reach: str
    why: str
    state: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A notice nobody needs any more, and why."""

    notice: int
    reason: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claim with its parcel, or with the verdict that makes sending needless.

    `dropped`: notices of it that are superseded while others are not. `group`: the ticket's group
    now, for a fallback; `restricted`: whether the ticket is, now; `client`: whose it is, for logs.
    """

    claim: Claim
    content: Content
    parcel: Parcel | None
    verdict: Verdict | None = None
    dropped: tuple[Dropped, ...] = ()
    group: str = ""
    restricted: bool = False
    client: str = ""


@dataclass(frozen=True, slots=True)
class Wall:
    """Whose ticket it was at an event, and whether it is restricted now."""

    client: str
    restricted: bool

    def lets(self, subscription: Subscription) -> bool:
        """Whether the event is for `subscription`."""
        return subscription.may_see(self.client, restricted=self.restricted)


@dataclass(frozen=True, slots=True)
class Known:
    """What one read brought for a batch of claims.

    As it is stored, so that what cannot be decoded fails its own message and no other.

    Attributes:
        notices: by message.
        events: their bodies.
        walls: what stands before each event.
        tickets: their documents.
        subscriptions: by name, as they were when this was read.
    """

    notices: Mapping[int, Sequence[NoticeRow]]
    events: Mapping[EventId, bytes]
    walls: Mapping[EventId, Wall]
    tickets: Mapping[int, str]
    subscriptions: Mapping[str, Subscription]


async def prepare(
    connection: Connection, claims: Sequence[Claim], directory: Directory, links: Links
) -> list[Prepared]:
    """Make every claim ready to be sent: at most five statements whatever the size of the batch.

    Args:
        connection: outside a transaction.
        claims: just taken.
        directory: rooms; subscriptions are read afresh, so that a disabled one gets nothing.
        links: addresses of the pages.
    """
    contents = {claim.id: _content(claim) for claim in claims}
    of_tickets = [c for c in contents.values() if c is not None and not c.letter]
    known = await _read(connection, of_tickets)
    letters = {c.letter for c in contents.values() if c is not None and c.letter}
    documents = await read_documents(connection, letters)
    ready: list[Prepared] = []
    for claim in claims:
        content = contents[claim.id]
        if content is None:
            nothing = Content(ticket=0, audience=TEAM, seq=0)
            ready.append(Prepared(claim, nothing, None, Failed("its content cannot be read")))
        elif content.audience == FEED:
            ready.append(prepare_feed(claim, content, known))
        elif content.letter:
            ready.append(_page(claim, content, documents.get(content.letter), links))
        else:
            ready.append(_worded(claim, content, known, directory, links))
    return ready


def _content(claim: Claim) -> Content | None:
    try:
        content = decode_content(claim.content)
    except msgspec.MsgspecError:
        return None
    return content if content.notices_of else msgspec.structs.replace(content, notices_of=claim.id)


async def _read(connection: Connection, contents: Sequence[Content]) -> Known:
    letters = [c for c in contents if c.audience != FEED]
    feeds = [c for c in contents if c.audience == FEED]
    notices: dict[int, list[NoticeRow]] = {}
    if letters:
        rows = await connection.fetch(NOTICES, [c.notices_of for c in letters])
        for row in rows:
            notices.setdefault(row["message"], []).append(_notice(row))
    wanted = {(c.ticket, c.seq) for c in feeds}
    wanted |= {(n.ticket, n.seq) for found in notices.values() for n in found}
    events = await _read_events(connection, sorted(wanted))
    return Known(
        notices=notices,
        events={(row["ticket"], row["seq"]): row["body"].encode() for row in events},
        walls={(e["ticket"], e["seq"]): Wall(e["client"], e["restricted"]) for e in events},
        tickets=await _read_tickets(connection, {c.ticket for c in letters}),
        subscriptions=await read_subscriptions(connection) if feeds else {},
    )


NOTICES = (
    "SELECT id, message, ticket, seq, kind, recipient, occasion, reach, why, state"
    " FROM tierline.notice"
    " WHERE message = ANY($1::bigint[]) ORDER BY seq, id"
)


def _notice(row: Mapping[str, Any]) -> NoticeRow:
    return NoticeRow(
        id=row["id"],
        ticket=row["ticket"],
        seq=row["seq"],
        kind=row["kind"],
        recipient=row["recipient"],
        occasion=row["occasion"],
        reach=row["reach"],
        why=row["why"],
        state=row["state"],
    )


EVENT_BODIES = (
    "SELECT e.ticket, e.seq, e.client, e.body, r.ticket IS NOT NULL AS restricted"
    " FROM unnest($1::bigint[], $2::int[]) AS u(ticket, seq)"
    " JOIN tierline.event e USING (ticket, seq)"
    " LEFT JOIN tierline.restricted r USING (ticket)"
)


async def _read_events(connection: Connection, wanted: Sequence[EventId]) -> list[Any]:
    if not wanted:
        return []
    tickets, seqs = [ticket for ticket, _ in wanted], [seq for _, seq in wanted]
    return list(await connection.fetch(EVENT_BODIES, tickets, seqs))


TICKET_DOCS = "SELECT id, doc FROM tierline.ticket WHERE id = ANY($1::bigint[])"


async def _read_tickets(connection: Connection, numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    rows = await connection.fetch(TICKET_DOCS, list(numbers))
    return {row["id"]: row["doc"] for row in rows}


def prepare_feed(claim: Claim, content: Content, known: Known) -> Prepared:
    """A subscription's event, exactly as it is stored; a feed with holes would be no feed.

    Only what it may not see any more is left out: its clients may have been narrowed meanwhile.
    """
    subscription = known.subscriptions.get(claim.address)
    body = known.events.get((content.ticket, content.seq))
    wall = known.walls.get((content.ticket, content.seq))
    client = wall.client if wall else ""
    verdict: Verdict | None = None
    if subscription is None:
        verdict = Failed("the subscription is gone or switched off")
    elif subscription.disabled:
        verdict = Failed(f"{DISABLED}: {subscription.disabled}")
    elif claim.disabled:  # resumed since: as it is recorded it is given back, to wait for its turn
        verdict = Failed(f"{DISABLED}: it was when this was claimed")
    elif body is None or wall is None:
        verdict = Failed("its event is not kept any more")
    elif not wall.lets(subscription):
        verdict = Superseded("the subscription may not see this ticket any more")
    if verdict or subscription is None or body is None:
        return Prepared(claim, content, None, verdict, client=client)
    parcel = Parcel(
        key=claim.key,
        ticket=content.ticket,
        address=claim.address,
        url=subscription.url,
        secrets=subscription.secrets,
        body=body,
    )
    return Prepared(claim, content, parcel, client=client)


def _page(claim: Claim, content: Content, stored: str | None, links: Links) -> Prepared:
    if stored is None:
        return Prepared(claim, content, None, Failed("its letter is not kept any more"))
    try:
        page = lay_out(decode_document(stored), links.base)
    except Exception as error:
        log.exception("a letter cannot be put into words", message=claim.id)
        failed = Failed(f"cannot be put into words: {type(error).__name__}")
        return Prepared(claim, content, None, failed)
    return Prepared(claim, content, Parcel(claim.key, 0, claim.address, page=page))


def _worded(
    claim: Claim, content: Content, known: Known, directory: Directory, links: Links
) -> Prepared:
    try:
        return _letter(claim, content, known, directory, links)
    except Exception as error:
        # One message that cannot be put into words must not hold up the rest of its batch.
        log.exception("a message cannot be put into words", message=claim.id)
        failed = Failed(f"cannot be put into words: {type(error).__name__}")
        return Prepared(claim, content, None, failed)


def _letter(
    claim: Claim, content: Content, known: Known, directory: Directory, links: Links
) -> Prepared:
    doc = known.tickets.get(content.ticket)
    whole = decode_ticket(doc) if doc is not None else None
    ticket = snapshot(whole) if whole is not None else None
    group, client = (ticket.group, ticket.client) if ticket else ("", "")
    restricted = bool(ticket and ticket.restricted)
    open_state = "failed" if content.notices_of != claim.id else "pending"
    notices = [n for n in known.notices.get(content.notices_of, ()) if n.state == open_state]
    wanted: list[NoticeRow] = []
    dropped: list[Dropped] = []
    for notice in notices:
        why_not = _why_not(claim, notice, ticket) if ticket else ""
        if why_not:
            dropped.append(Dropped(notice.id, why_not))
        else:
            wanted.append(notice)
    if not wanted:
        reason = dropped[-1].reason if dropped else "all of its notices have an outcome"
        over = Superseded(reason)
        return Prepared(claim, content, None, over, tuple(dropped), group, restricted, client)
    occasions = _occasions(wanted, known.events)
    if not occasions:
        gone = Failed("its events are not kept any more")
        return Prepared(claim, content, None, gone, tuple(dropped), group, restricted, client)
    letter = compose(
        CLIENT if content.audience == CLIENT else TEAM,
        occasions,
        link=links.ticket(content.ticket),
        preamble=content.preamble,
        answers=_answers(occasions, whole, links),
    )
    room = directory.rooms.get(claim.address) if claim.channel == CHAT else None
    parcel = Parcel(
        key=claim.key,
        ticket=content.ticket,
        address=claim.address,
        letter=letter,
        url=room.url if room else "",
        kind=room.kind if room else "",
    )
    return Prepared(claim, content, parcel, None, tuple(dropped), group, restricted, client)


def _answers(occasions: Sequence[Occasion], ticket: Ticket | None, links: Links) -> Answers:
    """What whoever gets the message is asked, and where they answer."""
    if ticket is None:
        return ()
    told = {one.occasion for one in occasions}
    approval = links.approval(ticket) if told & OURS_ALONE_TO_ASK else ()
    return (*approval, *(links.survey(ticket) if SURVEY in told else ()))


def _why_not(claim: Claim, notice: NoticeRow, ticket: Snapshot) -> str:
    """Why nobody is to be told of it any more at this place; empty: they are."""
    kept = kept_from_rooms(ticket) if claim.channel == CHAT else ""
    return kept or still_wanted(notice, notice.seq, ticket)


def _occasions(notices: Sequence[NoticeRow], events: Mapping[EventId, bytes]) -> list[Occasion]:
    """What to tell, once each, though several of the recipients may share the address."""
    found: dict[tuple[int, str], Occasion] = {}
    for notice in notices:
        body = events.get((notice.ticket, notice.seq))
        if body is None or (notice.seq, notice.occasion) in found:
            continue
        message = decode_event(body)
        found[notice.seq, notice.occasion] = Occasion(
            message.event, message.ticket, notice.occasion, Reach(notice.reach), notice.why
        )
    return list(found.values())
