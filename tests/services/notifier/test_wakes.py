"""When the delivery loop looks again by itself: only where there may be something to find.

Its own poll is so rare here that no test waits for it.
"""

import asyncio

import pytest

from notifier.deliver import Deliverer
from notifier.outcome import Failed
from tests.services.notifier.test_handed_over import delivering, feed_of, sent, states, tell, write
from tests.services.notifier.world import World
from tierline.domain.ticket import Requester

pytestmark = pytest.mark.postgres


def counted(deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much was free at each look from now on."""
    looks: list[int] = []
    claim = deliverer._claim

    async def look(free: int) -> object:
        looks.append(free)
        return await claim(free)

    monkeypatch.setattr(deliverer, "_claim", look)
    return looks


async def test_outcomes_after_which_nothing_is_due_are_followed_by_no_look(
    world: World, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    await feed_of(world, 1001, 1002)
    async with delivering(world) as deliverer:
        looks = counted(deliverer, monkeypatch)
        await tell(world, deliverer)

        async def all_told() -> bool:
            return await states(world) == [("delivered", 1)] * 4

        await eventually(all_told)
    assert looks == []


async def test_the_next_of_a_line_is_looked_for_once_it_is_due(world: World, eventually) -> None:
    await feed_of(world, 1001)
    await world.tell()
    async with delivering(world, blocked_look_s=600.0) as deliverer:
        deliverer.wake.set()
        await eventually(lambda: sent(world) == ["1001/1", "1001/2"])


async def test_who_stands_in_is_told_at_once(world: World, eventually) -> None:
    world.story(requester=Requester())
    await world.tell()
    world.chat.answer(Failed("404 no_service"))
    async with delivering(world):
        await eventually(lambda: len(world.mail.sent) == 1)


async def test_what_is_put_back_to_be_sent_at_once_is_taken_at_once(
    world: World, eventually
) -> None:
    await feed_of(world, 1001)
    async with delivering(world) as deliverer:
        written = await write(world, deliverer.room)
        deliverer.hand_over(written.handed, asyncio.get_running_loop().time() - 30.0)
        await eventually(lambda: sent(world) == ["1001/1", "1001/2"])


@pytest.mark.parametrize("limit", ["per_address", "per_channel", "held"])
async def test_once_what_was_full_has_room_again_it_is_looked_for_more(
    world: World, eventually, limit: str
) -> None:
    for number in range(1001, 1006):
        world.story(number, requester=Requester())
    await world.tell()
    world.chat.gate.clear()
    async with delivering(world, **{limit: 2}) as deliverer:
        await eventually(lambda: len(world.chat.sent) == 2)
        deliverer.wake.set()
        await eventually(lambda: not deliverer.wake.is_set())
        world.chat.gate.set()
        await eventually(lambda: len(world.chat.sent) == 5)
