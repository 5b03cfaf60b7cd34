"""The tick on real Postgres: everything due, once, whatever is broken."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from sla_timer import tick as tick_module
from sla_timer.limits import BATCH
from tests.domain.worlds import MONDAY, SAM
from tests.services.interleavings.world import World, make_world
from tierline.domain.commands import Claim
from tierline.domain.events import Escalated, Lapsed, Threshold, Warned
from tierline.store.tickets import Look

pytestmark = pytest.mark.postgres

LIMIT_OF_T1 = MONDAY + timedelta(minutes=30)
PATIENCE_S = 30


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        yield made


@asynccontextmanager
async def running(*loops: Callable[[asyncio.Event], object]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop(stop)) for loop in loops]
    try:
        yield
        assert not any(task.done() for task in tasks), "a ticker ended by itself"
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)


async def fired(world: World, number: int) -> list[tuple[str, int, float]]:
    said = [one.event.what for one in await world.told(number)]
    return [(w.clock, w.cycle, w.fraction) for w in said if isinstance(w, Threshold)]


async def test_all_that_is_due_at_one_instant_fires_once_with_two_tickers(
    world: World, eventually
) -> None:
    """Two replicas run at once over several batches; both have their share, none twice."""
    tickets = await world.open_many(4 * BATCH)
    await world.clock(LIMIT_OF_T1)
    other = await world.other_db()
    shares: Counter[str] = Counter()

    async def counted(name: str, ticker) -> None:
        while due := await ticker.tick():
            shares[name] += due

    await asyncio.gather(counted("one", world.ticker()), counted("two", world.ticker(other)))
    assert sum(shares.values()) == len(tickets)
    assert len(shares) == 2
    counted_events = await world.rows(
        "SELECT ticket, cause, count(*) AS n FROM tierline.event WHERE type IN"
        " ('warned', 'lapsed', 'breached', 'escalated') GROUP BY 1, 2, type"
    )
    assert {row["n"] for row in counted_events} == {1}
    first = await fired(world, tickets[0].id)
    assert len(first) > 2
    for ticket in tickets[::97]:
        assert await fired(world, ticket.id) == first
    assert await world.count("ticket", "grp = 'Network'") == len(tickets)
    assert await world.count("outbox") == await world.count("event")


async def test_a_late_tick_fires_in_order_at_the_due_instants_and_says_how_late(
    world: World,
) -> None:
    ticket = await world.open()
    await world.do(ticket.id, Claim("sam"), SAM)
    before = await world.ticket(ticket.id)
    due = before.clocks["tier"].due
    late = timedelta(minutes=7)
    await world.clock(due + late)
    await world.ticker().tick()
    told = await world.told(ticket.id)
    lapse = next(one.event for one in told if _lapse_of(one.event, "tier"))
    assert lapse.at == due
    assert lapse.recorded_at == due + late
    assert lapse.what.late_s == late.total_seconds()
    escalated = next(one.event for one in told if isinstance(one.event.what, Escalated))
    assert escalated.at == due, "the move happens at its due instant, too"
    assert [one.event.at for one in told] == sorted(one.event.at for one in told)


def _lapse_of(event, clock: str) -> bool:
    return isinstance(event.what, Lapsed) and event.what.clock == clock


async def test_nothing_due_writes_nothing(world: World) -> None:
    await world.open_many(3)
    before = await world.count("event")
    assert await world.ticker().tick() == 0
    assert await world.count("event") == before
    assert world.commits == 0


async def test_the_relay_is_woken_after_the_commit(world: World) -> None:
    await world.open()
    await world.clock(LIMIT_OF_T1)
    await world.ticker().tick()
    assert world.commits == 1


async def test_a_ticket_that_cannot_be_read_stops_no_other(world: World) -> None:
    tickets = await world.open_many(5)
    bad = tickets[2].id
    await world.run("UPDATE tierline.ticket SET doc = '{\"id\": 1}' WHERE id = $1", bad)
    await world.clock(LIMIT_OF_T1)
    await world.ticker().tick()
    for ticket in tickets:
        if ticket.id != bad:
            assert (await world.ticket(ticket.id)).group == "Network"
    (dead,) = await world.rows("SELECT source, key, body, reason FROM tierline.dead_letter")
    assert (dead["source"], dead["key"], dead["body"]) == ("sla-timer", str(bad), b'{"id": 1}')
    assert await world.value("SELECT next_due_at FROM tierline.ticket WHERE id = $1", bad) > (
        LIMIT_OF_T1
    )
    assert await world.ticker().tick() == 0


class Trap(dict):
    """Paths, of which one cannot be read."""

    def __getitem__(self, name: str):
        if name == "gone":
            raise LookupError("the path is broken")
        return super().__getitem__(name)

    def get(self, name: str, default=None):
        return self[name] if name == "gone" else super().get(name, default)

    def __contains__(self, name: object) -> bool:
        return name == "gone" or super().__contains__(name)


async def test_a_ticket_the_policy_breaks_on_is_set_aside_and_goes_on_when_mended(
    world: World,
) -> None:
    good, bad = await world.open_many(2)
    await world.run(
        "UPDATE tierline.ticket SET doc = replace(doc::text, '\"standard\"', '\"gone\"')::json"
        " WHERE id = $1",
        bad.id,
    )
    await world.clock(LIMIT_OF_T1)
    whole = world.policy
    world.policy = replace(whole, paths=Trap(whole.paths))
    await world.ticker().tick()
    assert (await world.ticket(good.id)).group == "Network"
    assert await world.count("dead_letter", f"key = '{bad.id}'") == 1
    assert "Lapsed" not in await world.names(bad.id)
    world.policy = replace(whole, paths={**whole.paths, "gone": _again(whole)})
    await world.clock(LIMIT_OF_T1 + timedelta(minutes=2))
    await world.ticker().tick()
    assert (await world.ticket(bad.id)).group == "Network"


def _again(policy):
    return replace(policy.paths["standard"], name="gone")


async def test_a_ticket_that_stays_broken_is_one_dead_letter_not_one_a_look(
    world: World,
) -> None:
    ticket = await world.open()
    await world.run("UPDATE tierline.ticket SET doc = '{}' WHERE id = $1", ticket.id)
    for minutes in range(40, 60, 5):
        await world.clock(MONDAY + timedelta(minutes=minutes))
        assert await world.ticker().tick() == 1, "it is looked at again"
    assert await world.count("dead_letter") == 1
    await world.run("UPDATE tierline.dead_letter SET replayed_at = now()")
    await world.clock(MONDAY + timedelta(hours=2))
    await world.ticker().tick()
    assert await world.count("dead_letter") == 2, "replayed, and broken still: said again"


async def test_a_stale_due_instant_is_mended(world: World) -> None:
    ticket = await world.open()
    true_due = await world.value("SELECT next_due_at FROM tierline.ticket")
    await world.run("UPDATE tierline.ticket SET next_due_at = $1", MONDAY - timedelta(days=1))
    assert await world.ticker().tick() == 1
    assert await world.value("SELECT next_due_at FROM tierline.ticket") == true_due
    assert await world.names(ticket.id) == ["Opened", "Routed"]
    assert await world.ticker().tick() == 0


async def test_a_crowd_is_drained_by_the_loop_each_ticket_once(world: World, eventually) -> None:
    """More than a batch is due: several transactions at a time, none takes another's tickets."""
    tickets = await world.open_many(3 * BATCH + 1)
    await world.clock(LIMIT_OF_T1)
    async with running(world.ticker().run):

        async def all_moved() -> bool:
            return await world.count("ticket", "grp = 'Network'") == len(tickets)

        await eventually(all_moved, PATIENCE_S)
    first = await fired(world, tickets[0].id)
    for ticket in tickets[::40]:
        assert await fired(world, ticket.id) == first


