"""What happens arrives live; a slow subscriber is dropped, a revoked one is shut out."""

import asyncio
import uuid
from dataclasses import replace

import pytest

from router import consumer
from router.consumer import Live
from router.routes import stream as route
from tests.brokers import make_producer
from tests.services.router.streams import following
from tierline.bus.consumer import Message
from tierline.bus.relay import Relay
from tierline.domain.terms import Role
from tierline.messages.events import decode_event
from tierline.web import sse
from tierline.web.limits import STREAM_QUEUE_MAX
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

SAM = Principal("person", "Sam", "sam", Role.TECHNICIAN, frozenset())
NOWHERE = "127.0.0.1:9"


def live_of(world, bootstrap=NOWHERE):
    context = world.context
    return Live(context.db, context.hub, context.people, bootstrap)


async def messages(world):
    async with world.db.connection() as connection:
        rows = await connection.fetch("SELECT body FROM tierline.event ORDER BY ticket, seq")
    return [decode_event(row["body"]) for row in rows]


async def test_an_event_arrives_with_its_sentence_and_its_row(world):
    async with following(world, "sam") as stream:
        name, clock = await stream.next()
        assert stream.status == 200
        assert (name, set(clock)) == ("clock", {"now", "speed", "held"})
        number = await world.open()
        await world.did("leila", number, "claim")
        await live_of(world).tell(await messages(world))
        seen = [await stream.next() for _ in range(3)]
        assert [found[1]["type"] for found in seen] == ["opened", "routed", "claimed"]
        data = seen[-1][1]
        assert (data["number"], data["words"]) == (number, "Leila claimed it.")
        listed = (await world.as_("sam").get("/v1/tickets")).json()["items"][0]
        assert data["row"] == {**listed, "next_due_at": None}
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-store"


async def test_an_event_that_comes_again_is_streamed_once(world):
    await world.open()
    live, told = live_of(world), await messages(world)
    async with following(world, "sam") as stream:
        await stream.next()
        await live.tell(told)
        await live.tell(told)
        world.context.hub.resync()
        names = [(await stream.next())[0] for _ in range(3)]
        assert names == ["ticket", "ticket", "resync"]


async def test_what_came_while_nobody_listened_is_not_news_to_who_comes_later(world):
    await world.open()
    live, told = live_of(world), await messages(world)
    brought = [Message("t", 0, place, "", one.body) for place, one in enumerate(told)]
    await live.handle([*brought, Message("t", 0, 9, "", b"no event")])
    async with following(world, "sam") as stream:
        await stream.next()
        await live.tell(told)
        world.context.hub.resync()
        assert (await stream.next())[0] == "resync"


async def test_what_the_broker_keeps_back_is_read_from_postgres(world, monkeypatch):
    monkeypatch.setattr(consumer, "LIVE_LATE_S", 0.0)
    live = live_of(world)
    async with following(world, "sam") as stream:
        await stream.next()
        number = await world.open()
        await live.look()
        assert (await stream.next())[0] == "clock"
        name, data = await stream.next()
        assert (name, data["number"], data["type"]) == ("ticket", number, "routed")
        await world.did("sam", number, "notes", text="one")
        await world.did("sam", number, "notes", text="two")
        await live.look()
        assert [(await stream.next())[1]["words"] for _ in range(2)] == [
            "Sam noted: one.",
            "Sam noted: two.",
        ]
        await live.look()
        assert stream.chunks.empty()


async def test_more_than_one_look_can_bring_is_a_resync(world, monkeypatch):
    monkeypatch.setattr(consumer, "LIVE_LATE_S", 0.0)
    monkeypatch.setattr(consumer, "LIVE_TICKETS_MAX", 2)
    live = live_of(world)
    async with following(world, "sam") as stream:
        await stream.next()
        await world.open_many(["a", "b", "c"])
        await live.look()
        assert [(await stream.next())[0] for _ in range(2)] == ["clock", "resync"]


async def test_a_change_of_the_clock_and_the_heartbeat_are_told(world, monkeypatch):
    live = live_of(world)
    async with following(world, "sam") as stream:
        await stream.next()
        await live.look()
        await stream.next()
        await live.look()
        assert stream.chunks.empty()
        await world.sql("UPDATE tierline.policy_clock SET speed = 60, changed = changed + 1")
        await live.look()
        assert (await stream.next())[1]["speed"] == 60
        monkeypatch.setattr(consumer, "HEARTBEAT_S", 0.0)
        await live.look()
        assert (await stream.next())[0] == "clock"


