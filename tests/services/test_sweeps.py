"""The sweeps: what the broker never brought is fetched from Postgres."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from intake.triage import consumer as triage_consumer
from intake.triage.consumer import TriageConsumer
from tests.services.interleavings.world import World, make_world
from tierline.bus import inbox as inbox_module
from tierline.bus.inbox import Inbox
from tierline.store import events as stored

pytestmark = pytest.mark.postgres

PATIENCE_S = 20
SOON_S = 0.02
NEVER_S = 600.0


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        yield made


@asynccontextmanager
async def running(loop: Callable[[asyncio.Event], object]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(loop(stop))
    try:
        yield
        assert not task.done(), "the sweep ended by itself"
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)


class Seen:
    """A consumer that notes what it is given."""

    def __init__(self, world: World) -> None:
        self.events: list[tuple[int, int]] = []
        self.inbox = Inbox(world.db, "tester", self.apply)

    async def apply(self, connection, new) -> None:
        self.events += [(message.event.ticket, message.event.seq) for message in new]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps come at once and look at everything, however young."""
    for module in (inbox_module, triage_consumer):
        monkeypatch.setattr(module, "SWEEP_EVERY_S", SOON_S)
        monkeypatch.setattr(module, "SWEEP_OLDER_THAN_S", 0.0)


async def test_the_sweep_brings_what_the_broker_did_not(world: World, quick, eventually) -> None:
    ticket = await world.open()
    seen = Seen(world)
    async with running(lambda stop: seen.inbox.sweep(stop, lambda: False)):
        await eventually(lambda: seen.events == [(ticket.id, 1), (ticket.id, 2)])
        other = await world.open()
        await eventually(lambda: seen.events[2:] == [(other.id, 1), (other.id, 2)])


async def test_the_sweep_leaves_a_lagging_consumer_alone(world: World, quick, eventually) -> None:
    await world.open()
    seen = Seen(world)
    asked = 0
    lags = True

    def lagging() -> bool:
        nonlocal asked
        asked += 1
        return lags

    async with running(lambda stop: seen.inbox.sweep(stop, lagging)):
        await eventually(lambda: asked >= 5)
        assert seen.events == []
        lags = False
        await eventually(lambda: len(seen.events) == 2)


async def test_the_sweep_leaves_young_events_to_the_broker(world: World) -> None:
    """They are under SWEEP_OLDER_THAN_S old: on their way."""
    ticket = await world.open()
    seen = Seen(world)
    assert await seen.inbox.sweep_once() == 0
    await world.run(
        "UPDATE tierline.ticket SET changed_at = changed_at - interval '1 minute' WHERE id = $1",
        ticket.id,
    )
    assert await seen.inbox.sweep_once() == 2


async def test_the_usual_sweep_looks_only_at_what_changed_lately(world: World) -> None:
    old, new = await world.open_many(2)
    await world.run(
        "UPDATE tierline.ticket SET changed_at = now() - make_interval(mins => $2) WHERE id = $1",
        old.id,
        30,
    )
    await world.run(
        "UPDATE tierline.ticket SET changed_at = now() - make_interval(mins => $2) WHERE id = $1",
        new.id,
        1,
    )
    seen = Seen(world)
    assert await seen.inbox.sweep_once(within_s=600) == 2
    assert {ticket for ticket, _ in seen.events} == {new.id}
    assert await seen.inbox.sweep_once() == 2
    assert {ticket for ticket, _ in seen.events} == {new.id, old.id}


