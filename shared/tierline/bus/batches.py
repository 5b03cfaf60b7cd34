"""A pass of the relay as whole batches, one a partition at a time.

Handed over one by one, each message costs the client a future and a look at the cluster: 27 us
where a batch takes 10. A partition's next batch is sent when the one before is there, so that what
fails never arrives behind what came after it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, RecordTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

from tierline.bus.limits import MESSAGE_BYTES_MAX

REFUSED_FOR_GOOD = (MessageSizeTooLargeError, RecordTooLargeError)
"""What no retry mends. An UnknownError is not among them: a broker coming back says that too."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send."""

    id: int
    topic: str
    key: str
    body: bytes


async def send_batches(producer: AIOKafkaProducer, messages: Sequence[Outgoing]) -> dict[int, str]:
    """Send all of `messages`, those of one key in order, through a started producer.

    Returns:
        By id, why some were refused for good.

    Raises:
        What aiokafka raises for the rest, once nothing more of this call is under way.
    """
    refused: dict[int, str] = {}
    shares: dict[tuple[str, int], list[Outgoing]] = {}
    counts: dict[str, int] = {}
    for message in messages:
        if len(message.body) > MESSAGE_BYTES_MAX:
            refused[message.id] = f"TooLarge: {len(message.body)} bytes"
            continue
        if message.topic not in counts:
            counts[message.topic] = len(await producer.partitions_for(message.topic))
        partition = crc32(message.key.encode()) % counts[message.topic]
        shares.setdefault((message.topic, partition), []).append(message)
    sending = (_send_share(producer, *place, share) for place, share in shares.items())
    for outcome in await asyncio.gather(*sending, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
        refused |= outcome
    return refused


async def _send_share(
    producer: AIOKafkaProducer, topic: str, partition: int, share: Sequence[Outgoing]
) -> dict[int, str]:
    """Send a partition's share, batch by batch; of a batch that is refused each one by itself."""
    refused: dict[int, str] = {}
    for batch, together in _batches(producer, share):
        taken: asyncio.Future[Any] = await producer.send_batch(batch, topic, partition=partition)
        taken.add_done_callback(_heard)
        try:
            await taken
        except REFUSED_FOR_GOOD as error:
            if len(together) == 1:
                refused[together[0].id] = f"{type(error).__name__}: {error}"
                continue
            for one in together:
                refused |= await _send_share(producer, topic, partition, [one])
    return refused


def _batches(
    producer: AIOKafkaProducer, share: Sequence[Outgoing]
) -> Iterator[tuple[BatchBuilder, list[Outgoing]]]:
    """`share` in batches of PRODUCER_BATCH_BYTES at most; a larger message is one by itself."""
    batch, together = producer.create_batch(), list[Outgoing]()
    for message in share:
        key = message.key.encode()
        if batch.append(timestamp=None, key=key, value=message.body) is None:
            yield batch, together
            batch, together = producer.create_batch(), []
            batch.append(timestamp=None, key=key, value=message.body)
        together.append(message)
    if together:
        yield batch, together


def _heard(taken: "asyncio.Future[Any]") -> None:
    """Take note of an outcome nobody waits for any more: the whole pass is sent again."""
    if not taken.cancelled():
        taken.exception()
