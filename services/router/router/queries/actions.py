"""Open actions across tickets, the first to be due on top, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec

from router.queries.cursors import RowNumber, decode_cursor, encode_cursor
from tierline.domain.action import numbered
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection
from tierline.web.walls import Sight, ticket_wall

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_AFTER = tuple[_Instant, RowNumber, RowNumber]
_LIST = "actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to. `owner` None: everybody's; `due_by`: due by then (UTC)."""

    sight: Sight
    owner: str | None = None
    client: str | None = None
    due_by: datetime | None = None
    limit: int = 50
    cursor: str = ""


LIST_ACTIONS = f"""
SELECT a.ticket, a.number, a.due, t.doc FROM tierline.action a
JOIN tierline.ticket t ON t.id = a.ticket
WHERE {ticket_wall("t.id", "t.client", 1)}
    AND ($2::text IS NULL OR a.owner = $2) AND ($3::text IS NULL OR t.client = $3)
    AND ($4::timestamptz IS NULL OR a.due <= $4)
    AND ($5::timestamptz IS NULL OR (a.due, a.ticket, a.number) > ($5, $6::bigint, $7::int))
ORDER BY a.due, a.ticket, a.number LIMIT $8
"""


async def list_actions(
    connection: Connection, wanted: Wanted, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of actions, and the cursor of the next (None: this was the last).

    Raises ProblemError (422) for a cursor that this list did not give out.
    """
    after = decode_cursor(wanted.cursor, _LIST, _AFTER) if wanted.cursor else [None, None, None]
    rows = await connection.fetch(
        LIST_ACTIONS,
        wanted.sight,
        wanted.owner,
        wanted.client,
        wanted.due_by,
        *after,
        wanted.limit + 1,
    )
    page = rows[: wanted.limit]
    last = page[-1] if len(rows) > wanted.limit else None
    cursor = encode_cursor(_LIST, last["due"], last["ticket"], last["number"]) if last else None
    return [_shown(row, now) for row in page], cursor


def _shown(row: Any, now: datetime) -> dict[str, Any]:
    ticket = decode_ticket(row["doc"])
    action = numbered(ticket.actions, row["number"])
    if action is None:
        raise AssertionError(f"ticket {ticket.id} has no action {row['number']}")
    return {
        "ticket": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "type": ticket.type,
        "state": ticket.state,
        "priority": ticket.priority,
        "number": action.number,
        "what": action.what,
        "kind": action.kind,
        "owner": action.owner,
        "due": action.due,
        "overdue": action.due <= now,
        "moves": action.moves,
    }
