"""The database of one simulated world."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import asyncpg

from tierline.testing.postgres import schema
from tierline.testing.postgres.database import FakeDatabase
from tierline.testing.postgres.locks import LOCK_TIMEOUT_S, Locks
from tierline.testing.postgres.registry import Registry
from tierline.testing.postgres.rows import Stored
from tierline.testing.postgres.statements import SHARED
from tierline.testing.postgres.table import Key, Table
from tierline.testing.postgres.transaction import Change, Transaction, policy_time

Point = Callable[[str], Awaitable[None]]
"""Awaited before and after every effect; may delay, raise, or never come back."""

Told = Callable[[object, list[Change]], None]
"""Called with the process and what changed at the instant of each commit that changed anything."""


def _in_order(_: list[Any]) -> None:
    """Leave it as it is."""


class FakePostgres:
    """Committed rows, open transactions, and the databases that processes have on them.

    Args:
        at: the points `pg begin`, `pg NAME`, `pg NAME done`, `pg commit`, `pg committed`.
        clock: real time, UTC; never runs backwards.
        registry: the answers; the shared statements alone where none is given.
        shuffle: what ORDER BY random() does to a list in place; without it the order stays.
        lock_timeout_s: how long a lock is waited for, in seconds of the running loop.
        tables: more tables than the migrations make.
    """

    def __init__(
        self,
        at: Point,
        clock: Callable[[], datetime],
        registry: Registry = SHARED,
        *,
        shuffle: Callable[[list[Any]], None] = _in_order,
        lock_timeout_s: float = LOCK_TIMEOUT_S,
        tables: Iterable[schema.Table] = (),
    ) -> None:
        self.at = at
        self.clock = clock
        self.registry = registry
        self.shuffle = shuffle
        self.locks = Locks(lock_timeout_s)
        self.tables: Mapping[str, Table] = {t.name: Table(t) for t in (*schema.ALL, *tables)}
        self.on_commit: Told | None = None
        self.is_up = True
        self._sequences = {**dict.fromkeys(self.tables, 1), **schema.SEQUENCES}
        self._open: dict[Transaction, None] = {}
        self._databases: list[FakeDatabase] = []
        for table, row in schema.SEED:
            self.put(table, row)

    # -- for the world

    def database(self, process: object) -> FakeDatabase:
        """What `tierline.store.database.Database` is to that process, until it is killed."""
        database = FakeDatabase(self, process)
        self._databases.append(database)
        return database

    def kill(self, process: object) -> None:
        """The process is dead: its transactions roll back, and nothing it calls has an effect.

        What it calls later raises asyncio.CancelledError. A database asked for afterwards works.
        """
        for database in [one for one in self._databases if one.process is process]:
            database.die()
            self._databases.remove(database)
        for transaction in [one for one in self._open if one.process is process]:
            self._lose(transaction, None)

    def down(self) -> None:
        """The server is gone: open transactions are lost, and nobody can connect."""
        self.is_up = False
        for transaction in list(self._open):
            self._lose(transaction, _gone())
        for database in self._databases:
            database.disconnect()

    def up(self) -> None:
        """The server is there again, with what was committed."""
        self.is_up = True

    def rows(self, table: str) -> list[Stored]:
        """Every committed row; not to be written into."""
        return list(self.tables[table].rows.values())

    def row(self, table: str, key: Key) -> Stored | None:
        """The committed row of that primary key (a tuple where it has several columns)."""
        return self.tables[table].rows.get(key)

    def put(self, table: str, values: Stored) -> Stored:
        """Commit a row at once, in the place of one with its key; returns it.

        Raises ValueError where a column is unknown or a required one is missing.
        """
        stored = self.tables[table]
        if stored.identity is not None and stored.identity not in values:
            values = {**values, stored.identity: self.nextval(table)}
        now = self.clock()
        row = stored.fresh(values, now, now)
        stored.write(stored.key_of(row), row)
        if stored.identity is not None:
            self._sequences[table] = max(self._sequences[table], row[stored.identity] + 1)
        return row

    def policy_now(self) -> datetime:
        """Policy time this instant (UTC), by the committed clock."""
        return policy_time(self.tables["policy_clock"].rows[True], self.clock())

    def waiting(self, process: object) -> bool:
        """Whether a transaction of that process waits for another."""
        return any(one.waiting is not None for one in self._open if one.process is process)

    # -- for transactions and connections

    def nextval(self, sequence: str) -> int:
        """The next number of a sequence; it stays drawn whatever becomes of the transaction."""
        number = self._sequences[sequence]
        self._sequences[sequence] = number + 1
        return number

    def begin(self, process: object) -> Transaction:
        """A new transaction of that process."""
        transaction = Transaction(self, process)
        self._open[transaction] = None
        return transaction

    def commit(self, transaction: Transaction) -> None:
        """Make its writes visible, tell of them, and let go of its locks."""
        changes: list[Change] = []
        for table, key, row in transaction.take_writes():
            old = self.tables[table].write(key, row)
            if old is not None or row is not None:
                changes.append((table, old, row))
        self._end(transaction)
        if changes and self.on_commit is not None:
            self.on_commit(transaction.process, changes)

    def roll_back(self, transaction: Transaction) -> None:
        """Forget its writes, and let go of its locks; nothing where it has ended already."""
        if transaction in self._open:
            transaction.take_writes()
            self._end(transaction)

    def writer_of(self, table: str, key: Key, unless: Transaction) -> Transaction | None:
        """The open transaction, other than `unless`, that has changed that row."""
        for transaction in self._open:
            if transaction is not unless and transaction.has_written(table, key):
                return transaction
        return None

    def _end(self, transaction: Transaction) -> None:
        del self._open[transaction]
        transaction.blockers = None
        transaction.forget_pending()
        self.locks.release(transaction)

    def _lose(self, transaction: Transaction, error: BaseException | None) -> None:
        transaction.lost = True
        waiting = transaction.waiting
        if waiting is not None and not waiting.done():
            if error is None:
                waiting.cancel()
            else:
                waiting.set_exception(error)
        self.roll_back(transaction)


def _gone() -> asyncpg.PostgresConnectionError:
    return asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
