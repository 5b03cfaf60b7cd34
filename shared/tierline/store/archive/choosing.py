"""Which tickets can be archived now, and why the others cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tierline.domain.retention import leans_on, owes
from tierline.messages.alert import ID_MAX
from tierline.messages.state import decode_ticket
from tierline.store.archive.limits import LOOKED_AT_MAX, RESTORED_FOR
from tierline.store.tickets import Connection

OLD_ENOUGH = """
SELECT t.id, t.seq, t.doc, t.changed_at,
    EXISTS (SELECT FROM tierline.notice n WHERE n.ticket = t.id AND n.state IN ('pending', 'held'))
    OR EXISTS (SELECT FROM tierline.reaction r WHERE r.ticket = t.id AND r.state = 'pending')
    OR EXISTS (SELECT FROM tierline.reaction r WHERE r.target = t.id AND r.state = 'pending')
    OR EXISTS (SELECT FROM tierline.sweep w
        LEFT JOIN tierline.progress p ON p.consumer = w.consumer AND p.ticket = t.id
        WHERE coalesce(p.seq, 0) < t.seq) AS unheard,
    EXISTS (SELECT FROM tierline.archived a WHERE a.ticket = t.id
        AND a.restored_at > clock_timestamp() - $3::interval) AS restored
FROM tierline.ticket t
WHERE t.id > $1 AND t.id < coalesce((SELECT min(m.first) FROM tierline.month m
        WHERE m.kind = 'ticket' AND m.begins > ($2::timestamptz AT TIME ZONE 'UTC')::date), $5)
    AND t.state = 'closed' AND t.opened_at < $2 AND t.recorded_at < $2
ORDER BY t.id LIMIT $4
"""
"""Closed tickets on which nothing has happened since; months that began later are not looked at.
`unheard`: somebody has yet to act on it."""

STILL_OPEN = "SELECT id FROM tierline.ticket WHERE id = ANY($1::bigint[]) AND state <> 'closed'"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A closed ticket that is old enough; `kept`: why it stays all the same, or empty.

    `changed_at`: when its row was written last (real time); an erasure makes no event.
    """

    number: int
    seq: int
    closed_at: datetime
    recorded_at: datetime
    changed_at: datetime
    kept: str


async def candidates(
    connection: Connection, after: int, before: datetime, limit: int = LOOKED_AT_MAX
) -> list[Candidate]:
    """The next closed tickets on which nothing has happened since `before` (UTC policy time).

    Args:
        connection: in no transaction, or in any.
        after: tickets with higher numbers are looked at.
        before: the instant.
        limit: how many at most; fewer are found where there are no more.
    """
    rows = await connection.fetch(OLD_ENOUGH, after, before, RESTORED_FOR, limit, ID_MAX)
    tickets = [decode_ticket(row["doc"]) for row in rows]
    named = {number for ticket in tickets for number in leans_on(ticket)}
    opened = {row["id"] for row in await connection.fetch(STILL_OPEN, sorted(named))}
    found = []
    for row, ticket in zip(rows, tickets, strict=True):
        why = owes(ticket) or _kept(row, sorted(opened & set(leans_on(ticket))))
        closed_at = ticket.closed_at or ticket.recorded_at
        instants = (closed_at, ticket.recorded_at, row["changed_at"])
        found.append(Candidate(ticket.id, row["seq"], *instants, why))
    return found


def _kept(row: Any, opened: Sequence[int]) -> str:
    if opened:
        return f"ticket {opened[0]}, which it belongs to, is open"
    if row["unheard"]:
        return "somebody has yet to be told"
    return "it was brought back lately" if row["restored"] else ""
