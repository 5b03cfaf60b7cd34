"""The replay's own database: begun before any service starts, looked at while they work."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from tierline.cli.failures import FailureError
from tierline.cli.replaying.inputs import Inputs
from tierline.cli.replaying.limits import EVENTS_A_READ, REPORT_S, TOKEN_DAYS
from tierline.domain.events import Event
from tierline.domain.ticket import Ticket
from tierline.messages.events import decode_event
from tierline.messages.state import decode_ticket
from tierline.store.database import Database
from tierline.store.replays import (
    NotFreshError,
    Replay,
    applied_keys,
    begin_replay,
)
from tierline.web.keys import KeyKind, hash_key, make_key
from tierline.web.principal import READ, REPLAY

CONSUMERS = ("notifier",)
"""Who keeps account of the events it has seen; whoever else does is found in the table."""

TOKEN_NAME = "replay"  # noqa: S105 - the token's name

_GRANT = """
INSERT INTO tierline.api_token (hash, name, scopes, expires_at)
VALUES ($1, $2, $3, now() + make_interval(days => $4))
"""

_REVOKE = "UPDATE tierline.api_token SET revoked_at = now() WHERE name = $1"

_BACKLOG = """
SELECT
    (SELECT count(*) FROM tierline.ticket, tierline.policy_clock c
        WHERE next_due_at <= c.anchor) AS due,
    (SELECT count(*) FROM tierline.outbox) AS outbox,
    (SELECT coalesce(sum(t.seq - coalesce(p.seq, 0)), 0)::bigint
        FROM (SELECT consumer FROM tierline.progress UNION SELECT unnest($1::text[])) AS c
        CROSS JOIN tierline.ticket t
        LEFT JOIN tierline.progress p ON p.consumer = c.consumer AND p.ticket = t.id) AS unseen,
    (SELECT count(*) FROM tierline.notice WHERE state = 'pending') AS notices,
    (SELECT count(*) FROM tierline.message WHERE state = 'pending') AS messages
"""

_DUE = """
SELECT count(*) FROM tierline.ticket, tierline.policy_clock c WHERE next_due_at <= c.anchor
"""

_OUTBOX = "SELECT count(*) FROM (SELECT 1 FROM tierline.outbox LIMIT $1) AS few"

_TICKETS = """
SELECT c.case_key, t.doc FROM tierline.replay_command c JOIN tierline.ticket t ON t.id = c.ticket
WHERE c.verb = 'open' AND c.ticket IS NOT NULL
"""

_EVENTS = """
SELECT ticket, seq, body FROM tierline.event WHERE (ticket, seq) > ($1, $2)
ORDER BY ticket, seq LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A connection for statements that read a whole table."""

    connection: Any

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        """Its rows, within REPORT_S."""
        found: list[Any] = await self.connection.fetch(statement, *values, timeout=REPORT_S)
        return found


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is still on its way.

    Attributes:
        due: tickets on which time has to pass.
        outbox: messages for the broker.
        unseen: events that a consumer has not seen.
        notices: without an outcome; likewise `messages`.
    """

    due: int
    outbox: int
    unseen: int
    notices: int
    messages: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.due + self.outbox + self.unseen + self.notices + self.messages

    def words(self) -> str:
        """What is left, for people."""
        parts = {
            "tickets on which time has to pass": self.due,
            "messages on their way to the broker": self.outbox,
            "events that a consumer has not seen": self.unseen,
            "notices without an outcome": self.notices,
            "messages without an outcome": self.messages,
        }
        return ", ".join(f"{count} {what}" for what, count in parts.items() if count) or "nothing"


@dataclass(frozen=True, slots=True)
class Begun:
    """A replay that may be fed: its token, and the keys of what was recorded before."""

    token: str
    applied: frozenset[str]
    ended: bool


async def begin(url: str, inputs: Inputs) -> Begun:
    """Begin the replay, or take it up, in the migrated database at `url`; policy time is held.

    Raises:
        FailureError: the database is somebody else's.
    """
    plan = inputs.plan
    replay = Replay(inputs.name, inputs.digest, plan.start, plan.end)
    raw = make_key(KeyKind.TOKEN)
    db = await Database.connect(url, pool_max=1)
    try:
        async with db.transaction() as connection:
            begun = await begin_replay(connection, replay)
            await connection.execute(_REVOKE, TOKEN_NAME)
            await connection.execute(_GRANT, hash_key(raw), TOKEN_NAME, [READ, REPLAY], TOKEN_DAYS)
            applied = await applied_keys(connection)
    except NotFreshError as error:
        raise FailureError(
            f"{str(error)[:1].upper()}{str(error)[1:]}.", "Name a fresh folder with --home."
        ) from error
    finally:
        await db.close()
    return Begun(raw, frozenset(applied), begun.ended_at is not None)


class Books:
    """Reads what has come of a replay so far.

    Args:
        db: of the replay's own database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str) -> AsyncIterator[Self]:
        """Books on the database at `url`, closed afterwards."""
        db = await Database.connect(url, pool_max=2)
        try:
            yield cls(db)
        finally:
            await db.close()

    async def outbox(self, at_most: int) -> int:
        """How many messages wait for the broker, counted up to `at_most`."""
        async with self._db.connection() as connection:
            found: int = await connection.fetchval(_OUTBOX, at_most)
        return found

    async def due(self) -> int:
        """On how many tickets time has to pass, at held policy time."""
        async with self._db.connection() as connection:
            found: int = await connection.fetchval(_DUE)
        return found

    async def backlog(self) -> Backlog:
        """What is still on its way."""
        async with self._db.connection() as connection:
            row = await connection.fetchrow(_BACKLOG, list(CONSUMERS))
        return Backlog(**dict(row))

    async def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a statement of the report."""
        async with self._long() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    @asynccontextmanager
    async def _long(self) -> AsyncIterator[_Reading]:
        """A transaction whose statements may take REPORT_S."""
        async with self._db.transaction() as connection:
            await connection.execute(f"SET LOCAL statement_timeout = '{REPORT_S}s'")
            yield _Reading(connection)

    async def tickets(self) -> dict[str, Ticket]:
        """Every case's ticket."""
        async with self._long() as connection:
            rows = await connection.fetch(_TICKETS)
        return {row["case_key"]: decode_ticket(row["doc"]) for row in rows}

    async def histories(self) -> AsyncIterator[Sequence[Event]]:
        """The events of one ticket after the other, each in order of seq."""
        after, waiting = (0, 0), list[Event]()
        while True:
            async with self._db.connection() as connection:
                rows = await connection.fetch(_EVENTS, *after, EVENTS_A_READ)
            for row in rows:
                event = decode_event(row["body"]).event
                if waiting and waiting[0].ticket != event.ticket:
                    yield waiting
                    waiting = []
                waiting.append(event)
            if not rows:
                break
            after = (rows[-1]["ticket"], rows[-1]["seq"])
        if waiting:
            yield waiting
