"""Row locks in the order asked for, waits with a limit, and who waits for whom in a circle."""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from tierline.testing.postgres.transaction import Transaction

LOCK_TIMEOUT_S = 2.0
"""The product's `lock_timeout`, in seconds of the running loop."""

What = Hashable
"""What is locked: (table, key)."""


@dataclass(slots=True, eq=False)
class _Waiter:
    owner: "Transaction"
    share: bool
    granted: "asyncio.Future[None]"


@dataclass(slots=True, eq=False)
class RowLock:
    """Who holds a row (and whether only to share it), and who waits, first come first."""

    holders: "dict[Transaction, bool]" = field(default_factory=dict)
    queue: deque[_Waiter] = field(default_factory=deque)

    def grants(self, owner: "Transaction", *, share: bool) -> bool:
        """Whether `owner` may hold it now."""
        if share:
            return all(shared or holder is owner for holder, shared in self.holders.items())
        return all(holder is owner for holder in self.holders)

    def hold(self, owner: "Transaction", *, share: bool) -> None:
        """`owner` holds it; what it held before is never weakened."""
        self.holders[owner] = share and self.holders.get(owner, True)

    def blockers(self, waiter: _Waiter) -> "list[Transaction]":
        """Whom that waiter waits for: conflicting holders, and those before it in the queue."""
        found = [
            holder
            for holder, shared in self.holders.items()
            if holder is not waiter.owner and not (waiter.share and shared)
        ]
        for other in self.queue:
            if other is waiter:
                break
            if not (waiter.share and other.share):
                found.append(other.owner)
        return found


class Locks:
    """All row and advisory locks of a database.

    Args:
        timeout_s: how long a lock is waited for, in seconds of the running loop.
    """

    def __init__(self, timeout_s: float = LOCK_TIMEOUT_S) -> None:
        self.timeout_s = timeout_s
        self._rows: dict[What, RowLock] = {}
        self._advisory: dict[tuple[int, int], Transaction] = {}

    def try_take(self, owner: "Transaction", what: What, *, share: bool = False) -> bool:
        """Lock a row if nobody is in the way; returns whether it is held."""
        lock = self._rows.get(what)
        if lock is None:
            lock = self._rows[what] = RowLock()
        elif not lock.grants(owner, share=share):
            return False
        lock.hold(owner, share=share)
        owner.held[what] = None
        return True

    async def take(self, owner: "Transaction", what: What, *, share: bool = False) -> None:
        """Lock a row, waiting for those who hold it.

        Raises:
            asyncpg.DeadlockDetectedError: waiting would close a circle.
            asyncpg.LockNotAvailableError: it took longer than the timeout.
        """
        if self.try_take(owner, what, share=share):
            return
        lock = self._rows[what]
        granted = asyncio.get_running_loop().create_future()
        waiter = _Waiter(owner, share, granted)
        lock.queue.append(waiter)
        try:
            await self.wait(owner, granted, lambda: lock.blockers(waiter))
        finally:
            if waiter in lock.queue:
                lock.queue.remove(waiter)
                self._hand_on(what, lock)

    async def wait_for_end(self, owner: "Transaction", other: "Transaction") -> None:
        """Wait until `other` has committed or rolled back. Raises what `take` raises."""
        ended = asyncio.get_running_loop().create_future()
        other.awaited.append(ended)
        await self.wait(owner, ended, lambda: [other])

    async def wait(
        self,
        owner: "Transaction",
        granted: "asyncio.Future[None]",
        blockers: "Callable[[], list[Transaction]]",
    ) -> None:
        """Wait for `granted`, which those whom `blockers` names are in the way of."""
        owner.blockers, owner.waiting = blockers, granted
        try:
            if _in_a_circle(owner):
                raise asyncpg.DeadlockDetectedError("deadlock detected")
            timer = asyncio.get_running_loop().call_later(self.timeout_s, _expire, granted)
            try:
                await granted
            finally:
                timer.cancel()
            if owner.lost:  # between the grant and now: what it took was given back already
                raise asyncpg.ConnectionDoesNotExistError(
                    "connection was closed in the middle of operation"
                )
        finally:
            owner.blockers = owner.waiting = None

    def try_advisory(self, owner: "Transaction", space: int, number: int) -> bool:
        """What pg_try_advisory_xact_lock(space, number) answers."""
        return self._advisory.setdefault((space, number), owner) is owner

    def release(self, owner: "Transaction") -> None:
        """The transaction is over: whoever waited goes on."""
        for what in owner.held:
            lock = self._rows[what]
            lock.holders.pop(owner, None)
            self._hand_on(what, lock)
        owner.held.clear()
        if self._advisory:
            kept = {what: held for what, held in self._advisory.items() if held is not owner}
            self._advisory = kept
        for ended in owner.awaited:
            if not ended.done():
                ended.set_result(None)
        owner.awaited.clear()

    def _hand_on(self, what: What, lock: RowLock) -> None:
        while lock.queue and lock.grants(lock.queue[0].owner, share=lock.queue[0].share):
            waiter = lock.queue.popleft()
            if waiter.granted.done():
                continue
            lock.hold(waiter.owner, share=waiter.share)
            waiter.owner.held[what] = None
            waiter.granted.set_result(None)
        if not lock.holders and not lock.queue:
            self._rows.pop(what, None)


def _expire(granted: "asyncio.Future[None]") -> None:
    if not granted.done():
        late = asyncpg.LockNotAvailableError("canceling statement due to lock timeout")
        granted.set_exception(late)


def _in_a_circle(start: "Transaction") -> bool:
    """Whether somebody whom `start` waits for waits, at some remove, for `start`."""
    seen: dict[Transaction, None] = {}
    todo = list(start.blockers()) if start.blockers else []
    while todo:
        one = todo.pop()
        if one is start:
            return True
        if one not in seen and one.blockers is not None:
            seen[one] = None
            todo.extend(one.blockers())
    return False
