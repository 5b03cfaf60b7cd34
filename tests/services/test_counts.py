"""What the loops ask of PostgreSQL, against the numbers in counts.json: CI's gate on speed."""

import os
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import timedelta
from operator import attrgetter

import pytest
import pytest_asyncio

from intake.batch import Batcher
from intake.inserts import make_row
from notifier.directory import DirectorySource
from notifier.handlers import write_notices
from notifier.turns import Room, no_room
from sla_timer.tick import Ticker
from tests.databases import Databases
from tests.domain.worlds import MONDAY, SAM
from tests.services import counting
from tests.services.counting import Counter, Counts, counter
from tests.services.interleavings.world import World
from tests.services.notifier.world import World as NotifierWorld
from tierline.bus.inbox import Inbox
from tierline.bus.relay import Relay
from tierline.domain.commands import Claim, Note
from tierline.messages.alert import Alert
from tierline.store import tickets as ticket_store
from tierline.testing.producers import RecordingSender

pytestmark = pytest.mark.postgres

MANY = 100
LOOKS = 4
LIMIT_OF_T1 = MONDAY + timedelta(minutes=30)


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A database nobody has used: what was deleted in one makes PostgreSQL write otherwise."""
    name = await databases.take_new()
    yield databases.server.url(name)
    await databases.give_back(name)


@pytest_asyncio.fixture
async def count(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    async with counter(database_url, monkeypatch) as made:
        yield made


@pytest_asyncio.fixture
async def world(count: Counter, database_url: str) -> World:
    made = World(database_url, count.db)
    await made.clock(MONDAY)
    return made


def hold(work: str, counts: Counts) -> None:
    """Hold the counts to what is written down, or write them down where that is asked."""
    if os.environ.get(counting.WRITE_VARIABLE) == "1":
        counting.write_down(work, counts)
        return
    known = counting.written_down().get(work)
    assert known is not None, f"no numbers are written down for {work!r}. {counting.WHY}"
    found = counting.differences(counts, known)
    assert not found, f"{work}: {'; '.join(found)}. {counting.WHY}"


async def test_accepting_a_hundred_alerts(count: Counter) -> None:
    batcher = Batcher(count.db, lambda: None)
    rows = [
        make_row(n, "rmm", "rmm", "Contoso", Alert(dedup_key=f"disk {n}", title="The disk is full"))
        for n in range(MANY)
    ]
    async with count.counting() as found:
        await batcher.submit(rows)
        await batcher.close()  # gives its connection back
    hold("accept 100 alerts", found[0])


async def test_triage_of_a_hundred_new_problems(count: Counter, world: World) -> None:
    alerts = [await world.alert(f"disk {n}") for n in range(MANY)]
    triager = world.triager()
    async with count.counting() as found:
        await triager.take(alerts)
    assert await world.count("ticket") == MANY
    hold("triage 100 alerts of new problems", found[0])


async def test_triage_of_one_alert_in_hand(count: Counter, world: World) -> None:
    """What a quiet system does in a row, so that each round trip is time until the ticket."""
    triager = world.triager()
    await triager.take([await world.alert("fan")])  # knows the clients after that
    alert = await world.alert("disk")
    async with count.counting() as found:
        await triager.take([alert], first=alert.id)
    assert await world.count("ticket") == 2
    hold("triage one alert in hand of a new problem", found[0])


async def test_triage_of_a_hundred_alerts_that_join_their_tickets(
    count: Counter, world: World
) -> None:
    await world.triager().take([await world.alert(f"disk {n}") for n in range(MANY)])
    again = [await world.alert(f"disk {n}") for n in range(MANY)]
    triager = world.triager()
    async with count.counting() as found:
        await triager.take(again)
    assert await world.count("alert", "outcome = 'attached'") == MANY
    hold("triage 100 alerts that join tickets", found[0])


async def test_triage_of_a_hundred_alerts_of_one_problem(count: Counter, world: World) -> None:
    alerts = [await world.alert("disk") for _ in range(MANY)]
    triager = world.triager()
    async with count.counting() as found:
        await triager.take(alerts)
    assert await world.count("ticket") == 1
    hold("triage 100 alerts of one problem", found[0])


async def test_relaying_what_a_hundred_tickets_said(count: Counter, world: World) -> None:
    await world.open_many(MANY)
    sender = RecordingSender()
    relay = Relay(count.db, sender)
    async with count.counting() as found:
        while await relay.send_once():
            """Some shards at a time, until none has rows."""
    assert len(sender.sent) == 2 * MANY
    hold("relay 200 events of 100 tickets", found[0])


async def about_to_climb(world: World) -> Ticker:
    """A hundred tickets whose limit in T1 is reached, and all that came before is told."""
    await world.open_many(MANY)
    await world.clock(LIMIT_OF_T1 - timedelta(seconds=1))
    ticker = world.ticker()
    await pass_time(ticker)
    await world.clock(LIMIT_OF_T1)
    return ticker


async def pass_time(ticker: Ticker) -> int:
    """Tick until all hundred had their turn; gives how many batches that were."""
    passed, ticks = 0, 0
    while passed < MANY:
        passed, ticks = passed + await ticker.tick(), ticks + 1
    return ticks


async def test_ticks_of_a_hundred_tickets_that_climb(count: Counter, world: World) -> None:
    ticker = await about_to_climb(world)
    async with count.counting() as found:
        await pass_time(ticker)
    assert await world.count("ticket", "grp = 'Network'") == MANY
    hold("tick 100 tickets that climb", found[0])


async def test_a_tick_that_finds_nothing(count: Counter, world: World) -> None:
    await world.open_many(MANY)
    ticker = world.ticker()
    looks = []
    for _ in range(LOOKS):
        async with count.counting() as found:
            assert await ticker.tick() == 0
        looks += found
    # A look may tidy the pages it reads, and log that; the least is what each of them needs.
    hold("tick with nothing due", min(looks, key=attrgetter("wal_bytes")))


@pytest.mark.parametrize("command", [Claim("sam"), Note("Looked at it.")], ids=["claim", "note"])
async def test_a_command(count: Counter, world: World, command: Claim | Note) -> None:
    ticket = await world.open()
    async with count.counting() as found:
        done = await world.do(ticket.id, command, SAM)
    assert done.decision.rejected is None
    hold(f"command {type(command).__name__.lower()}", found[0])


async def told(count: Counter) -> NotifierWorld:
    """A hundred opened tickets, a subscription to them, and notices of them not yet written."""
    world = await NotifierWorld(count.db).furnish()
    await world.subscribe("psa", types=["tierline.ticket.opened.v1"])
    for number in range(MANY):
        world.story(1001 + number)
    await world.save()
    return world


async def inbox_of(world: NotifierWorld, room: Room = no_room) -> Inbox:
    """The notifier's inbox, whose messages wait to be claimed where there is no `room` for them."""
    directory = DirectorySource(world.db)
    await directory.refresh()

    async def tell(connection, messages) -> None:
        known = await directory.get(connection)
        await write_notices(connection, messages, world.policy, known, room=room)

    return Inbox(world.db, "notifier", tell)


