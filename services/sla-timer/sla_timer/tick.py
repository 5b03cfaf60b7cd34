"""The tick: find what is due, let its time pass, write what came of it. One batch a transaction."""

import asyncio
import contextlib
import math
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram

from sla_timer.limits import (
    BATCH,
    DRAINERS,
    ERROR_WAIT_S,
    PAUSE_MIN_S,
    POLL_S,
    REPLAYS_MAX,
    SET_ASIDE_S,
)
from sla_timer.tracing import TickTrace
from tierline.domain.advance import advance_to, next_due
from tierline.domain.events import Event
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.ticket import Ticket
from tierline.messages.logged import about
from tierline.messages.traced import each_of
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.dead_letters import bury_once
from tierline.store.tickets import (
    Change,
    Connection,
    lock_due,
    lock_tickets,
    look,
    policy_now,
    write_changes,
)

log = structlog.get_logger(__name__)

LATENESS = Histogram(
    "tierline_timer_lateness_seconds",
    "How long after its due instant time was let pass, in policy seconds",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60, 3600),
)
TICKED = Counter("tierline_timer_events_total", "Events that time brought", ["type"])


FIND_DUE = "SELECT id FROM tierline.ticket WHERE next_due_at <= $1 ORDER BY next_due_at LIMIT $2"
"""Without locks: for the tickets of a batch that failed, one by one."""

PUT_OFF = "UPDATE tierline.ticket SET next_due_at = $2 WHERE id = $1 RETURNING doc"


def _unseen(_floor: Floor) -> None:
    """Nobody else decides on this floor."""


class Ticker:
    """Lets time pass on every ticket that is due. `tick()` is one batch; `run()` repeats it."""

    def __init__(
        self,
        db: Database,
        policy: Callable[[], Policy],
        floor: Callable[[], Floor],
        committed: Callable[[], None],
        moved: Callable[[Floor], None] = _unseen,
    ) -> None:
        """A ticker.

        Args:
            db: the store.
            policy: the one in force.
            floor: as it is known now.
            committed: called after each batch that was written.
            moved: called with the floor as a written batch leaves it, for whoever decides next.
        """
        self._db = db
        self._policy = policy
        self._floor = floor
        self._committed = committed
        self._moved = moved
        self._until_due_s = math.inf

    async def run(self, stop: asyncio.Event) -> None:
        """Tick every POLL_S and at the next due instant, drain after a full batch.

        Backs off while Postgres is away.
        """
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            began = clock()
            try:
                if await self.tick() >= BATCH:
                    await self._drain(stop)
                    continue
                left = POLL_S - (clock() - began)
                wait = max(PAUSE_MIN_S, min(left, self._until_due_s))
            except (*UNREACHABLE, *REPLAYABLE) as error:
                log.warning("tick put off", reason=str(error))
                wait = ERROR_WAIT_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)

    async def _drain(self, stop: asyncio.Event) -> None:
        """Work off a crowd, DRAINERS batches at a time: one decides while another is written."""

        async def ticks() -> None:
            while not stop.is_set() and await self.tick() >= BATCH:
                pass

        ended = await asyncio.gather(*(ticks() for _ in range(DRAINERS)), return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, BaseException):
                raise outcome

    async def tick(self) -> int:
        """One batch; returns how many tickets were due. A broken one stops no other."""
        for _ in range(REPLAYS_MAX):
            try:
                return await self._together()
            except UNREACHABLE:
                raise
            except REPLAYABLE as error:
                log.info("tick replayed", reason=str(error))
            except Exception:
                log.exception("tick goes one by one")
                return await self._one_by_one()
        return 0

    async def _together(self) -> int:
        async with self._db.connection() as connection:
            found = await look(connection)
        horizon, self._until_due_s = found.horizon, found.until_due_s
        if horizon is None:
            return 0
        self._until_due_s = math.inf  # of what is left nothing is known
        async with self._db.transaction() as connection:
            tickets = await lock_due(connection, horizon, BATCH)
            if not tickets:
                return 0
            now = await policy_now(connection)
            changes, floor = self._pass(tickets.values(), now)
            trace = await _write(connection, changes)
        self._moved(floor)
        self._told(changes)
        await trace.end(self._db)
        return len(tickets)

    def _pass(self, tickets: Iterable[Ticket], now: datetime) -> tuple[list[Change], Floor]:
        """Let time pass on each; the next one decides on the floor that this one leaves."""
        policy, floor, changes = self._policy(), self._floor(), list[Change]()
        for ticket in tickets:
            after, events = advance_to(ticket, policy, floor, now)
            changes.append(Change(ticket, after, tuple(events)))
            floor = floor.after(ticket, after, events)
        return changes, floor

    def _told(self, changes: list[Change]) -> None:
        self._committed()
        events = [event for change in changes for event in change.events]
        for event in events:
            LATENESS.observe(_late_s(event))
        for kind, count in Tally(type(event.what) for event in events).items():
            TICKED.labels(kind.__name__.lower()).inc(count)

    async def _one_by_one(self) -> int:
        async with self._db.connection() as connection:
            horizon = await policy_now(connection)
            rows = await connection.fetch(FIND_DUE, horizon, BATCH)
        for row in rows:
            with about(ticket=row["id"]):
                await self._alone(row["id"], horizon)
        return len(rows)

    async def _alone(self, number: int, horizon: datetime) -> None:
        try:
            async with self._db.transaction() as connection:
                tickets = await lock_tickets(connection, [number])
                now = await policy_now(connection)
                changes, floor = self._pass(tickets.values(), now)
                trace = await _write(connection, changes)
        except (*UNREACHABLE, *REPLAYABLE):
            raise
        except Exception as error:
            log.exception("time cannot pass on a ticket", ticket=number)
            await self._set_aside(number, horizon, f"{type(error).__name__}: {error}")
        else:
            self._moved(floor)
            self._told(changes)
            await trace.end(self._db)

    async def _set_aside(self, number: int, horizon: datetime, reason: str) -> None:
        """Keep the state as a dead letter and look again later; the auditor counts it."""
        async with self._db.transaction() as connection:
            doc = await connection.fetchval(
                PUT_OFF, number, horizon + timedelta(seconds=SET_ASIDE_S)
            )
            await bury_once(connection, "sla-timer", str(number), (doc or "").encode(), reason)


async def _write(connection: Connection, changes: list[Change]) -> TickTrace:
    trace = TickTrace(changes)
    with each_of(trace.trace_of):
        await write_changes(connection, changes)
    await _mend_unmoved(connection, changes)
    return trace


MEND_DUE = (
    "UPDATE tierline.ticket AS t SET next_due_at = u.due"
    " FROM unnest($1::bigint[], $2::timestamptz[]) AS u(id, due) WHERE t.id = u.id"
)


async def _mend_unmoved(connection: Connection, changes: list[Change]) -> None:
    """A row found due although its state is not: its column was stale; write the true instant."""
    stale = [change.after for change in changes if not change.events]
    if stale:
        await connection.execute(
            MEND_DUE, [ticket.id for ticket in stale], [next_due(ticket) for ticket in stale]
        )
        log.warning("stale due instants mended", tickets=[ticket.id for ticket in stale])


def _late_s(event: Event) -> float:
    return max(0.0, (event.recorded_at - event.at).total_seconds())
