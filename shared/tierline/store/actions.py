"""Rows beside the tickets: their open actions, who stands beside their owners, who may see them.

A ticket's state is the truth. These rows follow it in the transaction that writes it, and only
where they change, so that a list of somebody's actions, their load, or a wall, need not read every
ticket.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg

from tierline.domain.action import open_of
from tierline.domain.seeing import keys_of, marked
from tierline.domain.ticket import Ticket

Connection: TypeAlias = "asyncpg.Connection[Any]"
Pair: TypeAlias = tuple[Ticket | None, Ticket]
"""A ticket before (None: it is being opened) and after what is being written."""

KEEP_ACTIONS = """
WITH kept AS (
    INSERT INTO tierline.action (ticket, number, owner, due)
    SELECT * FROM unnest($2::bigint[], $3::int[], $4::text[], $5::timestamptz[])
    ON CONFLICT (ticket, number) DO UPDATE SET owner = excluded.owner, due = excluded.due
)
DELETE FROM tierline.action a WHERE a.ticket = ANY($1::bigint[]) AND NOT EXISTS (
    SELECT 1 FROM unnest($2::bigint[], $3::int[]) AS u(ticket, number)
    WHERE u.ticket = a.ticket AND u.number = a.number)
"""

KEEP_JOINED = """
WITH kept AS (
    INSERT INTO tierline.joined (ticket, login)
    SELECT * FROM unnest($2::bigint[], $3::text[]) ON CONFLICT DO NOTHING
)
DELETE FROM tierline.joined j WHERE j.ticket = ANY($1::bigint[]) AND NOT EXISTS (
    SELECT 1 FROM unnest($2::bigint[], $3::text[]) AS u(ticket, login)
    WHERE u.ticket = j.ticket AND u.login = j.login)
"""


KEEP_RESTRICTED = """
WITH kept AS (
    INSERT INTO tierline.restricted (ticket, keys)
    SELECT u.ticket, array_agg(u.key ORDER BY u.key)
    FROM unnest($2::bigint[], $3::text[]) AS u(ticket, key) GROUP BY u.ticket
    ON CONFLICT (ticket) DO UPDATE SET keys = excluded.keys
)
DELETE FROM tierline.restricted r
WHERE r.ticket = ANY($1::bigint[]) AND r.ticket <> ALL($2::bigint[])
"""


async def write_beside(connection: Connection, pairs: Iterable[Pair]) -> None:
    """Bring the rows beside the tickets in line; their own rows are written and locked already."""
    acting, joining, restricted = [], [], []
    for before, after in pairs:
        if _actions(before) != _actions(after):
            acting.append(after)
        if (before.joined if before else ()) != after.joined:
            joining.append(after)
        if (keys_of(before) if before else ()) != keys_of(after):
            restricted.append(after)
    if acting:
        rows = [(t.id, *action) for t in acting for action in _actions(t)]
        await connection.execute(KEEP_ACTIONS, [t.id for t in acting], *_columns(rows, 4))
    if joining:
        people = [(t.id, login) for t in joining for login in t.joined]
        await connection.execute(KEEP_JOINED, [t.id for t in joining], *_columns(people, 2))
    if restricted:
        keys = [(t.id, marked(key)) for t in restricted for key in keys_of(t)]
        await connection.execute(KEEP_RESTRICTED, [t.id for t in restricted], *_columns(keys, 2))


def _actions(ticket: Ticket | None) -> list[tuple[int, str, datetime]]:
    """Number, owner and due instant of what is still to be done on an open ticket."""
    if ticket is None or not ticket.actions or not ticket.open:
        return []
    return [(action.number, action.owner, action.due) for action in open_of(ticket.actions)]


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
