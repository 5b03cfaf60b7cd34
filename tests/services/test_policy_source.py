"""The policy in force, as services read it from Postgres."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.services.interleavings.world import World, make_world
from tierline.cli.load_policy import write_policy
from tierline.policy import source as source_module
from tierline.policy.folder import load_folder
from tierline.policy.source import NoPolicyError, PolicySource

pytestmark = pytest.mark.postgres

EXAMPLE = Path(__file__).parents[2] / "policy"
EARLIER = load_folder(EXAMPLE, year=2026)
LATER = load_folder(EXAMPLE, year=2031)


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        yield made


async def load(world: World, loaded) -> None:
    async with world.db.transaction() as connection:
        await write_policy(connection, loaded)


async def test_before_a_policy_is_loaded_it_says_what_to_do(world: World) -> None:
    source = PolicySource(world.db)
    with pytest.raises(NoPolicyError, match="tierline load"):
        await source.refresh()
    with pytest.raises(NoPolicyError):
        _ = source.current
    assert "tierline load" in (await source.ready() or "")


async def test_what_was_loaded_is_what_was_compiled(world: World) -> None:
    await load(world, EARLIER)
    source = PolicySource(world.db)
    assert await source.ready() is None
    found = source.current
    assert found.version == EARLIER.policy.version
    assert found.tiers == EARLIER.policy.tiers
    assert set(found.groups) == set(EARLIER.policy.groups)
    assert found.slas == EARLIER.policy.slas
    assert set(found.calendars) >= set(EARLIER.policy.calendars)


async def test_a_new_version_comes_into_force_and_keeps_the_old_calendars(
    world: World,
) -> None:
    """Running clocks name calendars of the version they began under."""
    assert EARLIER.policy.version != LATER.policy.version
    await load(world, EARLIER)
    source = PolicySource(world.db)
    await source.refresh()
    await load(world, LATER)
    assert source.current.version == EARLIER.policy.version
    await source.refresh()
    assert source.current.version == LATER.policy.version
    assert set(source.current.calendars) >= set(EARLIER.policy.calendars)


async def test_the_version_before_can_be_made_active_again(world: World) -> None:
    source = PolicySource(world.db)
    for loaded in (EARLIER, LATER, EARLIER):
        await load(world, loaded)
        assert (await source.refresh()).version == loaded.policy.version
    assert await world.count("policy_version") == 2
    assert await world.count("policy_version", "active") == 1


async def test_nothing_new_is_the_very_same_policy(world: World) -> None:
    """Compiling is not cheap, and it is asked every other second."""
    await load(world, EARLIER)
    source = PolicySource(world.db)
    assert await source.refresh() is await source.refresh()


async def test_people_are_known_by_login_as_soon_as_their_record_is_there(
    world: World,
) -> None:
    await load(world, EARLIER)
    source = PolicySource(world.db)
    lead = next(group.lead for group in (await source.refresh()).groups.values() if group.lead)
    await world.run(
        "INSERT INTO tierline.person (login, name, role) VALUES ('new-login', $1, 'lead')", lead
    )
    assert any(group.lead == "new-login" for group in (await source.refresh()).groups.values())


async def test_it_is_kept_fresh_over_an_outage(
    world: World, eventually, postgres_server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Postgres is away the version in force stays in force."""
    monkeypatch.setattr(source_module, "REFRESH_S", 0.02)
    await load(world, EARLIER)
    source, stop = PolicySource(world.db), asyncio.Event()
    await source.refresh()
    task = asyncio.create_task(source.run(stop))
    await postgres_server.kill()
    assert source.current.version == EARLIER.policy.version
    await postgres_server.start()

    async def loaded() -> bool:
        try:
            await load(world, LATER)
        except Exception:
            return False
        return True

    await eventually(loaded)
    await eventually(lambda: source.current.version == LATER.policy.version)
    stop.set()
    await asyncio.wait_for(task, 20)


async def test_a_version_that_cannot_be_used_leaves_the_one_in_force(world: World) -> None:
    """A bad row must not take every service down with it."""
    await load(world, EARLIER)
    source = PolicySource(world.db)
    good = await source.refresh()
    async with world.db.transaction() as connection:
        await connection.execute("UPDATE tierline.policy_version SET active = false")
        await connection.execute(
            "INSERT INTO tierline.policy_version (version, document, active)"
            " VALUES ('sha256:broken', '{\"tiers\": 7}', true)"
        )
    assert await source.refresh() is good
    with pytest.raises(NoPolicyError, match="sha256:broken"):
        await PolicySource(world.db).refresh()
