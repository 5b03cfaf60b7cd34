"""The floor: open load by group, as services see it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio

from tests.domain.worlds import MONDAY, OFFICE, SAM, TOM, at
from tests.services.interleavings.world import World, make_world
from tierline.domain.commands import Claim, Close, Move, Resolve
from tierline.domain.floor import Turn
from tierline.domain.people import Away, Person
from tierline.domain.rota import EVERYBODY, Layer, Override, Rotation, Schedule, Unit
from tierline.policy.crew import read_people
from tierline.store import floor as floor_module
from tierline.store.floor import Crew, FloorSource, next_reading_s
from tierline.store.on_call import read_rotas
from tierline.store.schedules import add_overrides, write_schedule
from tierline.store.schedules_read import Made

pytestmark = pytest.mark.postgres


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        yield made


async def test_the_load_is_what_is_still_owed_by_group(world: World) -> None:
    """Resolved and closed tickets are nobody's load; a moved one is its new group's."""
    tickets = await world.open_many(5)
    await world.do(tickets[0].id, Resolve("rebooted"), SAM)
    await world.do(tickets[1].id, Close("a duplicate"), TOM)
    await world.do(tickets[2].id, Move("needs them", to_group="Network"), TOM)
    floor = await FloorSource(world.db).refresh()
    assert dict(floor.load) == {"Desk": 2, "Network": 1}
    assert floor.as_of == MONDAY


async def test_limits_that_ran_out_lately_come_with_it_by_group(world: World) -> None:
    tickets = await world.open_many(3)
    await world.clock(MONDAY + timedelta(minutes=31))
    assert await world.ticker().tick() == len(tickets)
    floor = await FloorSource(world.db).refresh()
    assert floor.lapses == {"Desk": (MONDAY + timedelta(minutes=30),) * 3}
    await world.clock(MONDAY + timedelta(minutes=92))
    assert (await FloorSource(world.db).refresh()).lapses == {}


async def test_it_is_of_the_policy_clock_not_of_the_real_one(world: World) -> None:
    later = MONDAY + timedelta(days=3)
    await world.clock(later)
    assert (await FloorSource(world.db).refresh()).as_of == later


async def test_before_the_first_read_it_is_empty_and_old(world: World) -> None:
    floor = FloorSource(world.db).current
    assert dict(floor.load) == {}
    assert floor.as_of.year == 1970


@pytest.mark.parametrize(
    ("took_s", "wait_s"), [(0.0, 1.0), (0.02, 1.0), (0.1, 5.0), (0.5, 25.0), (9.0, 30.0)]
)
async def test_the_dearer_a_reading_the_later_the_next(took_s: float, wait_s: float) -> None:
    assert next_reading_s(took_s) == wait_s


async def test_it_is_kept_fresh_over_an_outage(
    world: World, eventually, postgres_server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor_module, "FLOOR_EVERY_S", 0.02)
    source, stop = FloorSource(world.db), asyncio.Event()
    task = asyncio.create_task(source.run(stop))
    await world.open()
    await eventually(lambda: source.current.load.get("Desk") == 1)
    await postgres_server.kill()
    await postgres_server.start()

    async def opened() -> bool:
        try:
            await world.open()
        except Exception:
            return False
        return True

    await eventually(opened)
    await eventually(lambda: source.current.load.get("Desk") == 2)
    stop.set()
    await asyncio.wait_for(task, 20)


async def on_call_world(world: World) -> None:
    for login, name in (("ann", "Ann Lee"), ("bob", "Bob")):
        await world.run(
            "INSERT INTO tierline.person (login, name, role) VALUES ($1, $2, 'technician')",
            login,
            name,
        )
    rotation = Rotation(
        ("Ann Lee", "Bob"), Unit.WEEK, "Europe/London", starts=date(2026, 11, 2), at="09:00"
    )
    async with world.db.transaction() as connection:
        await write_schedule(
            connection, Schedule("desk rota", "Europe/London", (Layer("week", rotation),))
        )


async def test_who_is_on_call_comes_with_it_by_login(world: World) -> None:
    await on_call_world(world)
    floor = await FloorSource(world.db, read_rotas).refresh()
    week = timedelta(days=7)
    found = [floor.on_call("desk rota", MONDAY + n * week) for n in (0, 1)]
    assert sorted(found) == [("ann",), ("bob",)]
    assert floor.on_call("no such rota", MONDAY) == ()


async def test_nobody_who_is_away_is_on_call(world: World) -> None:
    await on_call_world(world)
    before = (await FloorSource(world.db, read_rotas).refresh()).on_call("desk rota", MONDAY)
    names = {"ann": "Ann Lee", "bob": "Bob"}
    await world.run(
        "INSERT INTO tierline.absence (person, since, starts, ends)"
        " VALUES ($1, '2026-11-20', '2026-11-20', '2026-11-30')",
        names[before[0]],
    )
    after = (await FloorSource(world.db, read_rotas).refresh()).on_call("desk rota", MONDAY)
    assert after not in {before, ()}


async def test_an_override_is_known_before_the_clock_jumps_to_it(world: World) -> None:
    """Time on a development stack moves by weeks at once; the next reading comes after that."""
    await on_call_world(world)
    start = MONDAY + timedelta(days=20)
    (turn,) = (await FloorSource(world.db, read_rotas).refresh()).on_call("desk rota", start)
    other = {"ann": "Bob", "bob": "Ann Lee"}[turn]
    override = Override("o-1", start, start + timedelta(hours=6), other, EVERYBODY)
    async with world.db.transaction() as connection:
        await add_overrides(connection, "desk rota", [Made(override, "ann", MONDAY)])
    floor = await FloorSource(world.db, read_rotas).refresh()
    assert floor.on_call("desk rota", start) != (turn,)
    assert floor.on_call("desk rota", override.end) == (turn,)


async def test_without_a_way_to_read_them_nobody_is_on_call(world: World) -> None:
    await on_call_world(world)
    floor = await FloorSource(world.db).refresh()
    assert floor.on_call("desk rota", MONDAY) == ()


async def test_people_come_with_it_as_the_records_have_them(world: World) -> None:
    """Shifts by name on the person's own clock, absences in UTC, who is not on record marked."""
    await world.run(
        "INSERT INTO tierline.person (login, name, role, zone, doc, skills, capacity) VALUES"
        " ('ann', 'Ann Lee', 'technician', 'America/New_York', '{\"shifts\": \"office\"}',"
        " '{vpn}', 4), ('bob', 'Bob', 'technician', '', '{}', '{}', NULL)"
    )
    await world.run(
        "INSERT INTO tierline.absence (person, since, starts, ends, stand_in)"
        " VALUES ('Ann Lee', '2026-11-24', '2026-11-24', '2026-11-25', 'Bob')"
    )
    async with world.db.connection() as connection:
        people = await read_people(connection, {"office": OFFICE})
    ann = people["ann"]
    assert (ann.skills, ann.capacity) == (("vpn",), 4)
    assert ann.shifts is not None
    assert ann.shifts.zone == "America/New_York"
    midnight = at("2026-11-24 05:00")  # in New York
    assert ann.away == (Away(midnight, midnight + timedelta(days=1), "bob"),)
    assert people["bob"].shifts is None


