"""A consumer that nobody needs for a while fetches nothing, and stays in its group."""

import asyncio
from collections.abc import Callable
from typing import Any

from tierline.bus.limits import COMMIT_TIMEOUT_S, REST_LOOK_MS

Wanted = Callable[[], bool]
"""Whether anybody wants messages now."""


async def rest(client: Any, wanted: Wanted, stop: asyncio.Event) -> None:
    """Fetch nothing until `wanted` or `stop`, then go on behind what came meanwhile.

    The look each REST_LOOK_MS is also what shows the group that this member lives, and pauses the
    partitions that a rebalance has brought.

    Args:
        client: an AIOKafkaConsumer that is started.
        wanted: looked at each REST_LOOK_MS.
        stop: ends the rest as well.

    Raises:
        TimeoutError, KafkaError: the broker does not say where the partitions end.
    """
    while not wanted() and not stop.is_set():
        client.pause(*client.assignment())
        await client.getmany(timeout_ms=REST_LOOK_MS)
    asleep = client.paused()
    if asleep and not stop.is_set():
        async with asyncio.timeout(COMMIT_TIMEOUT_S):
            await client.seek_to_end(*asleep)
        client.resume(*asleep)
