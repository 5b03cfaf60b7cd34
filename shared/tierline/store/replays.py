"""The replay of a recorded log: whether one is running, and what was recorded of it so far."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any]"

REPLAY = "SELECT name, digest, start_at, end_at, began_at, ended_at FROM tierline.replay"

RUNNING = "SELECT name FROM tierline.replay WHERE ended_at IS NULL"

BEGIN_REPLAY = """
INSERT INTO tierline.replay (name, digest, start_at, end_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
"""

# Held at the first instant; an interrupted replay goes on where its clock stood.
HOLD_AT = """
UPDATE tierline.policy_clock SET anchor = CASE WHEN held THEN greatest(anchor, $1) ELSE $1 END,
    real_anchor = clock_timestamp(), speed = 1, held = true, changed = changed + 1
"""

TOUCHED = "SELECT EXISTS (SELECT 1 FROM tierline.ticket) OR EXISTS (SELECT 1 FROM tierline.alert)"

MOVE_TIME = """
UPDATE tierline.policy_clock SET anchor = greatest(anchor, least($1, r.end_at)),
    changed = changed + 1
FROM tierline.replay r WHERE held AND r.ended_at IS NULL
RETURNING anchor
"""

END_REPLAY = """
UPDATE tierline.replay r SET ended_at = clock_timestamp()
FROM tierline.policy_clock c WHERE r.ended_at IS NULL AND c.held AND c.anchor >= r.end_at
"""

CASES = """
SELECT case_key, ticket FROM tierline.replay_command
WHERE case_key = ANY($1::text[]) AND verb = 'open' AND ticket IS NOT NULL
"""

ANSWERED = """
SELECT key, digest, status, coalesce(ticket, 0) AS ticket, seq, code, reason
FROM tierline.replay_command WHERE key = ANY($1::text[])
"""

KEEP = """
INSERT INTO tierline.replay_command
    (key, case_key, digest, verb, at, status, ticket, seq, code, reason)
SELECT key, case_key, digest, verb, at, status, nullif(ticket, 0), seq, code, reason
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::smallint[],
    $7::bigint[], $8::int[], $9::text[], $10::text[])
AS u(key, case_key, digest, verb, at, status, ticket, seq, code, reason)
"""

APPLIED = "SELECT key FROM tierline.replay_command"


LEAP_MAX = timedelta(days=180)
"""Held policy time, and a ticket's, goes forward by no more at once: `advance` takes a bounded
number of due instants in one go, and a ticket may have several a day."""


class NotFreshError(RuntimeError):
    """The database holds tickets, alerts or another replay: a replay needs one of its own."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One recorded log in a database. Instants are UTC; `began_at`, `ended_at` are real time.

    `digest` names its content: log, mapping and policy.
    """

    name: str
    digest: str
    start_at: datetime
    end_at: datetime
    began_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one recorded command, kept by its key. `ticket` 0: none."""

    key: str
    case: str
    digest: str
    verb: str
    at: datetime
    status: int
    ticket: int = 0
    seq: int = 0
    code: str = ""
    reason: str = ""


async def read_replay(connection: Connection) -> Replay | None:
    """The replay of this database; None where there never was one."""
    row = await connection.fetchrow(REPLAY)
    return None if row is None else Replay(**dict(row))


async def running_replay(connection: Connection) -> str | None:
    """The name of the replay that is running here; None where none is."""
    name: str | None = await connection.fetchval(RUNNING)
    return name


async def begin_replay(connection: Connection, replay: Replay) -> Replay:
    """Begin a replay, or take up the interrupted one; policy time is held from now on.

    Args:
        connection: inside a transaction.
        replay: `digest` decides whether it is the same one.

    Raises:
        NotFreshError: the database is somebody else's.
    """
    found = await read_replay(connection)
    if found is None and await connection.fetchval(TOUCHED):
        raise NotFreshError("the database holds tickets or alerts that are not of a replay")
    if found is not None and found.digest != replay.digest:
        raise NotFreshError(f"the database holds the replay of {found.name}")
    if found is None:
        await connection.execute(
            BEGIN_REPLAY, replay.name, replay.digest, replay.start_at, replay.end_at
        )
        await connection.execute(HOLD_AT, replay.start_at)
    begun = await read_replay(connection)
    assert begun is not None  # noqa: S101 - written or found just now
    return begun


async def let_pass(connection: Connection, to: datetime) -> datetime | None:
    """Move held policy time forward to `to` (UTC), never back nor beyond the log's end.

    Returns policy time; None where no replay is running.
    """
    now: datetime | None = await connection.fetchval(MOVE_TIME, to)
    return now


async def end_replay(connection: Connection) -> bool:
    """End the replay: others may write again, policy time stays held. False: not at its end yet."""
    done: str = await connection.execute(END_REPLAY)
    return done.endswith(" 1")


async def tickets_of(connection: Connection, cases: Collection[str]) -> dict[str, int]:
    """The ticket of each of `cases` that was opened."""
    rows = await connection.fetch(CASES, list(cases))
    return {row["case_key"]: row["ticket"] for row in rows}


async def answered(connection: Connection, keys: Collection[str]) -> dict[str, Any]:
    """Those of `keys` that were answered before, with digest, status, ticket, seq, code, reason."""
    rows = await connection.fetch(ANSWERED, list(keys))
    return {row["key"]: row for row in rows}


async def keep(connection: Connection, commands: Sequence[Kept]) -> None:
    """Keep what became of `commands`, in the transaction that did them.

    Raises asyncpg.UniqueViolationError where one of the keys was answered meanwhile.
    """
    await connection.execute(
        KEEP,
        [one.key for one in commands],
        [one.case for one in commands],
        [one.digest for one in commands],
        [one.verb for one in commands],
        [one.at for one in commands],
        [one.status for one in commands],
        [one.ticket for one in commands],
        [one.seq for one in commands],
        [one.code for one in commands],
        [one.reason for one in commands],
    )


async def applied_keys(connection: Connection) -> set[str]:
    """The keys of every command recorded so far."""
    return {row["key"] for row in await connection.fetch(APPLIED)}
