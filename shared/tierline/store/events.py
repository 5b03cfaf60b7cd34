"""Reading events back: a ticket's timeline, and what a consumer has not seen of it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any]"

GAP_EVENTS_MAX = 500
"""Events read at once to fill a gap; the rest follow with the next sweep."""


TIMELINE = "SELECT body FROM tierline.event WHERE ticket = $1 AND seq > $2 ORDER BY seq LIMIT $3"


async def timeline(connection: Connection, number: int, *, after: int, limit: int) -> list[str]:
    """Bodies (CloudEvents) of a ticket's events with seq above `after`, in order."""
    rows = await connection.fetch(TIMELINE, number, after, limit)
    return [row["body"] for row in rows]


MAKE_PROGRESS = """
WITH made AS (
    INSERT INTO tierline.progress (consumer, ticket, seq)
    SELECT $1, t, 0 FROM unnest($2::bigint[]) AS t ORDER BY t
    ON CONFLICT DO NOTHING
    RETURNING ticket, seq
)
SELECT ticket, seq FROM made
"""
"""Waits for another transaction that is making the same rows; returns only those made here."""

LOCK_PROGRESS = (
    "SELECT ticket, seq FROM tierline.progress"
    " WHERE consumer = $1 AND ticket = ANY($2::bigint[]) ORDER BY ticket FOR UPDATE"
)


async def lock_progress(
    connection: Connection, consumer: str, tickets: Sequence[int]
) -> dict[int, int]:
    """The last seq `consumer` has seen of each of `tickets`, its rows locked until the commit.

    Rows that do not exist yet are made (seq 0), so that two replicas never work on one ticket.
    """
    rows = await connection.fetch(MAKE_PROGRESS, consumer, sorted(tickets))
    found = {row["ticket"]: row["seq"] for row in rows}
    others = [ticket for ticket in tickets if ticket not in found]
    if others:
        rows = await connection.fetch(LOCK_PROGRESS, consumer, others)
        found.update({row["ticket"]: row["seq"] for row in rows})
    return found


SAVE_PROGRESS = """
UPDATE tierline.progress AS p SET seq = u.seq
FROM unnest($2::bigint[], $3::int[]) AS u(ticket, seq)
WHERE p.consumer = $1 AND p.ticket = u.ticket AND p.seq < u.seq
"""


async def save_progress(connection: Connection, consumer: str, seen: Mapping[int, int]) -> None:
    """Record the last seq seen of each ticket; never backwards."""
    await connection.execute(SAVE_PROGRESS, consumer, list(seen.keys()), list(seen.values()))


MISSING = """
SELECT e.ticket, e.seq, e.body FROM unnest($1::bigint[], $2::int[], $3::int[])
    AS r(ticket, after, before)
JOIN tierline.event e ON e.ticket = r.ticket AND e.seq > r.after AND e.seq < r.before
ORDER BY e.ticket, e.seq LIMIT $4
"""


async def missing(
    connection: Connection, ranges: Sequence[tuple[int, int, int]]
) -> dict[int, list[tuple[int, str]]]:
    """(seq, body) of events by ticket for each (ticket, after, before) range, ends exclusive.

    At most GAP_EVENTS_MAX in all: the first of the lowest tickets.
    """
    rows = await connection.fetch(
        MISSING,
        [ticket for ticket, _, _ in ranges],
        [after for _, after, _ in ranges],
        [before for _, _, before in ranges],
        GAP_EVENTS_MAX,
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for row in rows:
        found.setdefault(row["ticket"], []).append((row["seq"], row["body"]))
    return found


BEHIND = """
SELECT t.id, coalesce(p.seq, 0) AS seen, t.seq FROM tierline.ticket t
LEFT JOIN tierline.progress p ON p.consumer = $1 AND p.ticket = t.id
WHERE t.changed_at < now() - make_interval(secs => $2)
  AND t.changed_at >= coalesce(now() - make_interval(secs => $3), '-infinity')
  AND t.seq > coalesce(p.seq, 0)
ORDER BY t.changed_at LIMIT $4
"""


CLEAN_SINCE = """
SELECT extract(epoch FROM clock_timestamp() - clean_until)::float8 AS age_s
FROM tierline.sweep WHERE consumer = $1
"""

SAVE_CLEAN = """
INSERT INTO tierline.sweep (consumer, clean_until)
VALUES ($1, clock_timestamp() - make_interval(secs => $2))
ON CONFLICT (consumer) DO UPDATE SET clean_until = greatest(sweep.clean_until, excluded.clean_until)
"""


async def clean_since(connection: Connection, consumer: str) -> float | None:
    """Seconds since a look at everything found that `consumer` had seen it all; None: never did."""
    age_s: float | None = await connection.fetchval(CLEAN_SINCE, consumer)
    return age_s


async def save_clean(connection: Connection, consumer: str, began_s: float) -> None:
    """Keep that a look which began `began_s` seconds ago found nothing unseen by `consumer`."""
    await connection.execute(SAVE_CLEAN, consumer, began_s)


async def behind(
    connection: Connection,
    consumer: str,
    *,
    older_than_s: float,
    within_s: float | None,
    limit: int,
) -> list[tuple[int, int, int]]:
    """Tickets whose events `consumer` has not all seen for over `older_than_s` real seconds.

    `within_s`: only those that changed in the last so many seconds. Returns (ticket, last seen,
    ticket's seq).
    """
    rows = await connection.fetch(
        BEHIND,
        consumer,
        older_than_s,
        within_s,
        limit,
    )
    return [(row["id"], row["seen"], row["seq"]) for row in rows]