async def test_turns_are_read_for_groups_that_offer_their_tickets_alone(world: World) -> None:
    ticket = await world.open()
    await world.do(ticket.id, Claim("sam"), SAM)
    asked: list[tuple[str, str]] = []

    async def nobody(_: object) -> dict[str, Person]:
        return {}

    source = FloorSource(world.db, crew=Crew(nobody, lambda: asked))
    assert (await source.refresh()).turns == {}
    asked += [("Desk", "sam"), ("Desk", "kim")]
    floor = await source.refresh()
    assert floor.turns == {("Desk", "sam"): Turn(MONDAY)}
    assert floor.held == {"sam": 1}


async def test_whom_partners_work_on_and_when_clients_freeze_come_with_it(world: World) -> None:
    await world.run("INSERT INTO tierline.partner (name, clients) VALUES ('NOC', '{Contoso}')")
    await world.run("INSERT INTO tierline.partner (name) VALUES ('Everyman')")
    freezes = [
        {"from": "2026-12-24", "to": "2026-12-26", "reason": "year end"},
        {"from": "2026-07-01T18:00", "to": "2026-07-01T20:00", "reason": "audit"},
    ]
    await world.run(
        "INSERT INTO tierline.client (name, doc) VALUES ('Frozen', $1)",
        json.dumps({"zone": "Europe/London", "freezes": freezes}),
    )
    floor = await FloorSource(world.db, read_rotas).refresh()
    assert floor.partners == {"NOC": frozenset({"Contoso"}), "Everyman": frozenset()}
    first, second = floor.freezes["Frozen"]
    assert (first.reason, first.start) == ("audit", datetime(2026, 7, 1, 17, tzinfo=UTC))
    assert second.end == datetime(2026, 12, 27, tzinfo=UTC)
