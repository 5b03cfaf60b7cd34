"""A client whose fetches wait at the broker ever longer, the longer nothing comes.

Apache Kafka answers a waiting fetch the moment something arrives. The embedded broker looks only
when a part of the wait is over (a sixth of it on average, half at most), so that the length of the
wait is what a message loses at each hop; and short waits all the time would keep an idle machine
busy.
"""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer

from tierline.bus.limits import FETCH_WAIT_MS_EMBEDDED, FETCH_WAIT_MS_KAFKA, FETCH_WAIT_SHARE

SILENT = float("inf")
"""Nothing has come yet."""


def wait_ms(silence_s: float, *, at_once: bool) -> int:
    """How many milliseconds a fetch may wait.

    Args:
        silence_s: seconds since the last message; SILENT before the first one.
        at_once: whether the broker answers a waiting fetch the moment something arrives.
    """
    least, most = FETCH_WAIT_MS_KAFKA if at_once else FETCH_WAIT_MS_EMBEDDED
    return max(least, int(min(silence_s * FETCH_WAIT_SHARE * 1000, most)))


class PacedConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # the library has no types
    """An AIOKafkaConsumer whose fetches wait for a share of the time since the last message.

    Args:
        topics: what is read.
        at_once: the broker answers a waiting fetch the moment something arrives.
        settings: as AIOKafkaConsumer takes them.
    """

    def __init__(self, *topics: str, at_once: bool = False, **settings: Any) -> None:
        super().__init__(*topics, fetch_max_wait_ms=wait_ms(SILENT, at_once=at_once), **settings)
        self._at_once = at_once
        self._heard = -SILENT

    async def getmany(self, *partitions: Any, **bounds: Any) -> dict[Any, list[Any]]:
        """Messages by partition, none where nothing came in time; arguments as AIOKafkaConsumer."""
        self._pace(asyncio.get_running_loop().time() - self._heard)
        found: dict[Any, list[Any]] = await super().getmany(*partitions, **bounds)
        if found:
            self._heard = asyncio.get_running_loop().time()
            self._pace(0.0)  # the next fetch leaves before this is called again
        return found

    def _pace(self, silence_s: float) -> None:
        # The fetcher reads it anew for each request; there is no public way to change it.
        self._fetcher._fetch_max_wait_ms = wait_ms(silence_s, at_once=self._at_once)  # noqa: SLF001