async def test_from_a_command_through_the_broker_to_the_stream(world, broker, eventually):
    producer = make_producer(broker.bootstrap)
    relay, live, stop = Relay(world.db, producer), live_of(world, broker.bootstrap), asyncio.Event()
    running = [asyncio.create_task(loop(stop)) for loop in (relay.run, live.consume)]
    try:
        async with following(world, "sam") as stream:
            await stream.next()
            seen = asyncio.create_task(_until(stream, "noted"))
            marker = uuid.uuid4().hex
            number = await world.open(marker)

            async def arrived():
                await world.did("sam", number, "notes", text="again, until it is heard")
                relay.nudge()
                return seen.done()

            await eventually(arrived)
            assert (await seen)["row"]["title"] == marker
    finally:
        stop.set()
        await asyncio.gather(*running)
        await producer.close()


async def _until(stream, kind):
    while (found := await stream.next()) is not None:
        if found[0] == "ticket" and found[1]["type"] == kind:
            return found[1]
    raise AssertionError("the stream ended")


async def test_who_is_logged_out_is_shut_out_at_the_next_heartbeat(world, monkeypatch):
    monkeypatch.setattr(route, "HEARTBEAT_S", 0.0)
    async with following(world, "sam") as stream:
        await stream.next()
        world.context.hub.resync()
        assert (await stream.next())[0] == "resync"
        assert (await world.as_("sam").delete("/v1/sessions/current")).status_code == 204
        world.context.hub.resync()
        assert await stream.next() is None


async def test_a_stream_that_goes_away_leaves_nothing_behind(world, eventually):
    async with following(world, "sam") as stream:
        await stream.next()
        assert len(world.context.hub) == 1
    await eventually(lambda: len(world.context.hub) == 0)


async def test_a_slow_subscriber_is_told_to_fetch_anew_and_dropped():
    hub = sse.Hub()
    with hub.subscribe(SAM) as slow, hub.subscribe(SAM) as quick:
        frames = quick.frames()
        for count in range(STREAM_QUEUE_MAX + 10):
            hub.publish({"event": "ticket", "data": count})
            assert await anext(frames) == sse.frame("ticket", count)
        assert [found async for found in slow.frames()] == [sse.RESYNC]
        assert len(hub) == 1


async def test_closing_ends_every_stream_after_what_is_queued():
    hub = sse.Hub()
    with hub.subscribe(SAM) as one:
        hub.publish({"event": "x", "data": 1})
        hub.close()
        hub.publish({"event": "x", "data": 2})
        assert [found async for found in one.frames()] == [sse.frame("x", 1), b"retry: 250\n\n"]
    with pytest.raises(ProblemError), hub.subscribe(SAM):
        pass


async def test_streams_are_bounded(monkeypatch):
    monkeypatch.setattr(sse, "STREAM_SUBSCRIBERS_MAX", 1)
    hub = sse.Hub()
    with hub.subscribe(SAM):
        with pytest.raises(ProblemError) as refused, hub.subscribe(SAM):
            pass
        assert refused.value.status == 503
    with hub.subscribe(SAM):
        pass


async def test_an_own_words_newline_does_not_break_a_frame():
    assert sse.frame("x", "a\n\nb").count(b"\n\n") == 1


def test_one_caller_cannot_take_everybodys_streams(monkeypatch):
    monkeypatch.setattr(sse, "STREAMS_PER_CALLER", 1)
    hub = sse.Hub()
    leila = replace(SAM, name="Leila", login="leila")
    with hub.subscribe(SAM):
        with pytest.raises(ProblemError) as refused, hub.subscribe(SAM):
            pass
        assert (refused.value.status, refused.value.code) == (503, "too_many_streams")
        with hub.subscribe(leila):
            assert len(hub) == 2
    with hub.subscribe(SAM):
        assert len(hub) == 1


async def test_those_who_are_sent_away_come_back_one_after_the_other():
    hub = sse.Hub()
    with hub.subscribe(SAM) as one, hub.subscribe(SAM) as other:
        hub.close()
        hints = {(await anext(aiter(each.frames()))) for each in (one, other)}
    assert hints == {b"retry: 250\n\n", b"retry: 300\n\n"}


@pytest.mark.parametrize("queued", [STREAM_QUEUE_MAX - 1, STREAM_QUEUE_MAX])
async def test_who_is_behind_at_the_end_is_told_to_fetch_anew(queued):
    hub = sse.Hub()
    with hub.subscribe(SAM) as one:
        for count in range(queued):
            hub.publish({"event": "x", "data": count})
        hub.close()
        found = [frame async for frame in one.frames()]
    assert found == [sse.RESYNC, b"retry: 250\n\n"]


async def test_a_stream_passed_on_ends_with_whoever_passes_it_on():
    ending, closed = asyncio.Event(), []

    async def endless():
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            closed.append(1)

    passed = sse.until(ending, endless())
    assert await anext(passed) == b"one"
    last = asyncio.ensure_future(anext(passed, None))
    ending.set()
    assert await asyncio.wait_for(last, 5) is None
    assert closed == [1]


async def test_a_stream_passed_on_ends_with_its_source():
    async def two():
        yield b"one"
        yield b"two"

    assert [chunk async for chunk in sse.until(asyncio.Event(), two())] == [b"one", b"two"]
