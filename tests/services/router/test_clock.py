"""Policy time: moved on a development stack, never backwards."""

import time
from datetime import datetime, timedelta

import pytest

from router.policy_clock import SLACK_S, move_clock
from router.requests import ClockBody
from tests.services.router.world import MONDAY, router_world


async def now(world):
    return datetime.fromisoformat((await world.as_("sam").get("/v1/clock")).json()["now"])


async def move(world, **change):
    answer = await world.as_("sam").post("/v1/clock", json=change)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_jump_goes_forward_by_as_much(world):
    before = await now(world)
    await move(world, jump_s=2700)
    assert timedelta(minutes=45) <= await now(world) - before < timedelta(minutes=46)


async def test_a_held_clock_stands_still_and_still_jumps(world):
    await move(world, held=True)
    first = await now(world)
    assert await now(world) == first
    await move(world, jump_s=59.75)
    await move(world, jump_s=0.25)
    assert await now(world) == first + timedelta(seconds=60)
    shown = await move(world, held=False)
    assert shown["held"] is False
    assert await now(world) > first + timedelta(seconds=60)


async def test_time_never_goes_backwards_however_it_is_changed(world):
    """Read before and after each change, slow to fast and back, many times."""
    last = MONDAY
    changes = [{"speed": 100_000}, {"speed": 1}, {"held": True}, {"held": False}, {"jump_s": 0.5}]
    for change in changes * 8:
        for step in (now(world), move(world, **change), now(world)):
            found = await step
            at = found if isinstance(found, datetime) else datetime.fromisoformat(found["now"])
            assert at >= last, change
            last = at


@pytest.mark.parametrize("change", [{"speed": 1}, {"held": True}])
async def test_who_reads_while_time_is_slowed_down_is_not_ahead_of_who_reads_after(world, change):
    """A reader before the commit still sees the old speed. Tried until the commit came in time."""
    for _ in range(50):
        await move(world, speed=10_000)
        await move(world, held=False)
        began = time.monotonic()
        async with world.db.transaction() as connection:
            await move_clock(connection, ClockBody(**change))
            before = await world.sql("SELECT tierline.policy_now()")
        in_time = time.monotonic() - began < SLACK_S
        after = await world.sql("SELECT tierline.policy_now()")
        if in_time:
            assert after >= before
            return
    pytest.fail("no commit within the slack in fifty tries")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"speed": 2, "held": True},
        {"speed": 0},
        {"speed": -1},
        {"speed": 100_001},
        {"speed": "NaN"},
        {"jump_s": -60},
        {"jump_s": 0},
        {"jump_s": 1e12},
        {"held": None},
        {"hold": True},
    ],
)
async def test_a_change_that_is_none_or_two_or_backwards_is_refused(shared_world, change):
    answer = await shared_world.as_("sam").post("/v1/clock", json=change)
    assert answer.status_code == 422
    assert await shared_world.sql("SELECT changed FROM tierline.policy_clock") == 0


async def test_policy_time_is_real_time_in_production(database_url):
    async with router_world(database_url, development=False) as world:
        assert (await world.as_("sam").post("/v1/clock", json={"speed": 2})).status_code == 403
        answer = await world.as_("all").post("/v1/clock", json={"speed": 2})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_development")
        me = (await world.as_("sam").get("/v1/me")).json()
        assert me["development"] is False
        assert "clock:write" not in me["scopes"]
