"""Concurrent accepts share a commit.

One task commits, again and again, everything that waits. While a commit is under way the next
requests gather: the load itself sets the size of a batch, and nobody waits on a timer.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
import structlog

from intake.errors import AwayError, BusyError
from intake.inserts import DeadLetter, Row, Taken, is_data_error, write
from intake.limits import (
    COMMIT_ALERTS_MAX,
    COMMIT_BYTES_MAX,
    LINGER_SECONDS,
    QUEUE_ALERTS_MAX,
    QUEUE_BYTES_MAX,
)
from intake.limits import COMMIT_SECONDS as COMMIT_SECONDS_MAX
from intake.metrics import COMMIT_SECONDS, COMMITS, WAITING
from tierline.store.database import UNREACHABLE, Database

log = structlog.get_logger(__name__)

Connection: TypeAlias = "asyncpg.Connection[Any]"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that PostgreSQL refused for its data, and why; it is a dead letter now."""

    reason: str


Outcome: TypeAlias = Taken | Refused

Kept = Callable[[Sequence[Row], Sequence[Taken]], None]
"""Called after a commit with the rows in it and what PostgreSQL made of each; never waits."""


def _nobody(_rows: Sequence[Row], _taken: Sequence[Taken]) -> None:
    """Nobody wants them before the broker brings them."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One request's share of a commit; `size` in bytes."""

    rows: Sequence[Row]
    letters: Sequence[DeadLetter]
    size: int
    done: "asyncio.Future[list[Outcome]]"

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.letters)


