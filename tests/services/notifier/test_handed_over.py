"""Webhooks that are sent by whoever wrote them: claimed at birth, in line, lost to no crash."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from notifier.claim import Place
from notifier.deliver import Deliverer
from notifier.directory import read_directory
from notifier.handlers import Written, write_notices
from notifier.limits import DIRECTORY_TTL_S
from notifier.outcome import Retry
from tests.services.notifier.world import World
from tierline.domain.commands import Claim, Note
from tierline.domain.ticket import Requester

pytestmark = pytest.mark.postgres

PSA: Place = ("webhook", "psa")


async def feed_of(world: World, *numbers: int) -> None:
    """Tickets of two events each, for a subscription and nobody else."""
    await world.sql("UPDATE tierline.room SET url = ''")
    await world.subscribe("psa")
    for number in numbers:
        world.story(number, requester=Requester())


@asynccontextmanager
async def delivering(world: World, **limits: object) -> AsyncIterator[Deliverer]:
    """A loop that looks for due messages by itself so rarely that no test waits for it."""
    deliverer = world.deliverer(**{"poll_s": 600.0, **limits})
    stop = asyncio.Event()
    running = asyncio.create_task(deliverer.run(stop))
    while deliverer.room(PSA) == 0 and not running.done():
        await asyncio.sleep(0)
    try:
        yield deliverer
    finally:
        stop.set()
        deliverer.wake.set()
        world.webhook.gate.set()
        await asyncio.wait_for(running, 10)


async def write(world: World, room: Callable[[Place], int]) -> Written:
    """Commit what is new, and say what its writer may send."""
    await world.save()
    messages = await world.messages()
    async with world.db.transaction() as connection:
        directory = await read_directory(connection)
        written = await write_notices(connection, messages, world.policy, directory, room=room)
    for message in messages:
        world.told[message.event.ticket] = message.event.seq
    return written


async def tell(world: World, deliverer: Deliverer) -> Written:
    now = asyncio.get_running_loop().time()
    written = await write(world, deliverer.room)
    deliverer.hand_over(written.handed, now)
    return written


def sent(world: World) -> list[str]:
    return [json.loads(parcel.body)["id"] for parcel in world.webhook.sent]


async def states(world: World) -> list[tuple[str, int]]:
    return [(m["state"], m["attempt"]) for m in await world.sent(channel="webhook")]


def plenty(_place: Place) -> int:
    return 1_000


async def test_what_is_new_is_sent_without_being_looked_for(world: World, eventually) -> None:
    await feed_of(world, 1001, 1002)
    async with delivering(world) as deliverer:
        written = await tell(world, deliverer)

        async def all_told() -> bool:
            return await states(world) == [("delivered", 1)] * 4

        await eventually(all_told)
    assert (written.messages, written.left) == (4, 0)
    assert sorted(sent(world)) == ["1001/1", "1001/2", "1002/1", "1002/2"]
    for message in await world.sent(channel="webhook"):
        [attempt] = await world.attempts(message["id"])
        assert attempt["outcome"] == "delivered"
        assert attempt["ended_at"] is not None
    assert {n["state"] for n in await world.notices(kind="subscription")} == {"delivered"}


async def test_the_body_is_the_event_as_it_is_stored(world: World, eventually) -> None:
    await feed_of(world, 1001)
    async with delivering(world) as deliverer:
        await tell(world, deliverer)
        await eventually(lambda: len(world.webhook.sent) == 2)
    rows = await world.sql("SELECT body FROM tierline.event ORDER BY seq")
    assert world.webhook.field("body") == [row["body"].encode() for row in rows]
    keys = [m["key"] for m in await world.sent(channel="webhook")]
    assert world.webhook.field("key") == keys


async def test_the_next_of_a_line_waits_for_the_outcome_of_the_one_before(
    world: World, eventually
) -> None:
    await feed_of(world, 1001)
    world.webhook.gate.clear()
    async with delivering(world) as deliverer:
        await tell(world, deliverer)
        await eventually(lambda: sent(world) == ["1001/1"])
        assert await states(world) == [("pending", 1), ("pending", 0)]
        world.webhook.gate.set()
        await eventually(lambda: sent(world) == ["1001/1", "1001/2"])


async def test_where_the_first_must_be_tried_again_the_next_is_not_sent(
    world: World, eventually
) -> None:
    await feed_of(world, 1001)
    world.webhook.answer(Retry(0.0, "503 busy"))
    async with delivering(world) as deliverer:
        await tell(world, deliverer)

        async def recorded() -> bool:
            return (await world.sent(channel="webhook"))[0]["reason"] == "503 busy"

        await eventually(recorded)
    assert sent(world) == ["1001/1"]
    await world.make_due()
    await world.deliver()
    await world.deliver()
    assert sent(world) == ["1001/1", "1001/1", "1001/2"]
    assert await states(world) == [("delivered", 2), ("delivered", 1)]


async def test_a_writer_that_dies_leaves_its_messages_to_the_lease(world: World) -> None:
    await feed_of(world, 1001)
    written = await write(world, plenty)
    assert [one.claim.attempt for one in written.handed.now] == [1]
    assert await world.deliver() == 0, "within the lease it is nobody else's"
    await world.make_due()
    await world.deliver()
    await world.make_due()
    await world.deliver()
    assert sent(world) == ["1001/1", "1001/2"]
    first = (await world.sent(channel="webhook"))[0]
    lost, second = await world.attempts(first["id"])
    assert (lost["outcome"], second["outcome"]) == ("lost", "delivered")


async def test_nothing_overtakes_an_older_message_of_its_line(world: World) -> None:
    await feed_of(world, 1001)
    await world.tell()
    world.stories[1001].ok(Claim("sam"))
    written = await write(world, plenty)
    assert written.handed.now == []
    assert written.left == 1
    await world.deliver()
    assert sent(world) == ["1001/1", "1001/2", "1001/3"]


async def test_a_subscription_that_was_disabled_a_moment_ago_gets_nothing(world: World) -> None:
    """What is known of it is seconds old; it is asked for once more."""
    await feed_of(world, 1001)
    async with world.db.connection() as connection:
        old = await read_directory(connection)
    await world.sql("UPDATE tierline.subscription SET disabled_at = now(), why = 'by hand'")
    await world.save()
    async with world.db.transaction() as connection:
        written = await write_notices(
            connection, await world.messages(), world.policy, old, room=plenty
        )
    assert written.handed.now == []
    assert written.left == 2


async def test_more_than_there_is_room_for_is_left_to_be_claimed(world: World, eventually) -> None:
    await feed_of(world, *range(1001, 1011))
    async with delivering(world, handed_per_address=6) as deliverer:
        written = await tell(world, deliverer)
        assert len(written.handed.now) + len(written.handed.behind) == 6
        assert written.left == 14
        deliverer.wake.set()

        async def all_told() -> bool:
            return {state for state, _ in await states(world)} == {"delivered"}

        await eventually(all_told)
    assert len(sent(world)) == 20
    for number in range(1001, 1011):
        mine = [one for one in sent(world) if one.startswith(f"{number}/")]
        assert mine == [f"{number}/1", f"{number}/2"]


async def test_one_address_is_sent_to_by_so_many_at_once(world: World, eventually) -> None:
    await feed_of(world, *range(1001, 1011))
    world.webhook.gate.clear()
    async with delivering(world, per_address=3, handed_per_address=100) as deliverer:
        await tell(world, deliverer)
        await eventually(lambda: len(sent(world)) == 3)
        assert deliverer.room(PSA) < deliverer.room(("webhook", "other"))
        world.webhook.gate.set()
        await eventually(lambda: len(sent(world)) == 20)


async def test_what_would_outlive_its_lease_is_put_back_unsent(world: World, eventually) -> None:
    await feed_of(world, 1001)
    async with delivering(world) as deliverer:
        written = await write(world, deliverer.room)
        long_ago = asyncio.get_running_loop().time() - 30.0
        deliverer.hand_over(written.handed, long_ago)

        async def put_back() -> bool:
            first = await world.sql("SELECT detail FROM tierline.attempt ORDER BY message, number")
            return bool(first) and first[0]["detail"].startswith("not sent")

        await eventually(put_back)
    await world.deliver()
    assert sent(world) == ["1001/1", "1001/2"], "once each: the first attempt sent nothing"


async def test_a_slow_receiver_leaves_room_for_what_is_due_elsewhere(
    world: World, eventually
) -> None:
    """Many wait for their turn at one address: another address on the same channel goes on."""
    await feed_of(world, *range(1001, 1011))
    world.webhook.gate.clear()
    async with delivering(world, per_address=1, per_channel=2, held=20) as deliverer:
        written = await tell(world, deliverer)
        assert written.left == 10
        await eventually(lambda: len(sent(world)) == 1)
        await world.sql(
            "INSERT INTO tierline.subscription (name, url, secrets)"
            " SELECT 'other', url, secrets FROM tierline.subscription"
        )
        await world.sql(
            "INSERT INTO tierline.message (channel, address, key, content)"
            " SELECT channel, 'other', key || '_', content FROM tierline.message"
            " ORDER BY id LIMIT 1"
        )
        deliverer.wake.set()
        await eventually(lambda: world.webhook.field("address") == ["psa", "other"])
        world.webhook.gate.set()


async def test_nothing_is_handed_to_a_loop_that_does_not_run(world: World) -> None:
    await feed_of(world, 1001)
    deliverer = world.deliverer()
    assert deliverer.room(PSA) == 0
    written = await tell(world, deliverer)
    assert (written.handed.now, written.left) == ([], 2)
    await world.deliver()
    assert sent(world) == ["1001/1", "1001/2"]


async def test_a_backlog_is_not_overtaken_by_what_is_new(world: World, eventually) -> None:
    await feed_of(world, 1001)
    await world.tell()
    world.webhook.gate.clear()
    async with delivering(world) as deliverer:
        deliverer.wake.set()
        await eventually(lambda: sent(world) == ["1001/1"])
        assert deliverer.room(PSA) == 0
        world.story(1002, requester=Requester())
        assert (await tell(world, deliverer)).left == 2
        world.webhook.gate.set()
        await eventually(lambda: deliverer.room(PSA) > 0)


async def test_a_pause_that_a_receiver_asks_for_holds_what_was_handed_over(
    world: World, eventually
) -> None:
    await feed_of(world, 1001, 1002, 1003)
    world.webhook.answer(Retry(600.0, "429"))
    async with delivering(world, per_address=1) as deliverer:
        await tell(world, deliverer)

        async def all_wait() -> bool:
            reasons = {m["reason"] for m in await world.sent(channel="webhook")}
            return "429" in reasons and any(r.startswith("not sent") for r in reasons)

        await eventually(all_wait)
        assert len(sent(world)) == 1
        assert deliverer.room(PSA) == 0


async def test_events_behind_one_another_all_go_in_one_burst(world: World, eventually) -> None:
    await feed_of(world, 1001)
    world.stories[1001].ok(Claim("sam")).ok(Note("on it"))
    async with delivering(world) as deliverer:
        await tell(world, deliverer)
        await eventually(lambda: len(sent(world)) == 4)
    assert sent(world) == [f"1001/{seq}" for seq in range(1, 5)]


async def test_a_stop_leaves_what_comes_behind_to_be_claimed_at_once(
    world: World, eventually
) -> None:
    await feed_of(world, 1001)
    world.webhook.gate.clear()
    async with delivering(world) as deliverer:
        await tell(world, deliverer)
        await eventually(lambda: sent(world) == ["1001/1"])
    assert await states(world) == [("delivered", 1), ("pending", 0)]
    await world.deliver()
    assert sent(world) == ["1001/1", "1001/2"]


async def test_what_waited_long_behind_another_is_read_again_before_it_is_sent(
    world: World, eventually
) -> None:
    """Its subscription may have moved, lost a secret or ended since."""
    await feed_of(world, 1001)
    async with delivering(world) as deliverer:
        written = await write(world, deliverer.room)
        await world.sql("UPDATE tierline.subscription SET url = 'https://psa.example/new'")
        then = asyncio.get_running_loop().time() - DIRECTORY_TTL_S - 1.0
        deliverer.hand_over(written.handed, then)
        await eventually(lambda: sent(world) == ["1001/1", "1001/2"])
    assert world.webhook.field("url") == ["https://psa.example/in", "https://psa.example/new"]
    assert await states(world) == [("delivered", 1)] * 2
