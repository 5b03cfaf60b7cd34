"""A notifier that stops hands back what it holds, for another to send at once."""

import asyncio

import pytest

from notifier.limits import FINISH_SHARE
from tests.services.notifier.world import World
from tierline.domain.ticket import Requester
from tierline.runtime.ending import FIRST_SHARE

pytestmark = pytest.mark.postgres

HELD = "SELECT count(*) FROM tierline.message WHERE state = 'pending' AND due_at > now()"


async def chats(world: World, count: int) -> None:
    for number in range(1001, 1001 + count):
        world.story(number, requester=Requester())
    await world.tell()


async def stopped(world: World, eventually, **limits: object) -> None:
    """Deliver until as many sends are under way as may be, then stop with the receiver hanging."""
    deliverer, stop = world.deliverer(**limits), asyncio.Event()
    loop = asyncio.create_task(deliverer.run(stop))
    await eventually(lambda: len(world.chat.sent) == limits["per_address"])
    stop.set()
    deliverer.wake.set()
    await asyncio.wait_for(loop, 30)


async def test_what_waits_for_its_turn_and_what_hangs_is_due_at_once(world, eventually) -> None:
    await chats(world, 3)
    world.chat.gate.clear()
    await stopped(world, eventually, per_address=1, handed_per_address=9, finish_s=0.05)
    messages = await world.sent(channel="chat")
    assert {m["state"] for m in messages} == {"pending"}
    assert await world.sql(HELD) == [{"count": 0}]
    reasons = sorted(m["reason"] for m in messages if m["attempt"])
    assert reasons[0] == "cut off in the midst of a send: the notifier stopped"
    assert set(reasons[1:]) <= {"not sent: the notifier stopped"}


async def test_another_sends_it_under_the_same_key_and_in_the_same_order(world, eventually) -> None:
    await chats(world, 2)
    world.chat.gate.clear()
    await stopped(world, eventually, per_address=1, finish_s=0.05)
    cut = world.chat.sent[0].key
    world.chat.gate.set()
    await world.deliver()
    assert {m["state"] for m in await world.sent(channel="chat")} == {"delivered"}
    keys = [parcel.key for parcel in world.chat.sent]
    assert keys.count(cut) == 2, "it may have got there: the receiver knows by the key"
    assert len(keys) == 3


async def test_what_ends_in_time_is_recorded_and_not_sent_again(world, eventually) -> None:
    await chats(world, 1)
    world.chat.gate.clear()
    deliverer, stop = world.deliverer(finish_s=30.0), asyncio.Event()
    loop = asyncio.create_task(deliverer.run(stop))
    await eventually(lambda: len(world.chat.sent) == 1)
    stop.set()
    deliverer.wake.set()
    await asyncio.sleep(0)
    world.chat.gate.set()
    await asyncio.wait_for(loop, 30)
    assert [m["state"] for m in await world.sent()] == ["delivered"]


def test_sends_may_not_take_all_the_time_of_a_stop() -> None:
    """The consumer ends before, in its share; what came of the sends is recorded after."""
    assert FIRST_SHARE + FINISH_SHARE < 1
