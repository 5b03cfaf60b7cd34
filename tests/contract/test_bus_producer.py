"""What the relay asks of a broker, held against a real one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import RecordTooLargeError, UnknownError

from tests.brokers import Broker, make_producer
from tests.contract.bus import outgoing, own_broker, read_all
from tierline.bus.producer import NotSentError
from tierline.bus.topics import ensure_topics
from tierline.messages.topics import EVENTS, PARTITIONS, TOPICS

pytestmark = pytest.mark.broker

TOO_MUCH = 2 * 1024 * 1024


@pytest_asyncio.fixture
async def bare_broker(tmp_path) -> AsyncIterator[Broker]:
    """A broker that has no topics unless somebody makes them."""
    async with own_broker(tmp_path, topics=False) as server:
        yield server


async def test_all_of_a_batch_is_there_and_in_order_within_a_key(
    bare_broker: Broker,
) -> None:
    producer = make_producer(bare_broker.bootstrap)
    try:
        for start in range(0, 300, 100):
            bodies = [str(n).encode() for n in range(start, start + 100)]
            assert await producer.send(outgoing(EVENTS, *bodies, key="a")) == {}
            assert await producer.send(outgoing(EVENTS, *bodies, key="b")) == {}
        assert await producer.send([]) == {}
    finally:
        await producer.close()
    found = await read_all(bare_broker.bootstrap, EVENTS)
    for key in ("a", "b"):
        assert [int(body) for k, body in found if k == key] == list(range(300))


async def test_the_gate_makes_the_topics_before_anything_is_sent(
    bare_broker: Broker,
) -> None:
    producer = make_producer(bare_broker.bootstrap)
    await producer.send(outgoing(EVENTS, b"1"))
    await producer.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=bare_broker.bootstrap)
    await admin.start()
    described = await admin.describe_topics(list(TOPICS))
    await admin.close()
    assert {topic["topic"]: len(topic["partitions"]) for topic in described} == dict.fromkeys(
        TOPICS, PARTITIONS
    )
    await ensure_topics(bare_broker.bootstrap)  # once more: nothing to do, no error


async def test_a_message_that_is_too_large_is_refused_for_good_and_the_rest_is_sent(
    bare_broker: Broker,
) -> None:
    producer = make_producer(bare_broker.bootstrap)
    batch = outgoing(EVENTS, b"1", b"x" * TOO_MUCH, b"3")
    refused = await producer.send(batch)
    await producer.close()
    assert list(refused) == [batch[1].id]
    assert "TooLarge" in refused[batch[1].id]
    assert await read_all(bare_broker.bootstrap, EVENTS) == [("k", b"1"), ("k", b"3")]


async def test_a_broker_that_is_away_takes_nothing_and_later_everything(
    bare_broker: Broker,
) -> None:
    """Killed and back empty: the gate makes the topics anew, and the same batch goes through."""
    producer = make_producer(bare_broker.bootstrap)
    await producer.send(outgoing(EVENTS, b"before"))
    await bare_broker.kill()
    with pytest.raises(NotSentError):
        await producer.send(outgoing(EVENTS, b"1", b"2"))
    await bare_broker.start()
    sent = False
    async with asyncio.timeout(30):
        while not sent:
            try:
                sent = await producer.send(outgoing(EVENTS, b"1", b"2")) == {}
            except NotSentError:
                continue
    await producer.close()
    found = [body for _, body in await read_all(bare_broker.bootstrap, EVENTS)]
    assert found[-2:] == [b"1", b"2"]


async def test_a_broker_that_was_never_there_is_not_sent(tmp_path) -> None:
    producer = make_producer("127.0.0.1:1")
    with pytest.raises(NotSentError):
        await producer.send(outgoing(EVENTS, b"1"))
    await producer.close()


@pytest.mark.parametrize(
    ("error", "for_good"), [(UnknownError("?"), False), (RecordTooLargeError("!"), True)]
)
async def test_an_unknown_error_is_never_for_good(
    bare_broker: Broker,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    *,
    for_good: bool,
) -> None:
    """A broker coming back says UnknownError for a while: that is no reason for a dead letter."""
    producer = make_producer(bare_broker.bootstrap)
    await producer.send(outgoing(EVENTS, b"0"))
    real = producer._producer
    assert real is not None
    send, sent = real.send_batch, iter([False, True, False, True])

    async def fails_with_the_second(batch, topic, *, partition):
        """All three together are not taken, nor is the second by itself."""
        if next(sent):
            return await send(batch, topic, partition=partition)
        failed = asyncio.get_running_loop().create_future()
        failed.set_exception(error)
        return failed

    monkeypatch.setattr(real, "send_batch", fails_with_the_second)
    try:
        if for_good:
            assert list(await producer.send(outgoing(EVENTS, b"1", b"2", b"3"))) == [2]
        else:
            with pytest.raises(NotSentError):
                await producer.send(outgoing(EVENTS, b"1", b"2", b"3"))
    finally:
        await producer.close()
