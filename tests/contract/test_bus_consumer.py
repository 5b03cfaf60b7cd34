"""The consumer on a real broker and on the fake one: handed, handled, then committed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from tests.brokers import Broker, make_producer
from tests.contract.bus import PATIENCE_S, outgoing, own_broker
from tests.contract.fake_bus import FakeServer, consumer_of
from tierline.bus import consumer as consumer_module
from tierline.bus.consumer import Consumer, Message
from tierline.bus.producer import NotSentError, Outgoing
from tierline.messages.topics import EVENTS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]

STOP_WITHIN_S = 30.0


@pytest_asyncio.fixture(params=["real", "fake"])
async def own(tmp_path, request: pytest.FixtureRequest) -> AsyncIterator[Broker | FakeServer]:
    if request.param == "fake":
        yield FakeServer()
        return
    async with own_broker(tmp_path) as server:
        yield server


class Handler:
    """Notes what it is given; raises as long as `broken`.

    It waits for `open`, which it closes itself after `stays_open` batches (0: never).
    """

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.broken = False
        self.tries = 0
        self.stays_open = 0
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, messages: list[Message]) -> None:
        self.tries += 1
        if self.tries - 1 == self.stays_open > 0:
            self.open.clear()
        await self.open.wait()
        if self.broken:
            raise RuntimeError("the database is away")
        self.batches.append([message.body for message in messages])

    @property
    def bodies(self) -> list[bytes]:
        return [body for batch in self.batches for body in batch]


@asynccontextmanager
async def consuming(consumer: Consumer) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield
        assert not task.done(), "the consumer ended by itself"
    finally:
        stop.set()
        await asyncio.wait_for(task, STOP_WITHIN_S)


async def send(broker: Broker | FakeServer, *bodies: bytes, key: str = "k") -> None:
    """Send as the relay does: again, until the broker has it."""
    fake = isinstance(broker, FakeServer)
    producer = broker.producer() if fake else make_producer(broker.bootstrap)
    batch: list[Outgoing] = outgoing(EVENTS, *bodies, key=key)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await producer.send(batch)
            except NotSentError:
                continue
            break
    await producer.close()


async def test_what_was_handled_is_committed_and_not_handed_again(
    own: Broker | FakeServer, eventually
) -> None:
    first, second = Handler(), Handler()
    await send(own, b"1", b"2", b"3")
    async with consuming(consumer_of(own, "g", first)):
        await eventually(lambda: first.bodies == [b"1", b"2", b"3"], PATIENCE_S)
    await send(own, b"4")
    async with consuming(consumer_of(own, "g", second)):
        await eventually(lambda: second.bodies, PATIENCE_S)
    assert second.bodies == [b"4"]


async def test_what_was_not_handled_is_handed_again_and_nothing_skipped(
    own: Broker | FakeServer, eventually
) -> None:
    handler = Handler()
    handler.broken = True
    consumer = consumer_of(own, "g", handler)
    async with consuming(consumer):
        await send(own, b"1", b"2")
        await eventually(lambda: handler.tries >= 3, PATIENCE_S)
        await send(own, b"3")
        handler.broken = False
        await eventually(lambda: handler.bodies == [b"1", b"2", b"3"], PATIENCE_S)


async def test_what_was_not_handled_before_the_end_comes_after_it(
    own: Broker | FakeServer, eventually
) -> None:
    first, second = Handler(), Handler()
    first.broken = True
    await send(own, b"1", b"2")
    async with consuming(consumer_of(own, "g", first)):
        await eventually(lambda: first.tries >= 2, PATIENCE_S)
    async with consuming(consumer_of(own, "g", second)):
        await eventually(lambda: second.bodies == [b"1", b"2"], PATIENCE_S)


async def test_a_broker_that_dies_and_comes_back_empty_is_consumed_on_unaided(
    own: Broker | FakeServer, eventually
) -> None:
    """Offsets and messages are gone; what is sent from then on arrives."""
    handler = Handler()
    async with consuming(consumer_of(own, "g", handler)):
        await send(own, *(str(n).encode() for n in range(20)))
        await eventually(lambda: len(handler.bodies) == 20, PATIENCE_S)
        await own.kill()
        await own.start()
        await send(own, b"after")
        await eventually(lambda: b"after" in handler.bodies, 2 * PATIENCE_S)


async def test_a_broker_that_dies_while_a_batch_is_handled_costs_at_most_a_repetition(
    own: Broker | FakeServer, eventually
) -> None:
    handler = Handler()
    handler.open.clear()
    async with consuming(consumer_of(own, "g", handler)):
        await send(own, b"1")
        await eventually(lambda: handler.tries == 1, PATIENCE_S)
        await own.kill()
        handler.open.set()
        await eventually(lambda: handler.bodies == [b"1"], PATIENCE_S)
        await own.start()
        await send(own, b"2")
        await eventually(lambda: b"2" in handler.bodies, 2 * PATIENCE_S)


async def test_it_stops_in_bounded_time_wherever_it_is(
    own: Broker | FakeServer, eventually
) -> None:
    """While it joins, while its handler fails, and while the broker is away."""
    async with consuming(consumer_of(own, "g1", Handler())):
        pass  # stopped in the middle of the join
    failing = Handler()
    failing.broken = True
    await send(own, b"1")
    async with consuming(consumer_of(own, "g2", failing)):
        await eventually(lambda: failing.tries >= 1, PATIENCE_S)
    fine = Handler()
    async with consuming(consumer_of(own, "g3", fine)):
        await eventually(lambda: fine.bodies, PATIENCE_S)
        await own.kill()
    async with consuming(consumer_of(own, "g4", fine)):
        pass  # nobody there at all


async def test_it_is_lagging_while_messages_wait_and_not_when_it_has_them_all(
    own: Broker | FakeServer, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "BATCH_MAX", 5)
    handler = Handler()
    consumer = consumer_of(own, "g", handler)
    assert not consumer.lagging(), "not started: the sweep must work"
    async with consuming(consumer):
        await send(own, *(str(n).encode() for n in range(5)))
        await eventually(lambda: len(handler.bodies) == 5, PATIENCE_S)
        await eventually(lambda: not consumer.lagging())
        handler.open.clear()
        await send(own, *(str(n).encode() for n in range(5, 30)))
        await eventually(lambda: handler.tries == 2, PATIENCE_S)
        await eventually(consumer.lagging)
        handler.open.set()
        await eventually(lambda: len(handler.bodies) == 30, PATIENCE_S)
        await eventually(lambda: not consumer.lagging())


async def test_a_consumer_cut_off_from_its_backlog_does_not_hold_the_sweep_back(
    own: Broker | FakeServer, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "BATCH_MAX", 5)
    monkeypatch.setattr(consumer_module, "LAG_HEARD_S", 2.0)
    handler = Handler()
    consumer = consumer_of(own, "g", handler)
    await send(own, *(str(n).encode() for n in range(30)))
    handler.stays_open = 1
    async with consuming(consumer):
        await eventually(lambda: len(handler.bodies) == 5 and handler.tries == 2, PATIENCE_S)
        assert consumer.lagging()
        await own.kill()
        handler.broken = True
        handler.open.set()
        await eventually(lambda: not consumer.lagging(), PATIENCE_S)
