"""What is held in memory while the database is away, and what cannot be read once it is back."""

import asyncio

import pytest

from tests.services.notifier.world import World
from tierline.domain.ticket import Requester

pytestmark = pytest.mark.postgres


async def chat_messages(world: World, *numbers: int) -> None:
    for number in numbers:
        world.story(number, requester=Requester())
    assert await world.tell() == len(numbers)


async def test_what_is_sent_and_not_recorded_is_not_sent_again_by_the_one_who_sent_it(
    world: World, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    """The database was away for longer than a lease; the outcome was kept, and goes first."""
    await chat_messages(world, 1001)
    deliverer = world.deliverer(poll_s=0.01)
    record, look = deliverer._recorder.record, deliverer._start_due
    looks, tries = [], []

    async def counted() -> int:
        looks.append(1)
        return await look()

    async def away_for_long(*arguments: object) -> object:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionRefusedError("postgres is away")
        if len(tries) == 2:
            await world.make_due()
            before = len(looks)
            await eventually(lambda: len(looks) > before + 2)
        return await record(*arguments)

    monkeypatch.setattr(deliverer, "_start_due", counted)
    monkeypatch.setattr(deliverer._recorder, "record", away_for_long)
    stop = asyncio.Event()
    loop = asyncio.create_task(deliverer.run(stop))

    async def delivered() -> bool:
        return [m["state"] for m in await world.sent()] == ["delivered"]

    await eventually(delivered)
    stop.set()
    await asyncio.wait_for(loop, 5)
    assert len(world.chat.sent) == 1
    [message] = await world.sent()
    assert (message["attempt"], message["proof"]) == (1, f"took {message['key']}")


async def test_after_an_outage_what_is_due_is_looked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    await chat_messages(world, 1001)
    deliverer = world.deliverer(poll_s=0.01)
    record, tries = deliverer._recorder.record, []

    async def away_once(*arguments: object) -> object:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionRefusedError("postgres is away")
        return await record(*arguments)

    monkeypatch.setattr(deliverer._recorder, "record", away_once)
    stop = asyncio.Event()
    loop = asyncio.create_task(deliverer.run(stop))
    await eventually(lambda: len(tries) == 2)
    await chat_messages(world, 1002)
    await eventually(lambda: len(world.chat.sent) == 2)
    stop.set()
    await asyncio.wait_for(loop, 5)


@pytest.mark.parametrize(
    "spoil",
    [
        """UPDATE tierline.ticket SET doc = '{"id": "none"}' WHERE id = 1001""",
        "UPDATE tierline.notice SET reach = 'shout' WHERE ticket = 1001",
    ],
)
async def test_a_ticket_or_notice_that_cannot_be_read_stops_no_other(
    world: World, spoil: str
) -> None:
    """A newer version may have written it; it is told of as every message that fails is."""
    await chat_messages(world, 1001, 1002)
    await world.sql(spoil)
    await world.deliver()
    assert [parcel.ticket for parcel in world.chat.sent] == [1002]
    first, second, *_ = await world.sent(channel="chat")
    assert (first["state"], second["state"]) == ("failed", "delivered")
    assert first["reason"].startswith("cannot be put into words")
