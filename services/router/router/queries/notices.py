"""Who was told, how it went, and who deliberately was not."""

from collections.abc import Sequence
from typing import Any

from router.limits import TICKET_NOTICES_MAX
from router.queries.cursors import RowNumber, decode_cursor, encode_cursor
from tierline.domain.explain.account import Told
from tierline.store.tickets import Connection
from tierline.web.walls import Sight, ticket_wall

_NOTICES = """
SELECT n.id, n.ticket, n.seq, n.client, n.kind, n.recipient, n.occasion, n.reach, n.state, n.reason,
    n.why, n.policy, n.created_at, n.settled_at, n.message,
    coalesce(m.channel, '') AS channel, coalesce(m.address, '') AS address,
    coalesce(m.proof, '') AS proof
FROM tierline.notice n LEFT JOIN tierline.message m ON m.id = n.message
"""


async def of_ticket(connection: Connection, number: int) -> list[dict[str, Any]]:
    """The newest TICKET_NOTICES_MAX notices of a ticket, newest first."""
    rows = await connection.fetch(
        f"{_NOTICES} WHERE n.ticket = $1 ORDER BY n.id DESC LIMIT $2", number, TICKET_NOTICES_MAX
    )
    return await _with_attempts(connection, rows)


_TOLD = """
SELECT seq, kind, recipient, occasion, reach, state, reason, policy FROM tierline.notice
WHERE ticket = $1 ORDER BY id DESC LIMIT $2
"""


async def told_of_ticket(connection: Connection, number: int) -> list[Told]:
    """The newest TICKET_NOTICES_MAX notices of a ticket as an explanation needs them."""
    rows = await connection.fetch(_TOLD, number, TICKET_NOTICES_MAX)
    return [Told(**dict(row)) for row in rows]


async def across_tickets(
    connection: Connection,
    sight: Sight,
    *,
    states: Sequence[str],
    limit: int,
    cursor: str,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of notices, newest first, and the cursor of the next.

    Raises ProblemError (422) for a cursor that this list did not give out.
    """
    below = decode_cursor(cursor, "notices", tuple[RowNumber])[0] if cursor else None
    rows = await connection.fetch(
        f"{_NOTICES} WHERE {ticket_wall('n.ticket', 'n.client', 1)}"
        " AND ($2::text[] = '{}' OR n.state = ANY($2))"
        " AND ($3::bigint IS NULL OR n.id < $3) ORDER BY n.id DESC LIMIT $4",
        sight,
        list(states),
        below,
        limit + 1,
    )
    page = rows[:limit]
    following = encode_cursor("notices", page[-1]["id"]) if len(rows) > limit else None
    return await _with_attempts(connection, page), following


async def _with_attempts(connection: Connection, rows: Sequence[Any]) -> list[dict[str, Any]]:
    messages = sorted({row["message"] for row in rows if row["message"] is not None})
    tried = await connection.fetch(
        "SELECT message, number, began_at, ended_at, outcome, detail FROM tierline.attempt"
        " WHERE message = ANY($1::bigint[]) ORDER BY message, number",
        messages,
    )
    attempts: dict[int, list[dict[str, Any]]] = {}
    for row in tried:
        fields = dict(row)
        attempts.setdefault(fields.pop("message"), []).append(fields)
    found = []
    for row in rows:
        fields = dict(row)
        fields["attempts"] = attempts.get(fields.pop("message"), [])
        found.append(fields)
    return found
