"""Triage's statements: set-based, a fixed number for a batch whatever its size."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from intake.triage.sorting import Place
from tierline.domain.ticket import Ticket
from tierline.messages.alert import AcceptedAlert, decode_alert
from tierline.messages.state import decode_ticket

Pair = tuple[str, str]
"""Client and problem key."""


LOCK_ALERTS = (
    "SELECT id FROM tierline.alert WHERE id = ANY($1::bigint[]) AND outcome IS NULL"
    " ORDER BY id FOR UPDATE"
)


async def lock_alerts(connection: Any, ids: Sequence[int]) -> set[int]:
    """Of `ids`, those without an outcome yet, their rows locked until the commit."""
    rows = await connection.fetch(LOCK_ALERTS, ids)
    return {row["id"] for row in rows}


TAKE_UP = """
WITH fresh AS MATERIALIZED (
    SELECT id FROM tierline.alert WHERE id = ANY($1::bigint[]) AND outcome IS NULL
        AND ($4::bigint IS NULL OR NOT EXISTS (
            SELECT FROM tierline.alert AS older WHERE older.outcome IS NULL AND older.id < $4))
    ORDER BY id FOR UPDATE
), wanted AS MATERIALIZED (
    SELECT DISTINCT u.client, u.key FROM fresh
    JOIN unnest($1::bigint[], $2::text[], $3::text[]) AS u(id, client, key) ON u.id = fresh.id
), held AS MATERIALIZED (
    SELECT p.client, p.key, p.accepted_at, p.idx, p.alert FROM tierline.problem p
    JOIN wanted AS w ON p.client = w.client AND p.key = w.key
    ORDER BY p.client, p.key FOR UPDATE OF p
), made AS (
    INSERT INTO tierline.problem (client, key)
    SELECT client, key FROM wanted EXCEPT SELECT client, key FROM held ORDER BY client, key
    ON CONFLICT DO NOTHING RETURNING client, key
)
SELECT id, NULL AS client, NULL AS key, NULL::timestamptz AS accepted_at, NULL::smallint AS idx,
    NULL::bigint AS alert FROM fresh
UNION ALL SELECT NULL, client, key, accepted_at, idx, alert FROM held
UNION ALL SELECT NULL, client, key, NULL, NULL, NULL FROM made
"""
"""Triage's locks but for the tickets', in one round trip and in their order: each part reads the
one before it to its end, so alerts come before problems, and problems that exist before new ones.
The answer has a row for each alert that is locked, and one for each problem.

All parts see what was committed when the statement began. A row locked after a wait is the newest
version all the same, and an alert that has its outcome by then drops out. A problem that somebody
made meanwhile is neither held nor made: it is there now, and to be locked by a statement that sees
it. Tickets are not among the parts because one opened during a wait would not be seen.
"""

LOCK_PROBLEMS = (
    "SELECT p.client, p.key, p.accepted_at, p.idx, p.alert FROM tierline.problem p"
    " JOIN unnest($1::text[], $2::text[]) AS u(client, key)"
    " ON p.client = u.client AND p.key = u.key"
    " ORDER BY p.client, p.key FOR UPDATE OF p"
)


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What is locked: `alerts` without an outcome, and where each of their `problems` stands."""

    alerts: set[int]
    problems: dict[Pair, Place | None]


async def take_up(
    connection: Any, alerts: Mapping[int, Pair], *, first: int | None = None
) -> TakenUp:
    """Lock, of `alerts`, those without an outcome, and their problems, made where new.

    Args:
        connection: in a transaction, which holds the locks until its end.
        alerts: the problem of each.
        first: if given, nothing is taken up while an alert of a lower id waits for its outcome.

    Returns:
        What is locked; of each problem its last applied place, None where there is none yet.
    """
    rows = await connection.fetch(TAKE_UP, list(alerts), *_arrays(alerts.values()), first)
    fresh = {row["id"] for row in rows if row["id"] is not None}
    found = _places(row for row in rows if row["id"] is None)
    missed = sorted({alerts[number] for number in fresh} - found.keys())
    if missed:
        found |= _places(await connection.fetch(LOCK_PROBLEMS, *_arrays(missed)))
    return TakenUp(fresh, found)


def _arrays(pairs: Collection[Pair]) -> tuple[list[str], list[str]]:
    return [client for client, _ in pairs], [key for _, key in pairs]


def _places(rows: Iterable[Any]) -> dict[Pair, Place | None]:
    return {(row["client"], row["key"]): _place(row) for row in rows}


