"""Reactions in the store: noted once, taken in the order of their target, settled with a word."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from router.limits import REACTION_REASON_MAX
from router.reactions.reaction import Reaction
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection


@dataclass(frozen=True, slots=True)
class Due:
    """One reaction that waits: what follows from event `seq` of `ticket` for ticket `target`."""

    id: int
    ticket: int
    seq: int
    kind: str
    target: int
    muted: bool


Wanted = tuple[TicketMessage, Reaction]
"""An event, and one thing that follows from it."""

NOTE_REACTIONS = """
INSERT INTO tierline.reaction (ticket, seq, kind, target, muted)
SELECT ticket, seq, kind, target, muted
FROM unnest($1::bigint[], $2::int[], $3::text[], $4::bigint[], $5::boolean[]) WITH ORDINALITY
    AS u(ticket, seq, kind, target, muted, place)
ORDER BY place
ON CONFLICT DO NOTHING
"""
"""In the order given: what concerns one ticket is taken in that order."""


async def note(connection: Connection, wanted: Sequence[Wanted]) -> int:
    """Write down what follows from events, each once; returns how many targets there are.

    Inside a transaction, with the progress of whoever read the events.
    """
    tickets = await read_tickets(connection, {message.event.ticket for message, _ in wanted})
    rows: list[tuple[int, int, str, int, bool]] = []
    for message, reaction in wanted:
        event = message.event
        targets = list(reaction.targets(message, tickets[event.ticket]))
        muted = await _muted(connection, message, targets) if reaction.tells else set[int]()
        rows += [(event.ticket, event.seq, reaction.name, n, n in muted) for n in targets]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(NOTE_REACTIONS, *columns)
    return len(rows)


async def _muted(
    connection: Connection, message: TicketMessage, targets: Sequence[int]
) -> set[int]:
    """Those of `targets` whose requester hears the same of this ticket or of one before it."""
    heard = {message.ticket.requester_email.casefold()}
    found = set()
    tickets = await read_tickets(connection, targets)
    for number in targets:
        ticket = tickets.get(number)
        email = ticket.requester.email.casefold() if ticket else ""
        if email and email in heard:
            found.add(number)
        heard.add(email)
    return found


READ_TICKETS = "SELECT id, doc FROM tierline.ticket WHERE id = ANY($1::bigint[]) ORDER BY id"


async def read_tickets(connection: Connection, numbers: Collection[int]) -> dict[int, Ticket]:
    """The tickets of those numbers that exist, as last committed, without a lock."""
    rows = await connection.fetch(READ_TICKETS, list(numbers)) if numbers else []
    return {row["id"]: decode_ticket(row["doc"]) for row in rows}


TAKE_REACTIONS = """
SELECT r.id, r.ticket, r.seq, r.kind, r.target, r.muted FROM tierline.reaction r
WHERE r.state = 'pending' AND NOT EXISTS (
    SELECT 1 FROM tierline.reaction e
    WHERE e.target = r.target AND e.state = 'pending' AND e.id < r.id)
ORDER BY r.id LIMIT $1 FOR UPDATE OF r SKIP LOCKED
"""
"""The first of each target; what another has in hand is pending still, so nothing overtakes it."""


async def take(connection: Connection, limit: int) -> list[Due]:
    """Up to `limit` reactions that nobody else has in hand, at most one a target, locked."""
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(TAKE_REACTIONS, limit)
    return [Due(**dict(row)) for row in rows]


SETTLE_REACTIONS = """
UPDATE tierline.reaction AS r
SET state = u.state, reason = u.reason, settled_at = clock_timestamp()
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u(id, state, reason)
WHERE r.id = u.id AND r.state = 'pending'
"""


async def settle(connection: Connection, outcomes: Sequence[tuple[int, str, str]]) -> int:
    """Record (id, state, reason) of reactions that still wait; returns how many those were."""
    done: str = await connection.execute(
        SETTLE_REACTIONS,
        [number for number, _, _ in outcomes],
        [state for _, state, _ in outcomes],
        [reason.replace("\x00", "")[:REACTION_REASON_MAX] for _, _, reason in outcomes],
    )
    return int(done.removeprefix("UPDATE "))
