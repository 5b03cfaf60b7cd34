"""Rows of any table: read page by page, and changed where they hold the person."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from tierline.store.erasure.catalog import BYTES, JSON, WORDS, Shape
from tierline.store.erasure.limits import PAGE_ROWS
from tierline.store.erasure.tables import SEARCHED
from tierline.store.erasure.words import NO_NAME, Replacing, read_json
from tierline.store.tickets import Connection

Key = tuple[str, ...]
"""The values of a row's key, as text."""

CLIENT_KEYS = (("client",), ("ticket", "client"), ("data", "client"), ("data", "ticket", "client"))
"""Where a document says whose it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as far as it holds words: JSON as text."""

    key: Key
    values: dict[str, Any]


def _key(shape: Shape) -> str:
    return ", ".join(f't."{name}"' for name in shape.key)


def _selected(shape: Shape) -> str:
    keys = [f't."{name}"::text AS "key_{at}"' for at, name in enumerate(shape.key)]
    words = [
        f't."{name}"::text AS "{name}"' if kind == JSON else f't."{name}"'
        for name, kind in shape.columns.items()
    ]
    return ", ".join([*keys, *words])


def _bound(shape: Shape, first: int) -> str:
    binds = (f"${first + at}::text::{type_}" for at, type_ in enumerate(shape.key.values()))
    return ", ".join(binds)


def _row(shape: Shape, found: Any) -> Row:
    key = tuple(found[f"key_{at}"] for at in range(len(shape.key)))
    return Row(key, {name: found[name] for name in shape.columns})


async def holding(
    connection: Connection, shape: Shape, patterns: Sequence[str], only: str = ""
) -> AsyncIterator[list[Row]]:
    """The rows of a table that may hold one of `patterns` (ILIKE), page by page.

    `only`: a condition on the row `t` beside, without bound values.
    """
    after: Key | None = None
    given: tuple[Any, ...] = (list(patterns),) if shape.sieved else ()
    conditions = [*(("t::text ILIKE ANY($1)",) if shape.sieved else ()), *((only,) if only else ())]
    while True:
        until = await _end_of_page(connection, shape, after, only)
        where, bound = [*conditions], [*given]
        for sign, edge in ((">", after), ("<=", until)):
            if edge is not None:
                where.append(f"({_key(shape)}) {sign} ({_bound(shape, len(bound) + 1)})")
                bound += edge
        found = await connection.fetch(
            f'SELECT {_selected(shape)} FROM tierline."{shape.table}" t'
            f" WHERE {' AND '.join(where) or 'true'} ORDER BY {_key(shape)}",
            *bound,
        )
        if found:
            yield [_row(shape, one) for one in found]
        if until is None:
            return
        after = until


async def _end_of_page(
    connection: Connection, shape: Shape, after: Key | None, only: str
) -> Key | None:
    """The key of the last row of the page behind `after`; None: the page is the last."""
    where = [*((only,) if only else ())]
    if after is not None:
        where.append(f"({_key(shape)}) > ({_bound(shape, 1)})")
    keys = ", ".join(f't."{name}"::text AS "key_{at}"' for at, name in enumerate(shape.key))
    found = await connection.fetchrow(
        f'SELECT {keys} FROM tierline."{shape.table}" t WHERE {" AND ".join(where) or "true"}'
        f" ORDER BY {_key(shape)} OFFSET {PAGE_ROWS - 1} LIMIT 1",
        *(after or ()),
    )
    return None if found is None else tuple(found.values())


def client_of(shape: Shape, row: Row) -> str | None:
    """Whose a row is, by its column or by what is written in it; None: it does not say."""
    if shape.client:
        client: str | None = row.values[shape.client]
        return client
    for name, kind in shape.columns.items():
        found = _document(row.values[name]) if kind in {JSON, BYTES} else None
        for path in CLIENT_KEYS:
            inner = found
            for step in path:
                inner = inner.get(step) if isinstance(inner, dict) else None
            if isinstance(inner, str):
                return inner
    return None


def _document(value: Any) -> Any:
    try:
        text = value.decode() if isinstance(value, bytes) else value
        return None if text is None else read_json(text)
    except (ValueError, RecursionError):  # no JSON, or no text at all, or nested too deep
        return None


def changed(shape: Shape, row: Row, replacing: Replacing) -> dict[str, Any]:
    """The columns of a row that hold the person, as they are to be; empty: none does."""
    known = replacing.person.known_at(client_of(shape, row))
    things = NO_NAME | SEARCHED[shape.table]
    found = {}
    for name, kind in shape.columns.items():
        before = row.values[name]
        if before is not None:
            after = _replaced(replacing, kind, before, names=known and name not in things)
            if after != before:
                found[name] = after
    return found


def _replaced(replacing: Replacing, kind: str, before: Any, *, names: bool) -> Any:
    if kind == JSON:
        return replacing.json(before, names=names)
    if kind == WORDS:
        return [None if one is None else replacing.text(one, names=names) for one in before]
    if kind == BYTES:
        return _replaced_bytes(replacing, before, names=names)
    return replacing.text(before, names=names)


def _replaced_bytes(replacing: Replacing, before: bytes, *, names: bool) -> bytes:
    """JSON as JSON, other text as text; what is no UTF-8 stays what it is around the words."""
    text = before.decode(errors="surrogateescape")
    try:
        after = replacing.json(text, names=names)
    except ValueError:
        after = replacing.text(text, names=names)
    return after.encode(errors="surrogateescape")


async def read_locked(connection: Connection, shape: Shape, key: Key) -> Row | None:
    """The row as it is now, locked until the end of the transaction."""
    where = f"({_key(shape)}) = ({_bound(shape, 1)})"
    found = await connection.fetchrow(
        f'SELECT {_selected(shape)} FROM tierline."{shape.table}" t WHERE {where} FOR UPDATE', *key
    )
    return None if found is None else _row(shape, found)


async def write(connection: Connection, shape: Shape, row: Row, values: dict[str, Any]) -> None:
    """Give columns of a row their new values."""
    first = len(shape.key) + 1
    sets = []
    for at, name in enumerate(values):
        as_json = "::text::json" if shape.columns[name] == JSON else ""
        sets.append(f'"{name}" = ${first + at}{as_json}')
    where = f"({_key(shape)}) = ({_bound(shape, 1)})"
    await connection.execute(
        f'UPDATE tierline."{shape.table}" t SET {", ".join(sets)} WHERE {where}',
        *row.key,
        *values.values(),
    )


def as_document(row: Row) -> Any:
    """A row as a document, with those in it read: to see what stands beside what."""
    return {
        name: found if (found := _document(value)) is not None else value
        for name, value in row.values.items()
        if not isinstance(value, bytes) or value
    }