def _place(row: Any) -> Place | None:
    if row["accepted_at"] is None:
        return None
    return (row["accepted_at"], row["idx"], row["alert"])


LOCK_OPEN_TICKETS = (
    "SELECT t.client, t.problem_key, t.doc FROM tierline.ticket t"
    " JOIN unnest($1::text[], $2::text[]) AS u(client, key)"
    " ON t.client = u.client AND t.problem_key = u.key"
    " WHERE t.state <> 'closed' AND t.problem_key <> '' ORDER BY t.id FOR UPDATE OF t"
)


async def lock_open_tickets(connection: Any, pairs: Iterable[Pair]) -> dict[Pair, Ticket]:
    """The open ticket of each problem that has one, its row locked until the commit."""
    rows = await connection.fetch(LOCK_OPEN_TICKETS, *_arrays(sorted(set(pairs))))
    return {(row["client"], row["problem_key"]): decode_ticket(row["doc"]) for row in rows}


SETTLE = """
WITH applied AS (
    UPDATE tierline.problem AS p SET accepted_at = u.at, idx = u.idx, alert = u.alert,
        ticket = coalesce(nullif(u.ticket, 0), p.ticket)
    FROM unnest($4::text[], $5::text[], $6::timestamptz[], $7::smallint[], $8::bigint[],
        $9::bigint[]) AS u(client, key, at, idx, alert, ticket)
    WHERE p.client = u.client AND p.key = u.key
)
UPDATE tierline.alert AS a SET outcome = u.outcome, ticket = nullif(u.ticket, 0),
    handled_at = clock_timestamp()
FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS u(id, outcome, ticket) WHERE a.id = u.id
"""
"""Alerts and problems by one statement: both are locked by now, so their order does not matter.

A problem keeps its ticket where its last alert brought none (0)."""


async def settle(
    connection: Any,
    outcomes: Sequence[tuple[int, str, int]],
    places: Sequence[tuple[Pair, Place, int]],
) -> None:
    """Record each alert's outcome and ticket (0: none), and each problem's last applied alert."""
    await connection.execute(
        SETTLE,
        [alert for alert, _, _ in outcomes],
        [outcome for _, outcome, _ in outcomes],
        [ticket for _, _, ticket in outcomes],
        [pair[0] for pair, _, _ in places],
        [pair[1] for pair, _, _ in places],
        [place[0] for _, place, _ in places],
        [place[1] for _, place, _ in places],
        [place[2] for _, place, _ in places],
        [ticket for _, _, ticket in places],
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """Alerts without an outcome; `torn`: those whose stored form cannot be read: id, form, why."""

    alerts: list[AcceptedAlert]
    torn: list[tuple[int, str, str]]


WAITING_ALERTS = (
    "SELECT id, idx, accepted_at, integration, source, client, body FROM tierline.alert"
    " WHERE outcome IS NULL AND received_at < clock_timestamp() - make_interval(secs => $1)"
    " ORDER BY id LIMIT $2"
)


async def waiting_alerts(connection: Any, *, older_than_s: float, limit: int) -> Waiting:
    """Alerts accepted over `older_than_s` real seconds ago that have no outcome, oldest first."""
    rows = await connection.fetch(WAITING_ALERTS, older_than_s, limit)
    waiting = Waiting([], [])
    for row in rows:
        try:
            waiting.alerts.append(_accepted(row))
        except msgspec.MsgspecError as error:
            waiting.torn.append((row["id"], row["body"], f"not an alert: {error}"))
    return waiting


def _accepted(row: Any) -> AcceptedAlert:
    return AcceptedAlert(
        id=row["id"],
        index=row["idx"],
        accepted_at=row["accepted_at"],
        integration=row["integration"],
        source=row["source"],
        client=row["client"],
        alert=decode_alert(row["body"]),
    )


SET_ASIDE = (
    "UPDATE tierline.alert SET outcome = 'dead letter', handled_at = clock_timestamp()"
    " WHERE id = $1 AND outcome IS NULL"
)


async def set_aside(connection: Any, alert: int) -> bool:
    """An alert that could not be processed is a dead letter: that is its outcome.

    Returns:
        Whether it had none yet.
    """
    done: str = await connection.execute(SET_ASIDE, alert)
    return done == "UPDATE 1"


TAKEN = asyncpg.UniqueViolationError
"""Another transaction opened or reopened a ticket of the same problem: run the batch again."""