async def test_a_fast_policy_clock_makes_hours_of_promises_fire(world: World, eventually) -> None:
    """Six policy hours a second: the whole path is walked while the tickers run."""
    ticket = await world.open()
    await world.clock(MONDAY, held=False, speed=21_600.0)
    other = await world.other_db()
    async with running(world.ticker().run, world.ticker(other).run):

        async def at_the_end() -> bool:
            return (await world.ticket(ticket.id)).tier == "management"

        await eventually(at_the_end, PATIENCE_S)
    told = await world.told(ticket.id)
    groups = [one.event.what.to_group for one in told if isinstance(one.event.what, Escalated)]
    assert groups == ["Network", "Infra", "Board"]
    said = await fired(world, ticket.id)
    assert len(said) == len(set(said))
    lapses = [one.event for one in told if _lapse_of(one.event, "tier")]
    assert lapses[0].at == LIMIT_OF_T1
    assert lapses[1].at == LIMIT_OF_T1 + timedelta(minutes=60)


async def test_a_jump_of_the_policy_clock_brings_what_lies_between(
    world: World, eventually
) -> None:
    ticket = await world.open()
    async with running(world.ticker().run):
        await world.clock(MONDAY + timedelta(minutes=45))

        async def moved() -> bool:
            return (await world.ticket(ticket.id)).group == "Network"

        await eventually(moved)
    told = await world.told(ticket.id)
    assert {one.event.recorded_at for one in told[2:]} == {MONDAY + timedelta(minutes=45)}


