"""What a statement reads and writes through: one transaction, READ COMMITTED.

Reads see what is committed at that moment and the transaction's own writes. An answer that gathers
what it is about to lock before its first wait therefore has the statement's snapshot, and after
each wait must look at the newest version again, which `lock_rows` and `update` do.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from tierline.testing.postgres.locks import What
from tierline.testing.postgres.rows import Stored
from tierline.testing.postgres.table import Key, Table, UniqueIndex

if TYPE_CHECKING:
    from tierline.testing.postgres.fake import FakePostgres

Change = tuple[str, Stored | None, Stored | None]
"""Table, the row before (None: inserted) and after (None: deleted)."""

Still = Callable[[Stored], bool]
"""Whether a row still meets the statement's condition."""

_ABSENT: Any = object()


class Transaction:
    """An open transaction, or the one that a statement outside any makes for itself.

    Attributes:
        process: whose it is.
        now: what now() answers in it (UTC).
        held: the rows it has locked, in order.
        awaited: those who wait for its end.
        blockers: whom it waits for, while it waits.
        waiting: what it waits on, while it waits.
        aborted: a statement of it failed; only a rollback is possible.
        lost: its connection is gone, and so are its writes.
    """

    __slots__ = (
        "_noted",
        "_postgres",
        "_written",
        "aborted",
        "awaited",
        "blockers",
        "held",
        "lost",
        "now",
        "process",
        "waiting",
    )

    def __init__(self, postgres: "FakePostgres", process: object) -> None:
        self.process = process
        self.now: datetime = postgres.clock()
        self.held: dict[What, None] = {}
        self.awaited: list[asyncio.Future[None]] = []
        self.blockers: Callable[[], list[Transaction]] | None = None
        self.waiting: asyncio.Future[None] | None = None
        self.aborted = False
        self.lost = False
        self._postgres = postgres
        self._written: dict[str, dict[Key, Stored | None]] = {}
        self._noted: list[tuple[UniqueIndex, Hashable]] = []

    # -- time

    def clock(self) -> datetime:
        """clock_timestamp(): real time this instant, UTC."""
        return self._postgres.clock()

    def policy_now(self) -> datetime:
        """tierline.policy_now(), by the row of the policy clock that this transaction sees."""
        row = self.get("policy_clock", True)
        if row is None:
            raise ValueError("the policy clock has no row")
        return policy_time(row, self.clock())

    def shuffle(self, values: list[Any]) -> None:
        """Put `values` in the order that ORDER BY random() gives, in place."""
        self._postgres.shuffle(values)

    # -- reading

    def get(self, table: str, key: Key) -> Stored | None:
        """The row of that primary key (a value, or a tuple of them), None where there is none."""
        written = self._written.get(table)
        if written is not None and key in written:
            return written[key]
        return self._postgres.tables[table].rows.get(key)

    def rows(self, table: str) -> Iterable[Stored]:
        """Every row, in no order that may be relied on."""
        return self._merge(table, self._postgres.tables[table].rows.items())

    def find(self, table: str, index: str, value: Hashable) -> list[Stored]:
        """The rows that the index files under `value`."""
        stored = self._postgres.tables[table]
        keys = stored.found[index].get(value, {})
        if table not in self._written:
            return [stored.rows[key] for key in keys]
        own = self._written[table]
        found = [stored.rows[key] for key in keys if key not in own]
        found += [row for row in own.values() if row and stored.index_key(index, row) == value]
        return found

    def view(
        self,
        table: str,
        name: str,
        make: Callable[[Iterable[Stored]], Any],
        *,
        index: str = "",
        value: Hashable = True,
    ) -> Any:
        """`make` of every row; kept from one statement to the next while nothing changes.

        Args:
            table: its name.
            name: of the view, the same for the same other arguments.
            make: must not depend on anything but the rows; its outcome is never written into.
            index: only what this index files under `value`; empty: every row.
            value: see there.
        """
        stored = self._postgres.tables[table]
        own = table in self._written
        kept = None if own else stored.views.get(name)
        if kept is not None and kept[0] == stored.version:
            return kept[1]
        made = make(self.find(table, index, value) if index else self.rows(table))
        if not own:
            stored.views[name] = (stored.version, made)
        return made

    def _merge(self, table: str, committed: Iterable[tuple[Key, Stored]]) -> Iterator[Stored]:
        own = self._written.get(table, {})
        for key, row in committed:
            if key not in own:
                yield row
        for written in own.values():
            if written is not None:
                yield written

    # -- locking

    def try_lock(self, table: str, key: Key) -> bool:
        """FOR UPDATE SKIP LOCKED on one row: whether it is locked by us now."""
        return self._postgres.locks.try_take(self, (table, key))

    async def lock(self, table: str, key: Key, *, share: bool = False) -> Stored | None:
        """FOR UPDATE (or FOR SHARE) on one row; its newest version, None where it is gone.

        Raises what a wait for a lock raises (DeadlockDetectedError, LockNotAvailableError).
        """
        await self._postgres.locks.take(self, (table, key), share=share)
        return self.get(table, key)

    async def lock_rows(
        self, table: str, keys: Sequence[Key], *, still: Still | None = None, share: bool = False
    ) -> list[Stored]:
        """Lock rows in the order given; the newest versions of those that `still` qualify."""
        found = []
        for key in keys:
            row = await self.lock(table, key, share=share)
            if row is not None and (still is None or still(row)):
                found.append(row)
        return found

    def try_advisory(self, space: int, number: int) -> bool:
        """What pg_try_advisory_xact_lock(space, number) answers."""
        return self._postgres.locks.try_advisory(self, space, number)

    # -- writing

    def nextval(self, sequence: str) -> int:
        """The next number of a sequence (of an identity: its table's name); never given back."""
        return self._postgres.nextval(sequence)

    async def insert(
        self, table: str, values: Stored, *, or_nothing: str | None = None
    ) -> Stored | None:
        """Insert a row, waiting for open transactions that may have its unique keys.

        Args:
            table: its name.
            values: the columns given; an identity that is not among them is drawn.
            or_nothing: the unique index that ON CONFLICT DO NOTHING names; "" stands for any.

        Returns:
            The row, or None where a conflict made nothing of it.

        Raises:
            asyncpg.UniqueViolationError: the key is taken.
            asyncpg.CheckViolationError: a constraint refuses the row.
        """
        stored = self._postgres.tables[table]
        if stored.identity is not None and stored.identity not in values:
            values = {**values, stored.identity: self.nextval(table)}
        row = stored.fresh(values, self.clock(), self.now)
        _check(stored, row)
        key = stored.key_of(row)
        for index in stored.uniques:
            if not await self._free(stored, index, key, row, None):
                if or_nothing is not None and or_nothing in {"", index.name}:
                    return None
                raise _taken(index.name)
        self._put(stored, key, row, None)
        return row

    async def update(
        self,
        table: str,
        key: Key,
        changes: Stored | Callable[[Stored], Stored],
        *,
        still: Still | None = None,
    ) -> Stored | None:
        """Change one row, locking it; the new version, None where it is gone or disqualified.

        Args:
            table: its name.
            key: its primary key.
            changes: columns and their new values, or what gives them for the newest version.
            still: the statement's condition, judged on the newest version.

        Raises:
            What a wait for a lock raises, asyncpg.UniqueViolationError,
            asyncpg.CheckViolationError.
        """
        old = await self.lock(table, key)
        if old is None or (still is not None and not still(old)):
            return None
        stored = self._postgres.tables[table]
        row = {**old, **(changes(old) if callable(changes) else changes)}
        _check(stored, row)
        for index in stored.uniques:
            if not await self._free(stored, index, key, row, old):
                raise _taken(index.name)
        self._put(stored, key, row, old)
        return row

    async def delete(self, table: str, key: Key, *, still: Still | None = None) -> bool:
        """Delete one row, locking it; False where it is gone or disqualified by then."""
        old = await self.lock(table, key)
        if old is None or (still is not None and not still(old)):
            return False
        self._written.setdefault(table, {})[key] = None
        return True

    def _put(self, stored: Table, key: Key, row: Stored, old: Stored | None) -> None:
        for index in stored.uniques:
            value = index.key_of(row)
            if value is not None and (old is None or index.key_of(old) != value):
                index.pending.setdefault(value, []).append((self, key))
                self._noted.append((index, value))
        self._written.setdefault(stored.name, {})[key] = row

    async def _free(
        self, stored: Table, index: UniqueIndex, key: Key, row: Stored, old: Stored | None
    ) -> bool:
        """Whether the row may have its key in the index, once nobody who is open has it."""
        value = index.key_of(row)
        if value is None or (old is not None and index.key_of(old) == value):
            return True
        while True:
            other = self._writer_of(stored, index, value)
            if other is None:
                return not self._is_taken(stored, index, value)
            await self._postgres.locks.wait_for_end(self, other)

    def _writer_of(
        self, stored: Table, index: UniqueIndex, value: Hashable
    ) -> "Transaction | None":
        """Another open transaction that has inserted that key, or is changing the row with it."""
        for owner, _ in index.pending.get(value, ()):
            if owner is not self:
                return owner
        key = index.committed.get(value, _ABSENT)
        if key is _ABSENT:
            return None
        return self._postgres.writer_of(stored.name, key, self)

    def _is_taken(self, stored: Table, index: UniqueIndex, value: Hashable) -> bool:
        own = self._written.get(stored.name, {})
        keys = [key for owner, key in index.pending.get(value, ()) if owner is self]
        for key in keys:
            row = own.get(key)
            if row is not None and index.key_of(row) == value:
                return True
        key = index.committed.get(value, _ABSENT)
        return key is not _ABSENT and key not in own

    # -- the end

    def has_written(self, table: str, key: Key) -> bool:
        """Whether it has changed that row and not ended yet."""
        return key in self._written.get(table, ())

    def take_writes(self) -> list[tuple[str, Key, Stored | None]]:
        """Everything written, in order by table; the transaction keeps nothing of it."""
        found = [(t, key, row) for t, rows in self._written.items() for key, row in rows.items()]
        self._written.clear()
        return found

    def forget_pending(self) -> None:
        """Its unique keys are committed or gone."""
        for index, value in self._noted:
            index.forget(value, self)
        self._noted.clear()


def policy_time(row: Stored, real: datetime) -> datetime:
    """Policy time at the real instant `real` (UTC) by a row of the policy clock."""
    anchor: datetime = row["anchor"]
    if row["held"]:
        return anchor
    real_anchor: datetime = row["real_anchor"]
    speed: float = row["speed"]
    return anchor + (real - real_anchor) * speed


def _check(stored: Table, row: Stored) -> None:
    for name, holds in stored.checks.items():
        if not holds(row):
            error = asyncpg.CheckViolationError(
                f'new row for relation "{stored.name}" violates check constraint "{name}"'
            )
            error.constraint_name = name
            raise error


def _taken(name: str) -> asyncpg.UniqueViolationError:
    error = asyncpg.UniqueViolationError(f'duplicate key value violates unique constraint "{name}"')
    error.constraint_name = name
    return error
