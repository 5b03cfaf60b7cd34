"""Committed rows of one table, what is unique in them, and what is pending to be."""

from collections.abc import Hashable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tierline.testing.postgres import schema
from tierline.testing.postgres.rows import Stored

if TYPE_CHECKING:
    from tierline.testing.postgres.transaction import Transaction

Key = Hashable


class UniqueIndex:
    """A unique index: committed entries, and those of transactions that are still open."""

    def __init__(self, name: str, key_of: schema.KeyOf) -> None:
        self.name = name
        self.key_of = key_of
        self.committed: dict[Hashable, Key] = {}
        self.pending: dict[Hashable, list[tuple[Transaction, Key]]] = {}

    def move(self, key: Key, old: Stored | None, new: Stored | None) -> None:
        """A row version was committed in the place of another."""
        before = None if old is None else self.key_of(old)
        after = None if new is None else self.key_of(new)
        if before == after:
            return
        if before is not None and self.committed.get(before) == key:
            del self.committed[before]
        if after is not None:
            self.committed[after] = key

    def forget(self, value: Hashable, owner: "Transaction") -> None:
        """The transaction has ended: what it had pending under `value` is committed or gone."""
        left = [one for one in self.pending.get(value, ()) if one[0] is not owner]
        if left:
            self.pending[value] = left
        else:
            self.pending.pop(value, None)


class Table:
    """One table."""

    def __init__(self, definition: schema.Table) -> None:
        self.definition = definition
        self.name = definition.name
        self.rows: dict[Key, Stored] = {}
        self.version = 0
        self.key_of: schema.KeyOf = itemgetter(*definition.key)
        self.identity = "id" if definition.optional.get("id") is schema.IDENTITY else None
        constants = {c: v for c, v in definition.optional.items() if v not in tuple(schema.Default)}
        self._constants = constants
        self._clocked = [c for c, v in definition.optional.items() if v is schema.CLOCK]
        self._begun = [c for c, v in definition.optional.items() if v is schema.NOW]
        self._width = len(definition.columns)
        self.uniques = [UniqueIndex(name, key) for name, key in definition.unique.items()]
        if self.identity is None:
            self.uniques.insert(0, UniqueIndex(f"{self.name}_pkey", self.key_of))
        self.checks = definition.checks
        self._indexes = dict(definition.indexes)
        self.found: dict[str, dict[Hashable, dict[Key, None]]] = {
            name: {} for name in self._indexes
        }
        self.views: dict[str, tuple[int, Any]] = {}
        """What was made of the committed rows, and of which version of the table."""

    def fresh(self, values: Stored, clock: Any, now: Any) -> Stored:
        """A new row: `values`, and the defaults of the columns not among them.

        Raises ValueError where a column is unknown or a required one is missing.
        """
        row = dict(self._constants)
        for column in self._clocked:
            row[column] = clock
        for column in self._begun:
            row[column] = now
        row.update(values)
        if len(row) != self._width:
            wrong = set(row) ^ set(self.definition.columns)
            raise ValueError(f"{self.name}: unknown or missing columns {sorted(wrong)}")
        return row

    def index_key(self, name: str, row: Stored) -> Hashable:
        """What a row is found under in the index of that name."""
        return self._indexes[name](row)

    def write(self, key: Key, new: Stored | None) -> Stored | None:
        """Put a committed version in the place of another (None: none); returns the old one."""
        old = self.rows.get(key)
        if new is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = new
        for unique in self.uniques:
            unique.move(key, old, new)
        for name, key_of in self._indexes.items():
            before = None if old is None else key_of(old)
            after = None if new is None else key_of(new)
            if before != after:
                self._refile(self.found[name], key, before, after)
        self.version += 1
        return old

    @staticmethod
    def _refile(
        index: dict[Hashable, dict[Key, None]], key: Key, before: Hashable, after: Hashable
    ) -> None:
        if before is not None:
            there = index[before]
            del there[key]
            if not there:
                del index[before]
        if after is not None:
            index.setdefault(after, {})[key] = None