async def test_a_running_ticker_wakes_at_the_due_instant_however_seldom_it_looks(
    world: World, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tick_module, "POLL_S", 600.0)
    ticket = await world.open()
    await world.clock(LIMIT_OF_T1 - timedelta(seconds=30), held=False, speed=60.0)
    ticker = world.ticker()
    await ticker.tick()  # what came before
    async with running(ticker.run):
        await eventually(lambda: _lapsed(world, ticket.id))


async def _lapsed(world: World, number: int) -> bool:
    return ("tier", 2, 1.0) in await fired(world, number)


@pytest.mark.parametrize(
    ("due", "speed", "horizon", "until_s"),
    [
        (None, 1.0, None, math.inf),
        (MONDAY, 1.0, MONDAY, 0.0),
        (MONDAY - timedelta(days=1), 1.0, MONDAY, 0.0),
        (MONDAY + timedelta(seconds=9), 1.0, None, 9.0),
        (MONDAY + timedelta(seconds=9), 60.0, None, 0.15),
        (MONDAY + timedelta(seconds=9), 0, None, math.inf),
    ],
)
def test_a_look_says_how_long_to_wait(due, speed, horizon, until_s) -> None:
    found = Look(MONDAY, speed, due)
    assert (found.horizon, found.until_due_s) == (horizon, until_s)


async def test_a_held_policy_clock_lets_nothing_fire(world: World, eventually) -> None:
    ticket = await world.open()
    await world.clock(LIMIT_OF_T1 - timedelta(microseconds=1))
    ticks = 0

    class Counting(tick_module.Ticker):
        async def tick(self) -> int:
            nonlocal ticks
            ticks += 1
            return await super().tick()

    ticker = Counting(world.db, lambda: world.policy, world.floor, world.committed)
    async with running(ticker.run):
        await eventually(lambda: ticks >= 10)
    said = [one.event.what for one in await world.told(ticket.id)]
    assert all(not isinstance(w, Lapsed) or w.clock != "tier" for w in said)
    assert any(isinstance(w, Warned) for w in said), "what lay before was told"


async def test_a_running_ticker_outlives_a_postgres_that_goes_away(
    world: World, eventually, postgres_server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tick_module, "ERROR_WAIT_S", 0.05)
    ticket = await world.open()
    async with running(world.ticker().run):
        await postgres_server.kill()
        await postgres_server.start()

        async def jumped() -> bool:
            try:
                await world.clock(LIMIT_OF_T1)
            except Exception:
                return False
            return True

        await eventually(jumped)

        async def moved() -> bool:
            return (await world.ticket(ticket.id)).group == "Network"

        await eventually(moved)
