"""Tickets under row locks, and what was decided about them, written in one go."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg

from tierline.domain.advance import next_due
from tierline.domain.events import Event
from tierline.domain.evolve import evolve
from tierline.domain.floor import Floor, Turn
from tierline.domain.snapshot import nearest
from tierline.domain.terms import State
from tierline.domain.ticket import Ticket
from tierline.messages.events import encode_event, event_name
from tierline.messages.state import decode_ticket, encode_ticket
from tierline.messages.topics import EVENT_BYTES_MAX, EVENTS, shard_of
from tierline.store.actions import write_beside

Connection: TypeAlias = "asyncpg.Connection[Any]"


class TooLargeError(ValueError):
    """An event would exceed EVENT_BYTES_MAX on the wire; nothing was written."""


@dataclass(frozen=True, slots=True)
class Change:
    """One ticket before (None: it is being opened) and after its new events."""

    before: Ticket | None
    after: Ticket
    events: tuple[Event, ...]


LOCK_TICKETS = "SELECT doc FROM tierline.ticket WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE"


async def lock_tickets(connection: Connection, ids: Collection[int]) -> dict[int, Ticket]:
    """The tickets of `ids` that exist, their rows locked in order of id until the commit."""
    if not ids:
        return {}
    rows = await connection.fetch(LOCK_TICKETS, list(ids))
    return _by_id(rows)


FIRST_DUE = (
    "SELECT tierline.policy_now() AS now, CASE WHEN held THEN 0 ELSE speed END AS speed,"
    " (SELECT next_due_at FROM tierline.ticket"
    " WHERE next_due_at IS NOT NULL ORDER BY next_due_at LIMIT 1) AS due"
    " FROM tierline.policy_clock"
)


@dataclass(frozen=True, slots=True)
class Look:
    """Policy time now, its speed (0: held) and the earliest due instant (None: there is none)."""

    now: datetime
    speed: float
    due: datetime | None

    @property
    def horizon(self) -> datetime | None:
        """Now, if some ticket is due by it."""
        return self.now if self.due is not None and self.due <= self.now else None

    @property
    def until_due_s(self) -> float:
        """Real seconds until the earliest due instant, infinite where none comes."""
        if self.due is None or not self.speed:
            return math.inf
        return max(0.0, (self.due - self.now).total_seconds() / self.speed)


async def look(connection: Connection) -> Look:
    """What is due next: one statement, no lock."""
    row: Any = await connection.fetchrow(FIRST_DUE)
    return Look(row["now"], row["speed"], row["due"])


LOCK_DUE = (
    "SELECT doc FROM tierline.ticket WHERE id IN ("
    " SELECT id FROM tierline.ticket WHERE next_due_at <= $1"
    " ORDER BY next_due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
    " ORDER BY id FOR UPDATE"
)
"""The inner lock skips what others hold; the outer one locks the rest in order of id."""


async def lock_due(connection: Connection, horizon: datetime, limit: int) -> dict[int, Ticket]:
    """Up to `limit` tickets due at or before `horizon` (UTC policy time) that nobody else holds."""
    rows = await connection.fetch(LOCK_DUE, horizon, limit)
    return _by_id(rows)


def _by_id(rows: Iterable[Any]) -> dict[int, Ticket]:
    tickets = (decode_ticket(row["doc"]) for row in rows)
    return {ticket.id: ticket for ticket in tickets}


READ_TICKET = "SELECT doc FROM tierline.ticket WHERE id = $1"


async def read_ticket(connection: Connection, number: int) -> Ticket | None:
    """The ticket of that number as last committed, without a lock."""
    doc = await connection.fetchval(READ_TICKET, number)
    return None if doc is None else decode_ticket(doc)


POLICY_NOW = "SELECT tierline.policy_now()"


async def policy_now(connection: Connection) -> datetime:
    """Policy time now (UTC), in a statement of its own: call it after every row lock is held."""
    now: datetime = await connection.fetchval(POLICY_NOW)
    return now


READ_FLOOR = """
SELECT grp, '' AS login, '' AS beside, count(*) AS load FROM tierline.ticket
WHERE state IN ('queued', 'working', 'on_hold') GROUP BY grp
UNION ALL
SELECT '', '', login, count(*) FROM tierline.joined GROUP BY login
UNION ALL
SELECT '', owner, '', count(*) FROM tierline.ticket
WHERE owner <> '' AND state IN ('queued', 'working', 'on_hold') GROUP BY owner
UNION ALL
SELECT '', offered_to, '', count(*) FROM tierline.ticket
WHERE offered_to <> '' GROUP BY offered_to
"""
"""A row each for a group's open tickets, for those beside whose owner somebody stands, for what
somebody owns, and for what they are offered."""


async def read_floor(connection: Connection, as_of: datetime) -> Floor:
    """Open load by group and by person, and who stands beside how many owners, in one statement."""
    rows = await connection.fetch(READ_FLOOR)
    load: dict[str, int] = {}
    held: dict[str, int] = {}
    beside: dict[str, int] = {}
    for row in rows:
        if row["login"]:
            held[row["login"]] = held.get(row["login"], 0) + row["load"]
        elif row["beside"]:
            beside[row["beside"]] = row["load"]
        else:
            load[row["grp"]] = row["load"]
    return Floor(as_of, load, beside=beside, held=held)


READ_TURNS = """
SELECT u.grp, u.login, last.at, last.n FROM unnest($1::text[], $2::text[]) AS u(grp, login)
CROSS JOIN LATERAL (
    SELECT e.recorded_at AS at, count(*) AS n FROM tierline.event AS e
    WHERE e.type IN ('claimed', 'offered')
        AND e.body #>> '{data,what,accepted}' IS DISTINCT FROM 'true'
        AND e.body #>> '{data,ticket,group}' = u.grp
        AND coalesce(e.body #>> '{data,what,owner}', e.body #>> '{data,what,to}') = u.login
    GROUP BY e.recorded_at ORDER BY e.recorded_at DESC LIMIT 1
) AS last
"""
"""One look into an index each, however long the history. An offer that is accepted is one turn."""


async def read_turns(
    connection: Connection, members: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Turn]:
    """When each of `members` (group, login) last was offered a ticket there, or claimed one."""
    if not members:
        return {}
    groups, logins = [group for group, _ in members], [login for _, login in members]
    rows = await connection.fetch(READ_TURNS, groups, logins)
    return {(row["grp"], row["login"]): Turn(row["at"], row["n"]) for row in rows}


DRAW_NUMBERS = "SELECT nextval('tierline.ticket_number') AS n FROM generate_series(1, $1)"


async def draw_numbers(connection: Connection, count: int) -> list[int]:
    """`count` new ticket numbers, ascending."""
    if not count:
        return []
    rows = await connection.fetch(DRAW_NUMBERS, count)
    return sorted(row["n"] for row in rows)


NOW_AND_NUMBERS = """
SELECT tierline.policy_now() AS now,
    ARRAY(SELECT nextval('tierline.ticket_number') FROM generate_series(1, $1)) AS numbers
"""


async def now_and_numbers(connection: Connection, count: int) -> tuple[datetime, list[int]]:
    """What `policy_now` gives, and `count` new ticket numbers, ascending, in one round trip.

    It locks nothing, so that policy time is read after every row lock here too, if it is called
    then.
    """
    row: Any = await connection.fetchrow(NOW_AND_NUMBERS, count)
    return row["now"], sorted(row["numbers"])


async def write_changes(connection: Connection, changes: Sequence[Change]) -> int:
    """Write states, events, due instants and outbox rows of `changes`; returns the events written.

    The tickets' rows must be locked by this transaction (or be new). Raises TooLargeError before
    anything is written; asyncpg.UniqueViolationError where a problem key is already open.
    """
    told = [(change, _messages(change)) for change in changes if change.events]
    moved = [(change.after, said) for change, said in told if change.before is not None]
    opened = [(change.after, said) for change, said in told if change.before is None]
    # What closes goes first: only then is its problem free for what opens.
    if moved:
        tickets = [ticket for ticket, _ in moved]
        await connection.execute(MOVE_TICKETS, *_told(moved), *_columns(tickets))
    if opened:
        tickets = [ticket for ticket, _ in opened]
        columns = [*_columns(tickets), *_more_columns(tickets)]
        await connection.execute(OPEN_TICKETS, *_told(opened), *columns)
    await write_beside(connection, ((change.before, change.after) for change, _ in told))
    placed = [change.after for change, _ in told if _beside(change.after) != _beside_before(change)]
    if placed:
        await connection.execute(PLACE_TICKETS, *_beside_columns(placed))
    return sum(len(said) for _, said in told)


@dataclass(frozen=True, slots=True)
class _Message:
    event: Event
    client: str
    body: bytes


def _messages(change: Change) -> list[_Message]:
    """Each event's wire body, with the snapshot just after that event."""
    ticket, found = change.before, []
    last = len(change.events) - 1
    for position, event in enumerate(change.events):
        ticket = change.after if position == last else evolve(ticket, event)
        body = encode_event(event, ticket)
        if len(body) > EVENT_BYTES_MAX:
            raise TooLargeError(f"event {event.ticket}/{event.seq} has {len(body)} bytes")
        found.append(_Message(event, ticket.client, body))
    return found


_TELL = """
said AS (
    SELECT * FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::timestamptz[],
        $5::text[], $6::text[], $7::text[], $8::text[], $9::smallint[])
    WITH ORDINALITY
    AS u(ticket, seq, at, recorded_at, type, client, cause, body, shard, place)
), written AS (
    INSERT INTO tierline.event (ticket, seq, at, recorded_at, type, client, cause, body)
    SELECT ticket, seq, at, recorded_at, type, client, cause, body::json FROM said
)
INSERT INTO tierline.outbox (shard, topic, key, body)
SELECT shard, $10, ticket::text, convert_to(body, 'UTF8') FROM said ORDER BY place
"""
"""Events and outbox rows, the outbox in the order given."""

_FIELDS = (
    "u(id, seq, doc, state, priority, tier, grp, owner, promise_due, next_due_at, recorded_at,"
    " offered_to"
)
_ARRAYS = (
    "unnest($11::bigint[], $12::int[], $13::text[], $14::text[], $15::text[], $16::text[],"
    " $17::text[], $18::text[], $19::timestamptz[], $20::timestamptz[], $21::timestamptz[],"
    " $22::text[]"
)

MOVE_TICKETS = f"""
WITH moved AS (
    UPDATE tierline.ticket AS t SET
        seq = u.seq, doc = u.doc::json, state = u.state, priority = u.priority, tier = u.tier,
        grp = u.grp, owner = u.owner, promise_due = u.promise_due, next_due_at = u.next_due_at,
        recorded_at = u.recorded_at, offered_to = u.offered_to, changed_at = clock_timestamp()
    FROM {_ARRAYS}) AS {_FIELDS}) WHERE t.id = u.id
), {_TELL}"""
"""Tickets that are there, with what is told of them, in one round trip."""

OPEN_TICKETS = f"""
WITH opened AS (
    INSERT INTO tierline.ticket (id, seq, doc, state, priority, tier, grp, owner, promise_due,
        next_due_at, recorded_at, offered_to, type, client, title, problem_key, opened_at)
    SELECT u.id, u.seq, u.doc::json, u.state, u.priority, u.tier, u.grp, u.owner, u.promise_due,
        u.next_due_at, u.recorded_at, u.offered_to, u.type, u.client, u.title, u.problem_key,
        u.opened_at
    FROM {_ARRAYS}, $23::text[], $24::text[], $25::text[], $26::text[], $27::timestamptz[])
    AS {_FIELDS}, type, client, title, problem_key, opened_at)
), {_TELL}"""
"""New tickets, with what is told of them, in one round trip.

Not one statement with MOVE_TICKETS: PostgreSQL writes the parts of a statement in any order, and a
ticket that carries on a problem may only be there once the one before it is closed.
"""


PLACE_TICKETS = """
UPDATE tierline.ticket AS t SET
    type = u.type, booked_from = u.booked_from, booked_until = u.booked_until,
    confirming = u.confirming
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
    AS u(id, type, booked_from, booked_until, confirming) WHERE t.id = u.id
"""
"""What changes so rarely that it is written only where it does."""

_Beside: TypeAlias = tuple[str, datetime | None, datetime | None, str]


def _beside(ticket: Ticket) -> _Beside:
    """Its type, when it is booked, and who has to confirm it with the client."""
    booking = ticket.booking
    confirming = ticket.desk_owner if ticket.state is State.RESOLVED else ""
    start, end = (booking.start, booking.end) if booking else (None, None)
    return ticket.type.value, start, end, confirming


def _beside_before(change: Change) -> _Beside:
    if change.before is not None:
        return _beside(change.before)
    return change.after.type.value, None, None, ""


def _beside_columns(tickets: Sequence[Ticket]) -> list[list[Any]]:
    beside = [_beside(ticket) for ticket in tickets]
    return [[ticket.id for ticket in tickets], *map(list, zip(*beside, strict=True))]


def _columns(tickets: Sequence[Ticket]) -> list[list[Any]]:
    return [
        [t.id for t in tickets],
        [t.seq for t in tickets],
        [encode_ticket(t) for t in tickets],
        [t.state.value for t in tickets],
        [t.priority.value for t in tickets],
        [t.tier for t in tickets],
        [t.group for t in tickets],
        [t.owner for t in tickets],
        [p.due if (p := nearest(t)[0]) else None for t in tickets],
        [next_due(t) for t in tickets],
        [t.recorded_at for t in tickets],
        [t.offered_to for t in tickets],
    ]


def _more_columns(tickets: Sequence[Ticket]) -> list[list[Any]]:
    return [
        [t.type.value for t in tickets],
        [t.client for t in tickets],
        [t.title for t in tickets],
        [t.problem_key for t in tickets],
        [t.opened_at for t in tickets],
    ]


def _told(told: Sequence[tuple[Ticket, list[_Message]]]) -> list[Any]:
    """Events and their outbox rows, in order."""
    messages = [message for _, said in told for message in said]
    return [
        [m.event.ticket for m in messages],
        [m.event.seq for m in messages],
        [m.event.at for m in messages],
        [m.event.recorded_at for m in messages],
        [event_name(m.event) for m in messages],
        [m.client for m in messages],
        [m.event.cause for m in messages],
        [m.body.decode() for m in messages],
        [shard_of(str(m.event.ticket)) for m in messages],
        EVENTS,
    ]
