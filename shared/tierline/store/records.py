"""Records as rows: a column for what is looked up, `doc` for the rest, and every change kept.

What a table looks like stands in a `Table`; there is one set of statements for all of them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any]"
Fields: TypeAlias = Mapping[str, Any]
"""A record as it is stored, flat: the fields that have columns beside those that have none."""

Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of its own for a field; `empty` is what a record without the field has there."""

    name: str
    type: str = "text"
    empty: Any = ""
    field: str = ""

    @property
    def of(self) -> str:
        """The field it holds."""
        return self.field or self.name


@dataclass(frozen=True, slots=True)
class Table:
    """Where the records of a kind are: its columns, the first of which are the key."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def selected(self) -> str:
        """What a statement reads of a row `t`, for `stored_of`."""
        names = ", ".join(f"t.{column.name}" for column in self.columns)
        return f"{names}, t.doc, t.version, t.changed_at, t.loaded"

    def column(self, field: str) -> Column | None:
        """The column of a field; None where it has none."""
        return next((column for column in self.columns if column.of == field), None)


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was read; `loaded`: the digest of the folder's entry it came from, if any."""

    fields: Fields
    version: int
    changed_at: datetime
    loaded: str


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record before (None: it is made) and after (None: it is removed).

    Attributes:
        key: of its row.
        name: how people call it, without its client.
        client: whom it belongs to; empty: to nobody alone.
        before, after: as stored.
        shown_before, shown_after: as written, for the audit.
        loaded: the digest of the folder's entry it was last loaded from, if any.
    """

    key: Key
    name: str
    client: str
    before: Fields | None
    after: Fields | None
    shown_before: Fields | None
    shown_after: Fields | None
    loaded: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Who changed records, and how: `api`, `csv`, `folder` or `page`; `batch` is an import's id."""

    by: str
    how: str
    batch: str = ""


def stored_of(table: Table, row: Any) -> Stored:
    """The record of a row that was read with `table.selected`."""
    fields: dict[str, Any] = json.loads(row["doc"])
    for column in table.columns:
        if row[column.name] != column.empty:
            fields[column.of] = row[column.name]
    return Stored(fields, row["version"], row["changed_at"], row["loaded"])


async def lock_records(connection: Connection) -> None:
    """Let one transaction at a time write records: what names what must hold when it commits."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('tierline records'))")


def matches_key(table: Table, first: int) -> str:
    """The condition that finds a row `t` by its key, whose values are bound from `first` on."""
    return " AND ".join(f"t.{name} = ${first + i}" for i, name in enumerate(table.key))


async def read_by_key(
    connection: Connection, table: Table, keys: Sequence[Key], *, lock: bool = False
) -> dict[Key, Stored]:
    """The records with these keys, of those that exist.

    Args:
        connection: inside a transaction, where they are locked.
        table: of their kind.
        keys: any number.
        lock: hold the rows until the commit.
    """
    if not keys:
        return {}
    columns = [[key[i] for key in keys] for i in range(len(table.key))]
    asked = ", ".join(f"${i + 1}::text[]" for i in range(len(table.key)))
    rows = await connection.fetch(
        f"SELECT {table.selected} FROM tierline.{table.name} t WHERE ({_names(table.key)}) IN"
        f" (SELECT * FROM unnest({asked})) ORDER BY {_names(table.key)}"
        + (" FOR UPDATE" if lock else ""),
        *columns,
    )
    return {tuple(row[name] for name in table.key): stored_of(table, row) for row in rows}


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"t.{name}" for name in names)


async def write_changes(
    connection: Connection, kind: str, table: Table, changes: Sequence[RecordChange], cause: Cause
) -> None:
    """Write changes of one kind and keep each in the audit.

    Args:
        connection: inside a transaction, with the rows of what is changed locked.
        kind: its name.
        table: its table.
        changes: each key once.
        cause: kept with each.
    """
    gone = [change.key for change in changes if change.after is None]
    if gone:
        await connection.executemany(
            f"DELETE FROM tierline.{table.name} t WHERE {matches_key(table, 1)}", gone
        )
    rows = [_row(table, it.after, it.loaded) for it in changes if it.after is not None]
    if rows:
        await connection.executemany(upsert(table), rows)
    if changes:
        await connection.executemany(_AUDIT, [_audited(kind, it, cause) for it in changes])


def upsert(table: Table) -> str:
    """The statement that makes a row, or brings it to its next version."""
    names = [column.name for column in table.columns]
    binds = [f"${i + 1}::{column.type}" for i, column in enumerate(table.columns)]
    binds += [f"${len(names) + 1}::json", f"${len(names) + 2}::text"]
    names += ["doc", "loaded"]
    news = [f"{name} = excluded.{name}" for name in names if name not in table.key]
    return (
        f"INSERT INTO tierline.{table.name} AS t ({', '.join(names)}) VALUES ({', '.join(binds)})"
        f" ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {', '.join(news)},"
        " version = t.version + 1, changed_at = clock_timestamp()"
    )


def _row(table: Table, fields: Fields, loaded: str) -> tuple[Any, ...]:
    own = {column.of for column in table.columns}
    rest = {name: value for name, value in fields.items() if name not in own}
    values = [fields.get(column.of, column.empty) for column in table.columns]
    return (*values, json.dumps(rest, ensure_ascii=False), loaded)


_AUDIT = """
INSERT INTO tierline.record_change (kind, name, client, at, by, how, batch, before, after)
VALUES ($1, $2, $3, tierline.policy_now(), $4, $5, $6, $7, $8)
"""


def _audited(kind: str, change: RecordChange, cause: Cause) -> tuple[Any, ...]:
    sides = (
        None if side is None else json.dumps(side, ensure_ascii=False)
        for side in (change.shown_before, change.shown_after)
    )
    return (kind, change.name, change.client, cause.by, cause.how, cause.batch, *sides)
