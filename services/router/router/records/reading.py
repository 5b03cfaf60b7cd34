"""Records as the API shows them: one, a page, and the audit of their changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn
from urllib.parse import quote

import msgspec

from router.queries.cursors import RowNumber, decode_cursor, encode_cursor
from router.records.walls import records_wall
from tierline.policy.kinds import Kind
from tierline.store.records import Key, Stored, matches_key, stored_of
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import wall, walled_to

_Name = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*\Z")]


_SHAPES: dict[int, Any] = {1: tuple[_Name], 2: tuple[_Name, _Name]}
"""The values of a cursor by how many columns the key has."""


def etag_of(stored: Stored) -> str:
    """The ETag of a record."""
    return f'"{stored.version}"'


def record_view(kind: Kind, stored: Stored) -> dict[str, Any]:
    """Everything the API shows of a record."""
    fields = kind.unpack(dict(stored.fields))
    return {
        "kind": kind.name,
        "name": kind.name_of(fields),
        "client": kind.client_of(fields),
        "address": address_of(kind, kind.key_of(fields)),
        "version": stored.version,
        "changed_at": stored.changed_at,
        "fields": {name: fields[name] for name in kind.grammar.fields if name in fields},
    }


def address_of(kind: Kind, key: Key) -> str:
    """Where a record is found."""
    return "/".join((f"/v1/records/{kind.name}", *(quote(part, safe="") for part in key)))


async def read_record(
    connection: Connection, kind: Kind, key: Key, principal: Principal, *, lock: bool = False
) -> Stored | None:
    """One record; None where there is none.

    Raises:
        ProblemError: 404 where it is behind a wall, as if there were none.
    """
    count = len(key)
    row = await connection.fetchrow(
        f"SELECT {kind.table.selected}, {records_wall(kind, count + 1)} AS visible"
        f" FROM tierline.{kind.table.name} t WHERE {matches_key(kind.table, 1)}"
        + (" FOR UPDATE OF t" if lock else ""),
        *key,
        walled_to(principal),
    )
    if row is None:
        return None
    if not row["visible"]:
        no_such_record(kind, key)
    return stored_of(kind.table, row)


def no_such_record(kind: Kind, key: Key) -> NoReturn:
    """Answer that a record does not exist. Raises ProblemError (404), always the same."""
    name = "/".join(key)
    raise ProblemError(404, "no_such_record", f"there is no {kind.one} {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list of records is narrowed to."""

    client: str = ""
    text: str = ""
    limit: int = 50
    cursor: str = ""


async def list_records(
    connection: Connection, kind: Kind, principal: Principal, wanted: Wanted
) -> tuple[list[Stored], str | None]:
    """One page of a kind in the order of its keys, and the cursor of the next.

    Raises:
        ProblemError: 422 for a cursor of another list, or a client where there is none.
    """
    values: list[Any] = [walled_to(principal)]
    conditions = [records_wall(kind, 1)]
    if wanted.client:
        conditions.append(_of_client(kind, wanted.client, values))
    if wanted.text:
        conditions.append(_matching(kind, wanted.text, values))
    if wanted.cursor:
        shape = _SHAPES[len(kind.key)]
        last = decode_cursor(wanted.cursor, f"records/{kind.name}", shape)
        conditions.append(_after(kind, last, values))
    order = ", ".join(f"t.{name}" for name in kind.table.key)
    values.append(wanted.limit + 1)
    rows = await connection.fetch(
        f"SELECT {kind.table.selected} FROM tierline.{kind.table.name} t"
        f" WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ${len(values)}",
        *values,
    )
    page = rows[: wanted.limit]
    cursor = None
    if len(rows) > wanted.limit:
        ends = [page[-1][name] for name in kind.table.key]
        cursor = encode_cursor(f"records/{kind.name}", *ends)
    return [stored_of(kind.table, row) for row in page], cursor


def _of_client(kind: Kind, client: str, values: list[Any]) -> str:
    column = kind.table.column(kind.wall)
    if column is None:
        raise ProblemError(422, "invalid", f"client: {kind.name} are nobody's alone; leave it out")
    values.append(client)
    bound = f"${len(values)}::text"
    return (
        f"{bound} = ANY(t.{column.name})"
        if column.type == "text[]"
        else f"t.{column.name} = {bound}"
    )


def _matching(kind: Kind, text: str, values: list[Any]) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values.append(f"%{escaped}%")
    return "(" + " OR ".join(f"t.{name} ILIKE ${len(values)}" for name in kind.searched) + ")"


def _after(kind: Kind, last: list[Any], values: list[Any]) -> str:
    values.extend(last)
    first = len(values) - len(last) + 1
    keys = ", ".join(f"t.{name}" for name in kind.table.key)
    return f"({keys}) > ({', '.join(f'${first + i}::text' for i in range(len(last)))})"


CHANGES = """
SELECT c.id, c.kind, c.name, c.client, c.at, c.real_at, c.by, c.how, c.batch, c.before, c.after
FROM tierline.record_change c
"""


async def list_changes(
    connection: Connection,
    principal: Principal,
    narrowed: Mapping[str, str],
    *,
    limit: int,
    cursor: str,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of changes, the newest first, and the cursor of the next.

    Args:
        connection: to read with.
        principal: who is walled to clients sees only what belongs to exactly one of them.
        narrowed: of `kind`, `name`, `client`, `by`, `how`, `batch` those that matter.
        limit: rows of the page.
        cursor: of an earlier page, or "".

    Raises:
        ProblemError: 422 for a cursor that this list did not give out.
    """
    below = decode_cursor(cursor, "changes", tuple[RowNumber])[0] if cursor else None
    values: list[Any] = [walled_to(principal), below]
    conditions = [wall("c.client", 1), "($2::bigint IS NULL OR c.id < $2)"]
    for name, value in narrowed.items():
        values.append(value)
        conditions.append(f"c.{name} = ${len(values)}")
    values.append(limit + 1)
    rows = await connection.fetch(
        f"{CHANGES} WHERE {' AND '.join(conditions)} ORDER BY c.id DESC LIMIT ${len(values)}",
        *values,
    )
    page = rows[:limit]
    following = encode_cursor("changes", page[-1]["id"]) if len(rows) > limit else None
    return [_change_view(row) for row in page], following


def _change_view(row: Any) -> dict[str, Any]:
    sides = {side: json.loads(row[side]) if row[side] else None for side in ("before", "after")}
    return {**dict(row), **sides, "fields": differences(sides["before"], sides["after"])}


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Field by field what a change did; of what was made or removed, every field."""
    old, new = before or {}, after or {}
    return {
        name: {"before": old.get(name), "after": new.get(name)}
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    }