async def test_a_sweep_of_everything_begins_where_the_last_found_nothing(
    world: World, quick, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each would read the closed tickets of years, every few minutes and at every start."""
    await world.open_many(2)
    seen = Seen(world)
    looks: list[float | None] = []
    once = seen.inbox.sweep_once

    async def noted(within_s=None) -> int:
        looks.append(within_s)
        return await once(within_s)

    monkeypatch.setattr(seen.inbox, "sweep_once", noted)
    monkeypatch.setattr(inbox_module, "SWEEP_ALL_EACH", 1)
    async with running(lambda stop: seen.inbox.sweep(stop, lambda: False)):
        await eventually(lambda: len(looks) >= 5 and looks[-1] is not None)
    unknown = [within for within in looks if within is None]
    assert len(unknown) >= 2, "what found something is no proof that all was seen"
    assert looks[: len(unknown)] == unknown, "once it is known, it stays so"
    assert all(600 <= within < 660 for within in looks[len(unknown) :])
    assert len(seen.events) == 4


async def test_one_sweep_drains_a_backlog_longer_than_a_read(
    world: World, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker lost in the middle of thousands must not cost an interval a read."""
    monkeypatch.setattr(stored, "GAP_EVENTS_MAX", 7)
    monkeypatch.setattr(inbox_module, "SWEEP_OLDER_THAN_S", 0.0)
    waits = iter([SOON_S])
    monkeypatch.setattr(inbox_module, "SWEEP_EVERY_S", SOON_S)
    await world.open_many(30)
    seen = Seen(world)
    once = seen.inbox.sweep_once

    async def then_never(within_s=None) -> int:
        monkeypatch.setattr(inbox_module, "SWEEP_EVERY_S", next(waits, NEVER_S))
        return await once(within_s)

    monkeypatch.setattr(seen.inbox, "sweep_once", then_never)
    async with running(lambda stop: seen.inbox.sweep(stop, lambda: False)):
        await eventually(lambda: len(seen.events) == 60)
    assert len(set(seen.events)) == 60


async def test_the_sweep_outlives_a_postgres_that_goes_away(
    world: World, quick, eventually, postgres_server
) -> None:
    seen = Seen(world)
    await world.open()
    async with running(lambda stop: seen.inbox.sweep(stop, lambda: False)):
        await eventually(lambda: len(seen.events) == 2)
        await postgres_server.kill()
        await postgres_server.start()

        async def opened() -> bool:
            try:
                await world.open()
            except Exception:
                return False
            return True

        await eventually(opened)
        await eventually(lambda: len(seen.events) == 4)


async def test_waiting_alerts_are_triaged_by_the_sweep(world: World, quick, eventually) -> None:
    alert = await world.alert()
    triage = TriageConsumer(world.db, world.triager())
    async with running(lambda stop: triage.sweep(stop, lambda: False)):

        async def handled() -> bool:
            return (await world.outcome(alert))[0] == "opened"

        await eventually(handled)


async def test_the_alert_sweep_leaves_young_alerts_and_a_lagging_consumer_alone(
    world: World, quick, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    triage = TriageConsumer(world.db, world.triager())
    old = await world.alert("old", age_s=60)
    asked = 0

    def lagging() -> bool:
        nonlocal asked
        asked += 1
        return True

    async with running(lambda stop: triage.sweep(stop, lagging)):
        await eventually(lambda: asked >= 5)
    assert (await world.outcome(old))[0] is None
    monkeypatch.setattr(triage_consumer, "SWEEP_OLDER_THAN_S", 5.0)
    young = await world.alert("young")
    assert await triage.sweep_once() == 1
    assert (await world.outcome(old))[0] == "opened"
    assert (await world.outcome(young))[0] is None


async def test_an_alert_whose_row_cannot_be_read_does_not_stop_the_sweep(world: World) -> None:
    bad, good = await world.alert("bad", age_s=60), await world.alert("good", age_s=60)
    await world.run("UPDATE tierline.alert SET body = '[1]' WHERE id = $1", bad.id)
    triage = TriageConsumer(world.db, world.triager())
    assert await triage.sweep_once() == 2
    assert (await world.outcome(good))[0] == "opened"
    assert (await world.outcome(bad))[0] == "dead letter"
    assert await world.value("SELECT body FROM tierline.dead_letter") == b"[1]"
    assert await triage.sweep_once() == 0


async def test_one_alert_sweep_drains_a_backlog_longer_than_a_read(
    world: World, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    monkeypatch.setattr(triage_consumer, "SWEEP_ALERTS_MAX", 3)
    monkeypatch.setattr(triage_consumer, "SWEEP_EVERY_S", SOON_S)
    for n in range(10):
        await world.alert(f"k{n}", age_s=60)
    triage = TriageConsumer(world.db, world.triager())
    once = triage.sweep_once

    async def then_never() -> int:
        monkeypatch.setattr(triage_consumer, "SWEEP_EVERY_S", NEVER_S)
        return await once()

    monkeypatch.setattr(triage, "sweep_once", then_never)
    async with running(lambda stop: triage.sweep(stop, lambda: False)):

        async def done() -> bool:
            return await world.count("alert", "outcome IS NULL") == 0

        await eventually(done)
    assert await world.count("ticket") == 10
