"""Triage at work: a batch of accepted alerts in one transaction, each exactly once."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence

import structlog
from prometheus_client import Counter

from intake.triage import store
from intake.triage.counting import Counts, count_alike
from intake.triage.directory import Directory
from intake.triage.limits import BATCH, REPLAYS_MAX
from intake.triage.sorting import (
    NO_COUNTS,
    Known,
    Problem,
    World,
    apply,
    begin,
    know,
    may_open,
)
from intake.triage.tracing import BatchTrace
from tierline.domain.amend import amended
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.messages.alert import AcceptedAlert, encode_accepted
from tierline.messages.logged import about
from tierline.messages.traced import each_of
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.dead_letters import bury
from tierline.store.tickets import (
    Change,
    Connection,
    draw_numbers,
    now_and_numbers,
    write_changes,
)

log = structlog.get_logger(__name__)

OUTCOMES = Counter("tierline_alert_outcomes_total", "What became of alerts", ["outcome"])


def unseen(_floor: Floor) -> None:
    """Nobody else decides on this floor."""


class Triager:
    """Turns accepted alerts into opened, attached, recovered or reopened tickets."""

    def __init__(
        self,
        db: Database,
        policy: Callable[[], Policy],
        floor: Callable[[], Floor],
        committed: Callable[[], None],
        moved: Callable[[Floor], None] = unseen,
    ) -> None:
        """A triager; `moved` is called with the floor as a written batch leaves it."""
        self._db = db
        self._moved = moved
        self._policy = policy
        self._floor = floor
        self._committed = committed
        self._directory = Directory()

    async def take(self, alerts: Sequence[AcceptedAlert], *, first: int | None = None) -> None:
        """Give every alert its outcome.

        A batch that fails is run again alert by alert; a broken one becomes a dead letter. Raises
        only where Postgres is away or somebody stays in the way (UNREACHABLE, REPLAYABLE): then
        give them again.

        Args:
            alerts: in any order.
            first: if given, they are left as they are while one of a lower id has no outcome.
        """
        for start in range(0, len(alerts), BATCH):
            await self._take(alerts[start : start + BATCH], first)

    async def _take(self, alerts: Sequence[AcceptedAlert], first: int | None) -> None:
        try:
            await self._together(alerts, first)
        except UNREACHABLE:
            raise
        except Exception:
            log.exception("alerts go one by one", count=len(alerts))
            for alert in alerts:
                traceparent = alert.alert.traceparent or ""
                with about(client=alert.client, alert=alert.id, traceparent=traceparent):
                    await self._alone(alert, first)
        self._committed()

    async def _alone(self, alert: AcceptedAlert, first: int | None) -> None:
        try:
            await self._together([alert], first)
        except (*UNREACHABLE, *REPLAYABLE):
            raise
        except Exception as error:
            log.exception("alert set aside", alert=alert.id)
            BatchTrace([alert]).fail("set aside")
            await self.set_aside(
                alert.id, encode_accepted(alert), f"{type(error).__name__}: {error}"
            )

    async def set_aside(self, alert: int, body: bytes, reason: str) -> None:
        """Make a dead letter of an alert that has no outcome and cannot be processed."""
        async with self._db.transaction() as connection:
            if await store.set_aside(connection, alert):
                await bury(connection, "consumer:triage", str(alert), body, reason)

    async def _together(self, alerts: Sequence[AcceptedAlert], first: int | None) -> None:
        """One transaction, run again where somebody else was in the way."""
        trace = BatchTrace(alerts)
        for attempt in range(REPLAYS_MAX):
            try:
                async with self._db.transaction() as connection:
                    with each_of(trace.trace_of):
                        outcomes, floor = await self._batch(connection, alerts, first)
            except (*REPLAYABLE, store.TAKEN) as error:
                log.info("triage replayed", reason=str(error))
                if attempt == REPLAYS_MAX - 1:
                    raise
            else:
                self._moved(floor)
                trace.end(outcomes)
                for outcome, count in Tally(outcome for _, outcome, _ in outcomes).items():
                    OUTCOMES.labels(outcome).inc(count)
                return

    async def _batch(
        self, connection: Connection, alerts: Sequence[AcceptedAlert], first: int | None
    ) -> tuple[list[tuple[int, str, int]], Floor]:
        """Locks in one order everywhere: alerts, problems, tickets; then one `now` for all.

        Each decision sees the floor that the one before it left.
        """
        policy = self._policy()
        known = await self._know(connection, alerts, policy)
        taken = await store.take_up(
            connection, {one.accepted.id: one.pair for one in known}, first=first
        )
        known = [one for one in known if one.accepted.id in taken.alerts]
        if not known:
            return [], self._floor()
        last = taken.problems
        tickets = await store.lock_open_tickets(connection, last)
        firing = {one.pair for one in known if one.firing}
        # What has no ticket opens one whatever the time is; of what has one, only time tells.
        new = [pair for pair in last if pair in firing and pair not in tickets]
        now, numbers = await now_and_numbers(connection, len(new))
        world = World(policy, self._floor(), now)
        problems = {pair: begin(pair, last[pair], tickets.get(pair), world) for pair in last}
        again = [pair for pair in tickets if pair in firing and may_open(problems[pair], world)]
        numbers += await draw_numbers(connection, len(again))
        drawn = dict(zip([*new, *again], numbers, strict=True))
        outcomes = []
        for one in known:
            pair, number = one.pair, drawn.get(one.pair, 0)
            before = problems[pair].ticket
            problems[pair], outcome, ticket = apply(problems[pair], one, number, world)
            if (after := problems[pair].ticket) is not None:
                world = amended(world, floor=world.floor.after(before, after))
            outcomes.append((one.accepted.id, outcome, ticket))
        changes = [change for problem in problems.values() for change in _changes(problem)]
        await write_changes(connection, changes)
        places = [
            (pair, problem.last, problem.ticket.id if problem.ticket else 0)
            for pair, problem in problems.items()
            if problem.last is not None
        ]
        await store.settle(connection, outcomes, places)
        return outcomes, world.floor

    async def _know(
        self, connection: Connection, alerts: Sequence[AcceptedAlert], policy: Policy
    ) -> list[Known]:
        """The alerts in order of acceptance, once each, with what records and rules say of them.

        Raises what is wrong with one only if it has no outcome, which is certain under its lock:
        one that is set aside already, and sent again at this moment, would be set aside twice.
        """
        wanted = {(alert.client, alert.alert.host) for alert in alerts}
        offers = any(it.not_covered is not None for it in policy.agreements.values())
        await self._directory.load(connection, wanted, approvers=offers)
        counts = await count_alike(connection, alerts, policy.counted)
        by_id = {alert.id: alert for alert in alerts}
        try:
            return self._sorted(by_id.values(), policy, counts)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again below
            log.info("an alert cannot be sorted", reason=str(error))
        fresh = await store.lock_alerts(connection, list(by_id))
        return self._sorted([by_id[number] for number in sorted(fresh)], policy, counts)

    def _sorted(
        self, alerts: Iterable[AcceptedAlert], policy: Policy, counts: Counts
    ) -> list[Known]:
        known = [
            know(
                alert,
                self._directory.client(alert.client),
                self._directory.device(alert.client, alert.alert.host),
                policy,
                counts.get(alert.id, NO_COUNTS),
            )
            for alert in alerts
        ]
        return sorted(known, key=lambda one: one.place)


def _changes(problem: Problem) -> list[Change]:
    done = [Change(before, after, events) for before, after, events in problem.finished]
    if problem.ticket is not None and problem.events:
        done.append(Change(problem.before, problem.ticket, problem.events))
    return done
