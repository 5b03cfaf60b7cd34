"""The delivery loop: claim, send, record. No transaction is open while a channel talks.

All instants here are real time; policy time has no say in when something is sent.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Final, TypeVar

import structlog

from notifier.claim import Claim, Place, take_due
from notifier.directory import DirectorySource
from notifier.limits import CLOSED_ADDRESSES_MAX, DATABASE_PAUSE_S, GATHER_S, REPLAYS, Limits
from notifier.metrics import IN_FLIGHT, OUTCOMES, SEND_SECONDS
from notifier.outcome import Failed, Retry, Verdict
from notifier.parcel import Channel
from notifier.prepare import Prepared, prepare
from notifier.record import record
from notifier.settle import Settlement, overdue, settle
from tierline.domain.policy import Policy
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database

log = structlog.get_logger(__name__)

PASSING: Final = (*UNREACHABLE, *REPLAYABLE)
T = TypeVar("T")


class Deliverer:
    """Sends what is due. Several may run, in one process or many.

    Args:
        db: the pool; two of its connections are used at most.
        channels: by name: mail, chat, webhook.
        policy: gives the current one (fallbacks).
        directory: people, rooms and subscriptions.
        link: address of the pages, without a slash at the end.
        limits: see there.
        rng: jitter.
        wake: set by whoever has committed messages, so that they need not wait for the poll.
    """

    def __init__(
        self,
        db: Database,
        channels: Mapping[str, Channel],
        policy: Callable[[], Policy],
        directory: DirectorySource,
        *,
        link: str,
        limits: Limits | None = None,
        rng: Random | None = None,
        wake: asyncio.Event | None = None,
    ) -> None:
        self._db = db
        self._channels = channels
        self._policy = policy
        self._directory = directory
        self._link = link
        self._limits = limits or Limits()
        self._rng = rng or Random()  # noqa: S311 - jitter, not a secret
        self.wake = wake or asyncio.Event()
        self._held = 0
        self._sending: dict[int, Claim] = {}
        self._closed: dict[Place, float] = {}
        self._sent: asyncio.Queue[Settlement] = asyncio.Queue(self._limits.concurrency)

    async def deliver_once(self) -> int:
        """Claim one batch, send all of it, record all of it.

        Returns:
            How many messages were looked at: sent, judged, or put off behind an earlier one.
        """
        ready, waiting = await self._claim(self._limits.batch)
        settlements = await asyncio.gather(*(self._send(one) for one in ready))
        if settlements:
            await self._record(settlements)
        return len(ready) + waiting

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, then finish what is under way.

        Sends run side by side. At most `limits.concurrency` messages are held until their outcome
        is recorded, so a database that is away stops the sending and fills no memory.
        """
        recorder = asyncio.create_task(self._record_for_ever(), name="recorder")
        sends: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set() and not recorder.done():
                self.wake.clear()
                found = await _through_outages(lambda: self._start_due(sends), stop) or 0
                if not found:
                    await _until_set(self.wake, self._limits.poll_s)
            if recorder.done():
                recorder.result()
            if sends:
                await asyncio.wait(sends)
            await self._sent.join()
        finally:
            for task in (*sends, recorder):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await recorder

    async def _start_due(self, sends: set["asyncio.Task[None]"]) -> int:
        free = self._limits.concurrency - self._held
        if free <= 0:
            return 0
        ready, waiting = await self._claim(free)
        for one in ready:
            self._sending[one.claim.id] = one.claim
            self._held += 1
            task = asyncio.create_task(self._send_and_queue(one))
            sends.add(task)
            task.add_done_callback(sends.discard)
        IN_FLIGHT.set(self._held)
        return len(ready) + waiting

    async def _claim(self, free: int) -> tuple[list[Prepared], int]:
        busy = [claim.place for claim in self._sending.values()]
        async with self._db.connection() as connection:
            taken = await take_due(
                connection, self._limits, free=free, busy=busy, closed=self._closed_now()
            )
            if not taken.claims:
                return [], taken.waiting
            directory = await self._directory.get(connection)
            return await prepare(connection, taken.claims, directory, self._link), taken.waiting

    async def _send_and_queue(self, prepared: Prepared) -> None:
        settlement = await self._send(prepared)
        del self._sending[prepared.claim.id]
        await self._sent.put(settlement)
        self.wake.set()

    async def _send(self, prepared: Prepared) -> Settlement:
        verdict = prepared.verdict or overdue(prepared, self._limits)
        if verdict is None:
            verdict = await self._try(prepared)
        if isinstance(verdict, Retry) and verdict.after_s > 0:
            self._close(prepared.claim.place, verdict.after_s)
        OUTCOMES.labels(prepared.claim.channel, type(verdict).__name__.lower()).inc()
        return settle(prepared, verdict, self._limits, self._rng)

    async def _try(self, prepared: Prepared) -> Verdict:
        claim, parcel = prepared.claim, prepared.parcel
        channel = self._channels.get(claim.channel)
        if channel is None or parcel is None:
            return Failed(f"no channel {claim.channel!r} here")
        try:
            with SEND_SECONDS.labels(claim.channel).time():
                async with asyncio.timeout(self._limits.send_s):
                    return await channel.send(parcel)
        except TimeoutError:
            return Retry(0.0, f"not sent within {self._limits.send_s:g} s")
        except Exception as error:
            # A defect of ours with one message: it is retried, bounded, and holds up nobody.
            log.exception("a channel failed", channel=claim.channel, message=claim.id)
            return Retry(0.0, f"internal error: {type(error).__name__}")

    async def _record_for_ever(self) -> None:
        while True:
            batch = [await self._sent.get()]
            if self._sending:
                await asyncio.sleep(GATHER_S)
            while not self._sent.empty():
                batch.append(self._sent.get_nowait())
            await _through_outages(partial(self._record_or_leave, batch))
            for _ in batch:
                self._held -= 1
                self._sent.task_done()
            IN_FLIGHT.set(self._held)
            self.wake.set()

    async def _record_or_leave(self, batch: Sequence[Settlement]) -> None:
        """Record together; where that cannot be done, one by one, so that one spoils no other.

        What cannot be recorded is left to its lease: sent again, and given up in the end.
        """
        try:
            await self._record(batch)
        except PASSING:
            raise
        except Exception:
            log.exception("outcomes could not be recorded", messages=[s.claim.id for s in batch])
            if len(batch) > 1:
                for one in batch:
                    await self._record_or_leave([one])

    async def _record(self, settlements: Sequence[Settlement]) -> None:
        for replay in range(REPLAYS + 1):
            try:
                async with self._db.transaction() as connection:
                    directory = await self._directory.get(connection)
                    counted = await record(connection, settlements, self._policy(), directory)
            except REPLAYABLE:
                if replay == REPLAYS:
                    raise
            else:
                _log(settlements, counted)
                return

    def _closed_now(self) -> list[Place]:
        now = asyncio.get_running_loop().time()
        self._closed = {place: until for place, until in self._closed.items() if until > now}
        return list(self._closed)

    def _close(self, place: Place, seconds: float) -> None:
        if len(self._closed) < CLOSED_ADDRESSES_MAX:
            self._closed[place] = asyncio.get_running_loop().time() + seconds


async def _through_outages(
    work: Callable[[], Awaitable[T]], stop: asyncio.Event | None = None
) -> T | None:
    """Do `work`, again and again while the database is away; None once `stop` is set instead."""
    pause, longest = DATABASE_PAUSE_S
    while stop is None or not stop.is_set():
        try:
            return await work()
        except PASSING as error:
            log.warning("the database is away", reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)
    return None


async def _until_set(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _log(settlements: Sequence[Settlement], counted: Sequence[Settlement]) -> None:
    for one in settlements:
        if one not in counted:
            log.warning("a late outcome was not counted", message=one.claim.id)
        elif one.state == "failed":
            log.warning(
                "a message failed",
                message=one.claim.id,
                channel=one.claim.channel,
                address=one.claim.address,
                reason=one.reason,
            )