async def test_notices_of_a_hundred_tickets(count: Counter) -> None:
    world = await told(count)
    messages, inbox = await world.messages(), await inbox_of(world)
    async with count.counting() as found:
        await inbox.take(messages)
    hold("notices of 100 opened tickets", found[0])


async def test_notices_of_a_hundred_tickets_sent_by_their_writer(count: Counter) -> None:
    """Claimed as they are written: nobody reads them again before they are sent."""
    world = await told(count)
    messages, inbox = await world.messages(), await inbox_of(world, lambda _: MANY)
    async with count.counting() as found:
        await inbox.take(messages)
    assert (await world.sql("SELECT count(*) AS n FROM tierline.attempt"))[0]["n"] > 0
    hold("notices of 100 opened tickets, handed over", found[0])


async def test_delivering_a_hundred_webhooks_and_their_rooms(count: Counter) -> None:
    world = await told(count)
    await (await inbox_of(world)).take(await world.messages())
    deliverer = world.deliverer(**dict.fromkeys(("batch", "per_channel", "per_address"), 4 * MANY))
    async with count.counting() as found:
        assert await deliverer.deliver_once() >= MANY
    assert len(world.webhook.sent) == MANY
    hold("deliver what 100 opened tickets brought", found[0])


# -- the gate itself


async def test_a_statement_too_many_is_seen(
    count: Counter, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted in the ticks of a hundred: one more look and one more row each."""
    real = ticket_store.write_changes

    async def wasteful(connection, changes) -> int:
        await connection.execute("UPDATE tierline.policy_clock SET changed = changed + 1")
        return await real(connection, changes)

    monkeypatch.setattr("sla_timer.tick.write_changes", wasteful)
    ticker = await about_to_climb(world)
    async with count.counting() as found:
        ticks = await pass_time(ticker)
    known = Counts(**counting.written_down()["tick 100 tickets that climb"])
    planted = replace(
        known,
        statements=known.statements + ticks,
        round_trips=known.round_trips + ticks,
        rows=known.rows + ticks,
    )
    assert replace(found[0], wal_bytes=0) == replace(planted, wal_bytes=0)
    assert len(counting.differences(found[0], asdict(known))) == 3


@pytest.mark.parametrize(("share", "seen"), [(1.09, 0), (0.91, 0), (1.11, 1), (0.89, 1)])
def test_bytes_may_differ_by_a_tenth(share: float, seen: int) -> None:
    known = Counts(statements=10, round_trips=12, rows=100, wal_bytes=1_000_000)
    other = replace(known, wal_bytes=round(1_000_000 * share))
    assert len(counting.differences(other, asdict(known))) == seen


def test_every_number_written_down_is_held_by_a_test(request: pytest.FixtureRequest) -> None:
    """A piece of work that was renamed leaves no numbers behind."""
    text = request.path.read_text()
    works = counting.written_down()
    assert {work for work in works if f'"{work}"' not in text and "command " not in work} == set()
