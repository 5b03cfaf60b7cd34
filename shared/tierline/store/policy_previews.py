"""Previews of a version of the policy: what was shown, whether it was applied, how far it is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tierline.domain.ticket import Ticket
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection

KEPT: Final = 50
"""Previews that are kept, the newest; one that is being carried out stays whatever comes."""

OPEN_TICKETS = (
    "SELECT doc FROM tierline.ticket WHERE state <> 'closed' AND id > $1 ORDER BY id LIMIT $2"
)


async def open_tickets(connection: Connection, after: int, limit: int) -> list[Ticket]:
    """Up to `limit` open tickets with a number above `after`, in order, without a lock."""
    rows = await connection.fetch(OPEN_TICKETS, after, limit)
    return [decode_ticket(row["doc"]) for row in rows]


COUNT_OPEN = (
    "SELECT count(*) AS open, coalesce(max(id), 0) AS last,"
    " count(*) FILTER (WHERE id > $1) AS newer FROM tierline.ticket WHERE state <> 'closed'"
)


@dataclass(frozen=True, slots=True)
class OpenNow:
    """How many tickets are open, the highest number, and how many came after a given one."""

    count: int
    last: int
    newer: int


async def count_open(connection: Connection, after: int = 0) -> OpenNow:
    """Count the open tickets, and those with a number above `after`."""
    row: Any = await connection.fetchrow(COUNT_OPEN, after)
    return OpenNow(row["open"], row["last"], row["newer"])


@dataclass(frozen=True, slots=True)
class Preview:
    """One preview.

    Attributes:
        id: its token.
        version: of the policy that was looked at, `document` its canonical document.
        base: the version in force at the time.
        answer: what was shown.
        age_s: real seconds since it was made.
        open: the tickets that were open, `last_ticket` the highest number among them.
        applied_at: when it was made the active version; None: it was not.
        move: whether open tickets are to be moved to its terms, `only` those of these priorities;
            empty: all.
        moved_up_to: the last ticket that was looked at, `moved` how many were moved.
        ended_at: when the last one was.
    """

    id: str
    version: str
    document: Mapping[str, Any]
    base: str
    answer: Mapping[str, Any]
    made_at: datetime
    made_by: str
    age_s: float
    open: int
    last_ticket: int
    applied_at: datetime | None
    applied_by: str
    applied_s: float
    reason: str
    move: bool
    only: tuple[str, ...]
    moved_up_to: int
    moved: int
    ended_at: datetime | None


KEEP_PREVIEW = (
    "INSERT INTO tierline.policy_preview"
    " (id, version, document, base, answer, made_by, open, last_ticket)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
)
FORGET_PREVIEWS = (
    "DELETE FROM tierline.policy_preview WHERE id IN (SELECT id FROM tierline.policy_preview"
    " WHERE NOT (move AND applied_at IS NOT NULL AND ended_at IS NULL)"
    " ORDER BY made_at DESC OFFSET $1)"
)


async def keep_preview(
    connection: Connection,
    *,
    id: str,  # noqa: A002 - the preview's own word
    version: str,
    document: Mapping[str, Any],
    base: str,
    answer: Mapping[str, Any],
    by: str,
    seen: OpenNow,
) -> None:
    """Keep a new preview; of the older ones those beyond KEPT go."""
    await connection.execute(
        KEEP_PREVIEW,
        id,
        version,
        json.dumps(document),
        base,
        json.dumps(answer),
        by,
        seen.count,
        seen.last,
    )
    await connection.execute(FORGET_PREVIEWS, KEPT)


_COLUMNS = (
    "id, version, document, base, answer, made_at, made_by, open, last_ticket, applied_at,"
    " applied_by, reason, move, only_priorities, moved_up_to, moved, ended_at,"
    " extract(epoch FROM now() - made_at)::float8 AS age_s,"
    " coalesce(extract(epoch FROM now() - applied_at), 0)::float8 AS applied_s"
)
READ_PREVIEW = f"SELECT {_COLUMNS} FROM tierline.policy_preview WHERE id = $1"
LOCK_PREVIEW = f"{READ_PREVIEW} FOR UPDATE"
LIST_PREVIEWS = f"SELECT {_COLUMNS} FROM tierline.policy_preview ORDER BY made_at DESC LIMIT $1"


async def read_preview(
    connection: Connection,
    id: str,  # noqa: A002 - the preview's own word
    *,
    lock: bool = False,
) -> Preview | None:
    """The preview of that token, its row locked until the commit where asked; None: none."""
    row = await connection.fetchrow(LOCK_PREVIEW if lock else READ_PREVIEW, id)
    return None if row is None else _preview(row)


async def list_previews(connection: Connection) -> Sequence[Preview]:
    """The previews that are kept, the newest first."""
    return [_preview(row) for row in await connection.fetch(LIST_PREVIEWS, KEPT)]


def _preview(row: Any) -> Preview:
    return Preview(
        id=row["id"],
        version=row["version"],
        document=json.loads(row["document"]),
        base=row["base"],
        answer=json.loads(row["answer"]),
        made_at=row["made_at"],
        made_by=row["made_by"],
        age_s=row["age_s"],
        open=row["open"],
        last_ticket=row["last_ticket"],
        applied_at=row["applied_at"],
        applied_by=row["applied_by"],
        applied_s=row["applied_s"],
        reason=row["reason"],
        move=row["move"],
        only=tuple(row["only_priorities"]),
        moved_up_to=row["moved_up_to"],
        moved=row["moved"],
        ended_at=row["ended_at"],
    )


APPLY_PREVIEW = (
    "UPDATE tierline.policy_preview SET applied_at = now(), applied_by = $2, reason = $3,"
    " move = $4, only_priorities = $5 WHERE id = $1"
)


async def mark_applied(
    connection: Connection, preview: Preview, by: str, reason: str, *, move: bool, only: list[str]
) -> None:
    """Note that a preview's version is active now, and what is to become of the open tickets."""
    await connection.execute(APPLY_PREVIEW, preview.id, by, reason, move, only)


TO_MOVE = (
    "SELECT id FROM tierline.ticket WHERE state IN ('queued', 'working', 'on_hold') AND id > $1"
    " AND (cardinality($2::text[]) = 0 OR priority = ANY($2)) ORDER BY id LIMIT $3"
)
LEFT_TO_MOVE = (
    "SELECT count(*) FROM tierline.ticket WHERE state IN ('queued', 'working', 'on_hold')"
    " AND id > $1 AND (cardinality($2::text[]) = 0 OR priority = ANY($2))"
)
MOVED = (
    "UPDATE tierline.policy_preview SET moved_up_to = $2, moved = moved + $3,"
    " ended_at = CASE WHEN $4 THEN now() END WHERE id = $1"
)


async def next_to_move(connection: Connection, preview: Preview, limit: int) -> list[int]:
    """The numbers of up to `limit` tickets that come next."""
    rows = await connection.fetch(TO_MOVE, preview.moved_up_to, list(preview.only), limit)
    return [row["id"] for row in rows]


async def left_to_move(connection: Connection, preview: Preview, up_to: int) -> int:
    """How many tickets come after number `up_to`."""
    found: int = await connection.fetchval(LEFT_TO_MOVE, up_to, list(preview.only))
    return found


async def mark_moved(
    connection: Connection, preview: Preview, up_to: int, moved: int, *, ended: bool
) -> None:
    """Note how far the moving is."""
    await connection.execute(MOVED, preview.id, up_to, moved, ended)
