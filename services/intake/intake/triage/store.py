"""Triage's statements: set-based, a fixed number for a batch whatever its size."""

from collections.abc import Iterable, Sequence
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


LOCK_PROBLEMS = (
    "SELECT p.client, p.key, p.accepted_at, p.idx, p.alert FROM tierline.problem p"
    " JOIN unnest($1::text[], $2::text[]) AS u(client, key)"
    " ON p.client = u.client AND p.key = u.key"
    " ORDER BY p.client, p.key FOR UPDATE OF p"
)

MAKE_PROBLEMS = (
    "INSERT INTO tierline.problem (client, key) SELECT * FROM unnest($1::text[], $2::text[])"
    " ON CONFLICT DO NOTHING RETURNING client, key"
)
"""A row that somebody else has just made is not returned: it is there now, and to be locked."""


async def lock_problems(connection: Any, pairs: Iterable[Pair]) -> dict[Pair, Place | None]:
    """The last applied place of each problem, its row made where new, and locked: triage's lock."""
    wanted = sorted(set(pairs))
    found = await _known_problems(connection, wanted)
    new = [pair for pair in wanted if pair not in found]
    if new:
        made = await connection.fetch(MAKE_PROBLEMS, *_arrays(new))
        found.update(dict.fromkeys(((row["client"], row["key"]) for row in made), None))
        if len(made) < len(new):
            found |= await _known_problems(connection, [pair for pair in new if pair not in found])
    return found


async def _known_problems(connection: Any, pairs: Sequence[Pair]) -> dict[Pair, Place | None]:
    rows = await connection.fetch(LOCK_PROBLEMS, *_arrays(pairs))
    return {(row["client"], row["key"]): _place(row) for row in rows}


def _arrays(pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    return [client for client, _ in pairs], [key for _, key in pairs]


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


OLDER_WAIT = (
    "SELECT EXISTS (SELECT FROM tierline.alert WHERE outcome IS NULL AND id < $1) AS older_wait"
)


async def older_wait(connection: Any, alert: int) -> bool:
    """Whether an alert of a lower id than `alert` has no outcome yet."""
    waits: bool = await connection.fetchval(OLDER_WAIT, alert)
    return waits


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
