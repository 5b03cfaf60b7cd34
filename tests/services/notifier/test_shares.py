"""Receivers that let everything hang beside one that answers: shares of a channel."""

import asyncio
from collections import Counter

import pytest

from notifier.limits import PER_ADDRESS, PER_CHANNEL
from notifier.outcome import Delivered
from notifier.parcel import Parcel
from tests.services.notifier.world import World
from tierline.domain.ticket import Requester

pytestmark = pytest.mark.postgres

HOLES = ("hole-1", "hole-2", "hole-3")
MANY = 2 * PER_CHANNEL


class Receivers:
    """Those of HOLES answer nothing until `let_go`; `most`: how many sends at once to each."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.sent: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._inside: Counter[str] = Counter()

    async def send(self, parcel: Parcel) -> Delivered:
        self._inside[parcel.address] += 1
        self.most[parcel.address] = max(self.most[parcel.address], self._inside[parcel.address])
        await (self.let_go.wait() if parcel.address in HOLES else asyncio.sleep(0))
        self._inside[parcel.address] -= 1
        self.sent[parcel.address] += 1
        return Delivered("204")

    async def close(self) -> None:
        """Nothing is open."""


async def messages_for(world: World, address: str, count: int) -> None:
    await world.sql(
        "INSERT INTO tierline.message (channel, address, key, content, due_at)"
        " SELECT 'webhook', $1, $1 || n, content, now() - interval '1 hour'"
        " FROM (SELECT content FROM tierline.message ORDER BY id LIMIT 1) AS one,"
        " generate_series(1, $2::int) AS n",
        address,
        count,
    )


async def test_receivers_that_hang_leave_the_channel_to_one_that_answers(
    world: World, eventually
) -> None:
    """However many wait for it, it is sent all of them, a share of the channel at a time."""
    await world.sql("UPDATE tierline.room SET url = ''")
    world.story(1001, requester=Requester())
    for name in (*HOLES, "quick"):
        await world.subscribe(name)
    await world.tell()
    await world.sql("DELETE FROM tierline.message WHERE address <> 'hole-1'")
    for name in HOLES:
        await messages_for(world, name, MANY)
    await messages_for(world, "quick", MANY)
    receivers, stop = Receivers(), asyncio.Event()
    deliverer = world.deliverer({"webhook": receivers})
    running = asyncio.create_task(deliverer.run(stop))
    await eventually(lambda: receivers.sent["quick"] == MANY)
    assert {receivers.most[name] for name in HOLES} == {PER_ADDRESS}
    assert receivers.most["quick"] <= PER_ADDRESS <= PER_CHANNEL // 4
    stop.set()
    receivers.let_go.set()
    deliverer.wake.set()
    await asyncio.wait_for(running, 10)
