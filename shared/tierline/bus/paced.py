"""A client that asks the broker often after a message, and ever more seldom in the silence after.

Apache Kafka answers a waiting fetch the moment something arrives. The embedded broker looks only
when a part of the wait is over (a sixth of it on average, half at most), so that the length of the
wait is what a message loses at each hop; and short waits all the time would keep an idle machine
busy.
"""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer

from tierline.bus.limits import FETCH_WAIT_MS_MAX, FETCH_WAIT_MS_MIN, FETCH_WAIT_SHARE


def wait_ms(silence_s: float) -> int:
    """How many milliseconds a fetch may wait, `silence_s` seconds after the last message."""
    if silence_s * FETCH_WAIT_SHARE * 1000 >= FETCH_WAIT_MS_MAX:  # infinite before the first one
        return FETCH_WAIT_MS_MAX
    return max(FETCH_WAIT_MS_MIN, int(silence_s * FETCH_WAIT_SHARE * 1000))


class PacedConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # the library has no types
    """An AIOKafkaConsumer whose fetches wait for a share of the time since the last message."""

    def __init__(self, *topics: str, **settings: Any) -> None:
        super().__init__(*topics, fetch_max_wait_ms=FETCH_WAIT_MS_MAX, **settings)
        self._heard = float("-inf")

    async def getmany(self, *partitions: Any, **bounds: Any) -> dict[Any, list[Any]]:
        """Messages by partition, none where nothing came in time; arguments as AIOKafkaConsumer."""
        silence_s = asyncio.get_running_loop().time() - self._heard
        # The fetcher reads it anew for each request; there is no public way to change it.
        self._fetcher._fetch_max_wait_ms = wait_ms(silence_s)  # noqa: SLF001
        found: dict[Any, list[Any]] = await super().getmany(*partitions, **bounds)
        if found:
            self._heard = asyncio.get_running_loop().time()
        return found