class Batcher:
    """Commits what requests submit, in order of arrival, many to a commit.

    Args:
        database: one connection of it is used, while there is anything to do.
        nudge: called after each commit, to wake the relay.
        kept: called with what was committed.
    """

    def __init__(self, database: Database, nudge: Callable[[], None], kept: Kept = _nobody) -> None:
        self._database = database
        self._nudge = nudge
        self._kept = kept
        self._queue: deque[_Waiting] = deque()
        self._count = 0
        self._size = 0
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def submit(
        self, rows: Sequence[Row], letters: Sequence[DeadLetter] = ()
    ) -> list[Outcome]:
        """Wait until rows and dead letters are committed.

        A caller that is cancelled while it waits may still have been taken.

        Returns:
            For each row, in order, what became of it.

        Raises:
            BusyError: too much is waiting already, or the service is stopping.
            AwayError: PostgreSQL did not confirm the commit.
        """
        size = sum(len(row.body) for row in rows) + sum(len(letter.body) for letter in letters)
        full = self._count >= QUEUE_ALERTS_MAX or self._size >= QUEUE_BYTES_MAX
        if full or self._closed:
            raise BusyError("stopping" if self._closed else "too many alerts are waiting")
        done: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(rows, letters, size, done)
        self._queue.append(waiting)
        self._count += waiting.count
        self._size += size
        self._arrived.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="accept commits")
        return await done

    async def close(self) -> None:
        """Take nothing more, and wait until everything that waits is committed or turned away."""
        self._closed = True
        self._arrived.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        """Commit until nothing has waited for LINGER_SECONDS."""
        try:
            while self._queue:
                try:
                    async with self._leased() as connection:
                        await self._commit_on(connection)
                except Exception as error:  # noqa: BLE001 - nobody may wait in vain
                    log.warning("no connection to commit alerts on", reason=_reason(error))
                    self._fail(self._take_all(), AwayError(_reason(error)))
        finally:
            self._task = None
            self._fail(self._take_all(), AwayError("the committing task ended"))

    @contextlib.asynccontextmanager
    async def _leased(self) -> AsyncIterator[Connection]:
        """A connection; neither getting it nor giving it back takes longer than a commit may."""
        stack = contextlib.AsyncExitStack()
        async with asyncio.timeout(COMMIT_SECONDS_MAX):
            connection = await stack.enter_async_context(self._database.connection())
        try:
            yield connection
        finally:
            async with asyncio.timeout(COMMIT_SECONDS_MAX):
                await stack.aclose()

    async def _commit_on(self, connection: Connection) -> None:
        """Commit what waits, until nothing does or the connection is of no use any more."""
        while await self._something_waits() and not connection.is_closed():
            if not await self._commit(connection, self._take()):
                return

    async def _something_waits(self) -> bool:
        if not self._queue and not self._closed:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await self._arrived.wait()
        return bool(self._queue)

    def _take(self) -> list[_Waiting]:
        """The oldest requests that fit one commit, and always at least one."""
        batch = [self._queue.popleft()]
        count, size = batch[0].count, batch[0].size
        while self._queue:
            following = self._queue[0]
            count, size = count + following.count, size + following.size
            if count > COMMIT_ALERTS_MAX or size > COMMIT_BYTES_MAX:
                break
            batch.append(self._queue.popleft())
        self._count -= sum(waiting.count for waiting in batch)
        self._size -= sum(waiting.size for waiting in batch)
        WAITING.set(self._count)
        return batch

    def _take_all(self) -> list[_Waiting]:
        batch = list(self._queue)
        self._queue.clear()
        self._count = self._size = 0
        return batch

    async def _commit(self, connection: Connection, batch: list[_Waiting]) -> bool:
        """Commit one batch and answer everybody in it; False where the connection is of no use."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(COMMIT_SECONDS_MAX):
                outcomes = await _write(connection, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait in vain
            log.warning("a commit of alerts failed", reason=_reason(error), requests=len(batch))
            self._fail(batch, AwayError(_reason(error)))
            if isinstance(error, UNREACHABLE):
                # Not released politely: a server that hangs would hold the task up with it.
                connection.terminate()
                return False
            return True
        except asyncio.CancelledError:
            self._fail(batch, AwayError("stopping"))
            raise
        COMMIT_SECONDS.observe(time.perf_counter() - began)
        COMMITS.inc()
        self._nudge()
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if not waiting.done.done():
                waiting.done.set_result(outcome)
        self._kept(*_taken(batch, outcomes))
        return True

    def _fail(self, batch: Sequence[_Waiting], error: AwayError) -> None:
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_exception(error)


def _taken(
    batch: Sequence[_Waiting], outcomes: Sequence[Sequence[Outcome]]
) -> tuple[list[Row], list[Taken]]:
    """The rows that were committed, and what became of each."""
    pairs = [
        (row, outcome)
        for waiting, mine in zip(batch, outcomes, strict=True)
        for row, outcome in zip(waiting.rows, mine, strict=True)
        if isinstance(outcome, Taken)
    ]
    return [row for row, _ in pairs], [outcome for _, outcome in pairs]


async def _write(connection: Connection, batch: Sequence[_Waiting]) -> list[list[Outcome]]:
    """One commit for all; where PostgreSQL refuses somebody's data, one for each alert."""
    rows = [row for waiting in batch for row in waiting.rows]
    letters = [letter for waiting in batch for letter in waiting.letters]
    try:
        taken = iter(await write(connection, rows, letters))
    except asyncpg.PostgresError as error:
        if not is_data_error(error):
            raise
        log.warning("a batch was refused for its data; one by one", reason=_reason(error))
        return [await _write_one_by_one(connection, waiting) for waiting in batch]
    return [[next(taken) for _ in waiting.rows] for waiting in batch]


async def _write_one_by_one(connection: Connection, waiting: _Waiting) -> list[Outcome]:
    await write(connection, [], waiting.letters)
    outcomes: list[Outcome] = []
    for row in waiting.rows:
        try:
            outcomes.extend(await write(connection, [row]))
        except asyncpg.PostgresError as error:
            if not is_data_error(error):
                raise
            body = row.body.encode("utf-8", "replace")
            letter = DeadLetter(row.integration, body, _reason(error))
            await write(connection, [], [letter])
            outcomes.append(Refused(_reason(error)))
    return outcomes


def _reason(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
