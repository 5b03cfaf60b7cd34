"""The delivery loop: claim, send, record. No transaction is open while a channel talks.

All instants here are real time; policy time has no say in when something is sent.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from notifier.claim import Place, full_now, take_due
from notifier.directory import DirectorySource
from notifier.limits import DIRECTORY_TTL_S, GATHER_S, Limits
from notifier.links import Links
from notifier.metrics import IN_FLIGHT
from notifier.outages import PASSING, through_outages
from notifier.parcel import Channel
from notifier.prepare import Prepared, prepare
from notifier.record import Recorded
from notifier.recorder import Recorder
from notifier.sending import Sending
from notifier.settle import Settlement, hand_back
from notifier.turns import Handed
from tierline.domain.policy import Policy
from tierline.store.database import Database


@dataclass(frozen=True, slots=True)
class Behind:
    """A message that waits in memory for the outcome of the one before it.

    `read_at`: loop time when what it was prepared from was read.
    """

    one: Prepared
    read_at: float


class Deliverer:
    """Sends what is due. Several may run, in one process or many.

    Args:
        db: the pool; two of its connections are used at most.
        channels: by name: mail, chat, webhook.
        policy: gives the current one (fallbacks).
        directory: people, rooms and subscriptions.
        link: address of the pages, without a slash at the end.
        secret: signs the links with which outsiders answer; without it there are none.
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
        secret: str = "",
        limits: Limits | None = None,
        rng: Random | None = None,
        wake: asyncio.Event | None = None,
    ) -> None:
        self._db = db
        self._directory = directory
        self._links = Links(link, secret)
        self._limits = limits or Limits()
        self._sending = Sending(channels, self._limits, rng or Random())  # noqa: S311 - jitter
        self._recorder = Recorder(db, policy, directory)
        self.wake = wake or asyncio.Event()
        self._running = False
        self._sends: dict[asyncio.Task[None], Prepared] = {}
        self._held: Counter[Place] = Counter()
        self._claimed: Counter[Place] = Counter()
        self._behind: dict[int, Behind] = {}
        self._in_arrears = False
        self._sent: asyncio.Queue[Settlement] = asyncio.Queue(2 * self._limits.held)

    def room(self, place: Place) -> int:
        """How many new messages to `place` could be handed over now.

        None while older ones, claimed in their turn, are on their way there, nor while it is
        closed: what is new does not overtake a backlog.
        """
        if not self._running or self._claimed[place] or self._sending.closed_for(place) > 0:
            return 0
        here = self._limits.handed_per_address - self._held[place]
        return max(0, min(here, self._limits.held // 2 - self._held.total()))

    def hand_over(self, handed: Handed, claimed_at: float) -> None:
        """Send messages that their writer has claimed and committed.

        Where `run` is not running they are left to their lease.

        Args:
            handed: from `write_notices`.
            claimed_at: loop time, not after the claim was made.
        """
        if not self._running:
            return
        for ahead, one in handed.behind.items():
            self._behind[ahead] = Behind(one, claimed_at)
            self._held[one.claim.place] += 1
        for one in handed.now:
            self._held[one.claim.place] += 1
            self._start(one, claimed_at)

    async def deliver_once(self) -> int:
        """Claim one batch, send all of it, record all of it.

        Returns:
            How many messages were looked at: sent, judged, or put off behind an earlier one.
        """
        now = asyncio.get_running_loop().time()
        ready, waiting = await self._claim(self._limits.batch)
        settlements = await asyncio.gather(*(self._sending.send(one, now) for one in ready))
        if settlements:
            await self._recorder.record(settlements)
        return len(ready) + waiting

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, then finish what is under way, or hand it back.

        Sends run side by side. At most `limits.held` messages are held until their outcome is
        recorded, so a database that is away stops the sending and fills no memory.
        """
        recorder = asyncio.create_task(self._record_for_ever(), name="recorder")
        self._running = True
        try:
            while not stop.is_set() and not recorder.done():
                self.wake.clear()
                found = await through_outages(self._start_due, stop) or 0
                if not found:
                    await _until_set(self.wake, self._limits.poll_s)
            self._running = False
            if recorder.done():
                recorder.result()
            await self._finish()
        finally:
            self._running = False
            for task in (*self._sends, recorder):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await recorder

    async def _finish(self) -> None:
        """Give what is under way `finish_s`; what else we hold is left to others, due at once."""
        await asyncio.sleep(0)  # a send that was not begun at all could say nothing of its end
        self._hand_back([task for task, one in self._sends.items() if not self._sending.begun(one)])
        if self._sends:
            await asyncio.wait(self._sends, timeout=self._limits.finish_s)
        self._hand_back(self._sends)
        while self._sends:
            await asyncio.wait(self._sends)
        await self._sent.join()

    def _hand_back(self, tasks: Collection[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()

    async def _start_due(self) -> int:
        free = self._limits.held - self._held.total()
        # Of outcomes that are long in coming the leases run out: recorded first, or sent again.
        if free <= 0 or self._in_arrears:
            return 0
        now = asyncio.get_running_loop().time()
        ready, waiting = await self._claim(free)
        for one in ready:
            self._claimed[one.claim.place] += 1
            self._held[one.claim.place] += 1
            self._start(one, now, of=self._claimed)
        return len(ready) + waiting

    async def _claim(self, free: int) -> tuple[list[Prepared], int]:
        async with self._db.connection() as connection:
            taken = await take_due(
                connection,
                self._limits,
                free=free,
                busy=self._held,
                closed=self._sending.closed_now(),
            )
            if not taken.claims:
                return [], taken.waiting
            directory = await self._directory.get(connection)
            return await prepare(connection, taken.claims, directory, self._links), taken.waiting

    def _start(self, one: Prepared, at: float, of: Counter[Place] | None = None) -> None:
        task = asyncio.create_task(self._send_and_queue(one, at, of))
        self._sends[task] = one
        task.add_done_callback(self._sends.pop)

    async def _send_and_queue(self, one: Prepared, at: float, of: Counter[Place] | None) -> None:
        try:
            settlement = await self._sending.send(one, at)
        except asyncio.CancelledError:
            settlement = hand_back(one, begun=self._sending.begun(one))
        if of is not None:
            _less(of, one.claim.place)
        await self._sent.put(settlement)

    async def _record_for_ever(self) -> None:
        while True:
            batch = [await self._sent.get()]
            if self._sends:
                await asyncio.sleep(GATHER_S)
            while not self._sent.empty():
                batch.append(self._sent.get_nowait())
            due = await self._record(batch)
            for _ in batch:
                self._sent.task_done()
            in_arrears = self._in_arrears
            self._in_arrears = in_arrears and not self._sent.empty()
            IN_FLIGHT.set(self._held.total())
            # A look is the dearest statement there is: only where it may find something.
            if due or in_arrears:
                self.wake.set()

    async def _record(self, batch: list[Settlement]) -> bool:
        """Record `batch`, and start what was claimed behind it.

        Returns:
            Whether a look may find what the last one could not: anything is due now, or may be
            taken again as a place, a channel or all that we hold is no longer full.
        """
        at = asyncio.get_running_loop().time()
        recorded = Recorded([], set())

        async def work() -> None:
            nonlocal recorded, at
            at = asyncio.get_running_loop().time()
            try:
                recorded = await self._recorder.record_or_leave(batch, self._next_of(batch))
            except PASSING:
                self._in_arrears = True
                raise

        await through_outages(work)
        full, let_go = self._full(), False
        for one in batch:
            _less(self._held, one.claim.place)
            follower = self._behind.pop(one.claim.id, None)
            if follower is None:
                continue
            if follower.one.claim.id in recorded.next and self._running:
                self._start(follower.one, at)
            else:
                let_go = True
                self._let_go(follower)
        return recorded.due or let_go or bool(full - self._full())

    def _full(self) -> set[str | Place]:
        """What takes no more: channels, places, and `held` for all that we may hold."""
        channels, places = full_now(self._held, self._limits)
        all_of_it = {"held"} if self._held.total() >= self._limits.held else set()
        return {*channels, *places, *all_of_it}

    def _next_of(self, batch: Sequence[Settlement]) -> dict[int, int]:
        """Ids of what would be sent next, by the id of the one before.

        None once we stop, nor what was prepared so long ago that its subscription may have another
        address or have ended since: that is left to whoever claims it, and read anew.
        """
        if not self._running:
            return {}
        oldest = asyncio.get_running_loop().time() - DIRECTORY_TTL_S
        found = ((one.claim.id, self._behind.get(one.claim.id)) for one in batch)
        return {
            i: behind.one.claim.id for i, behind in found if behind and behind.read_at >= oldest
        }

    def _let_go(self, follower: Behind | None) -> None:
        """Forget a message that is not ours to send, and all that comes behind it."""
        while follower is not None:
            _less(self._held, follower.one.claim.place)
            follower = self._behind.pop(follower.one.claim.id, None)


def _less(counter: Counter[Place], place: Place) -> None:
    counter[place] -= 1
    if counter[place] <= 0:
        del counter[place]


async def _until_set(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
