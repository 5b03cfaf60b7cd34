"""A process's pool and its connections, with the methods of asyncpg that the product calls."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import asyncpg

from tierline.store.database import ALIVE, POOL_MAX, UNREACHABLE, Database
from tierline.testing.postgres.registry import Reply
from tierline.testing.postgres.transaction import Transaction

if TYPE_CHECKING:
    from tierline.testing.postgres.fake import FakePostgres


class FakeDatabase(Database):
    """What `Database` is, on a FakePostgres: at most POOL_MAX connections at once."""

    def __init__(self, postgres: "FakePostgres", process: object) -> None:
        self.process = process
        self._postgres = postgres
        self._dead = False
        self._out: dict[FakeConnection, None] = {}
        self._queue: deque[asyncio.Future[None]] = deque()

    def die(self) -> None:
        """Its process is dead: nothing that is called on it has an effect."""
        self._dead = True
        for waiting in self._queue:
            waiting.cancel()
        self._queue.clear()

    def disconnect(self) -> None:
        """The server has gone: connections that are out are of no use any more."""
        for connection in self._out:
            connection.terminate()

    def check(self) -> None:
        """Raises asyncio.CancelledError where the process is dead."""
        if self._dead:
            raise asyncio.CancelledError("the process was killed")

    async def close(self) -> None:
        """Nothing to close: connections end with their block."""

    @asynccontextmanager
    async def connection(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A connection without a transaction: each statement commits by itself.

        Raises ConnectionRefusedError while the server is down.
        """
        taken: Any = await self._acquire()
        try:
            yield taken
        finally:
            self._release(taken)

    @asynccontextmanager
    async def transaction(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A connection inside a transaction; committed unless an error leaves it."""
        taken: Any = await self._acquire()
        try:
            async with taken.transaction():
                yield taken
        finally:
            self._release(taken)

    async def alive(self) -> str | None:
        """None when the server answers, else why it cannot be used."""
        try:
            async with self.connection() as connection:
                await connection.fetchval(ALIVE)
        except UNREACHABLE as error:
            return f"postgres: {type(error).__name__}"
        return None

    async def _acquire(self) -> "FakeConnection":
        self.check()
        while len(self._out) >= POOL_MAX:
            turn = asyncio.get_running_loop().create_future()
            self._queue.append(turn)
            try:
                await turn
            finally:
                if turn in self._queue:
                    self._queue.remove(turn)
            self.check()
        if not self._postgres.is_up:
            raise ConnectionRefusedError("nobody listens there")
        connection = FakeConnection(self._postgres, self)
        self._out[connection] = None
        return connection

    def _release(self, connection: "FakeConnection") -> None:
        connection.terminate()
        self._out.pop(connection, None)
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                break


class FakeConnection:
    """One connection. Statements are answered by the registry of its FakePostgres."""

    def __init__(self, postgres: "FakePostgres", database: FakeDatabase) -> None:
        self._postgres = postgres
        self._database = database
        self._closed = False
        self.current: Transaction | None = None

    @property
    def process(self) -> object:
        """Whose it is."""
        return self._database.process

    def is_closed(self) -> bool:
        """Whether it is of no use any more."""
        return self._closed

    def terminate(self) -> None:
        """Close it at once; an open transaction rolls back."""
        self._closed = True
        if self.current is not None:
            self.current.lost = True
            self._postgres.roll_back(self.current)
            self.current = None

    def transaction(self) -> "_Block":
        """A transaction as a context manager."""
        return _Block(self._postgres, self)

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        """The rows of a statement."""
        reply = await self._run(query, args)
        return [] if isinstance(reply, str) else reply

    async def fetchrow(self, query: str, *args: Any) -> Any:
        """The first row of a statement, or None."""
        rows = await self.fetch(query, *args)
        return rows[0] if rows else None

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        rows = await self.fetch(query, *args)
        return rows[0][0] if rows else None

    async def execute(self, query: str, *args: Any) -> str:
        """The status of a statement (`UPDATE 3`)."""
        reply = await self._run(query, args)
        return reply if isinstance(reply, str) else f"SELECT {len(reply)}"

    async def executemany(self, command: str, args: Iterable[Sequence[Any]]) -> None:
        """A statement once for each of `args`, all in one transaction."""
        if self.current is not None:
            for one in args:
                await self._run(command, one)
            return
        async with self.transaction():
            for one in args:
                await self._run(command, one)

    def check(self, ours: Transaction | None = None) -> None:
        """Raises what a call on it meets: killed, closed, or lost in the middle of `ours`."""
        self._database.check()
        if ours is not None and ours.lost:
            raise asyncpg.ConnectionDoesNotExistError(
                "connection was closed in the middle of operation"
            )
        if self._closed:
            raise asyncpg.InterfaceError("connection is closed")

    async def _run(self, query: str, args: Sequence[Any]) -> Reply:
        entry = self._postgres.registry.entry(query)
        outer = self.current
        self.check(outer)
        if outer is not None and outer.aborted:
            raise asyncpg.InFailedSQLTransactionError(
                "current transaction is aborted, commands ignored until end of transaction block"
            )
        ours = outer
        try:
            await self._postgres.at(entry.label)
            self.check(outer)
            if ours is None:
                ours = self._postgres.begin(self._database.process)
            reply = await entry.answer(ours, *args)
            self.check(ours)
            if outer is None:
                self._postgres.commit(ours)
            await self._postgres.at(entry.done)
            self.check(ours)
        except BaseException:
            if outer is not None:
                outer.aborted = True
            elif ours is not None:
                self._postgres.roll_back(ours)
            raise
        return reply


class _Block:
    """`async with connection.transaction()`."""

    def __init__(self, postgres: "FakePostgres", connection: FakeConnection) -> None:
        self._postgres = postgres
        self._connection = connection
        self._transaction: Transaction | None = None

    async def __aenter__(self) -> None:
        connection = self._connection
        connection.check()
        if connection.current is not None:
            raise asyncpg.InterfaceError("the fake knows no transaction inside a transaction")
        await self._postgres.at("pg begin")
        connection.check()
        ours = self._postgres.begin(connection.process)
        self._transaction = connection.current = ours

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        connection, ours = self._connection, self._transaction
        if ours is None:
            return
        try:
            if kind is None:
                await self._commit(ours)
        finally:
            self._postgres.roll_back(ours)
            connection.current = None

    async def _commit(self, ours: Transaction) -> None:
        """COMMIT; of a transaction that had failed PostgreSQL makes a ROLLBACK, without a word."""
        connection = self._connection
        connection.check(ours)
        await self._postgres.at("pg commit")
        connection.check(ours)
        if not ours.aborted:
            self._postgres.commit(ours)
        await self._postgres.at("pg committed")
        connection.check(ours)
