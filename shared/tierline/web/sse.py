"""The live stream's fan-out: one publisher, many bounded subscribers (server-sent events).

A subscriber that falls behind is told `resync` and dropped; on connecting again it fetches its
lists anew, so nothing is ever waited for and nothing is kept for it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prometheus_client import Counter, Gauge

from tierline.domain.snapshot import Snapshot
from tierline.web.encoding import encode
from tierline.web.limits import (
    RECONNECT_APART_MS,
    RECONNECT_FIRST_MS,
    RECONNECT_PLACES,
    STREAM_QUEUE_MAX,
    STREAM_SUBSCRIBERS_MAX,
    STREAMS_PER_CALLER,
)
from tierline.web.principal import Principal
from tierline.web.problems import unavailable
from tierline.web.walls import sees

MEDIA_TYPE = "text/event-stream"

_subscribers = Gauge("tierline_stream_subscribers", "Open live streams.")
_dropped = Counter("tierline_stream_dropped_total", "Subscribers dropped because they fell behind.")


def frame(event: str, data: Any) -> bytes:
    """One server-sent event as it goes over the wire; `data` becomes one line of JSON."""
    return b"event: " + event.encode() + b"\ndata: " + encode(data) + b"\n\n"


def reconnect(milliseconds: int) -> bytes:
    """The hint how long to wait before connecting again."""
    return b"retry: %d\n\n" % milliseconds


RESYNC = frame("resync", {})


class Subscription:
    """What one open stream has yet to be sent."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(STREAM_QUEUE_MAX)
        self._over = False

    async def frames(self) -> AsyncIterator[bytes]:
        """Each frame as it comes, until the subscription is dropped or the hub closes."""
        while True:
            found = await self._queue.get()
            if found is None:
                return
            yield found

    def put(self, found: bytes) -> bool:
        """Queue a frame; False where the subscriber had fallen behind and is now dropped."""
        if self._over:
            return False
        if self._queue.full():
            self._end(RESYNC)
            return False
        self._queue.put_nowait(found)
        return True

    def close(self, reconnect_ms: int) -> None:
        """End the stream after what is queued, with the hint when to connect again."""
        if self._over:
            return
        hint = reconnect(reconnect_ms)
        if self._queue.qsize() + 2 > STREAM_QUEUE_MAX:
            self._end(RESYNC, hint)
        else:
            self._queue.put_nowait(hint)
            self._end()

    def _end(self, *last: bytes) -> None:
        """End the stream; with `last` frames, those take the place of what was queued."""
        self._over = True
        while last and not self._queue.empty():
            self._queue.get_nowait()
        for found in (*last, None):
            self._queue.put_nowait(found)


class Hub:
    """Sends each message to every subscriber whose wall lets it through."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._subscriptions)

    def publish(self, message: Mapping[str, Any]) -> None:
        """Send a message, never waiting.

        Args:
            message: `event`, its name; `data`, a JSON value; `ticket`, the snapshot of the ticket
                it is about: left out or None for what is about none.
        """
        found = frame(message["event"], message["data"])
        ticket: Snapshot | None = message.get("ticket")
        for subscription in list(self._subscriptions):
            if ticket is not None and not sees(subscription.principal, ticket):
                continue
            if not subscription.put(found):
                _dropped.inc()
                self._subscriptions.discard(subscription)

    def resync(self) -> None:
        """Tell everybody to fetch anew: messages may have been lost."""
        self.publish({"event": "resync", "data": {}})

    @contextmanager
    def subscribe(self, principal: Principal) -> Iterator[Subscription]:
        """A subscription for as long as the block runs.

        Raises ProblemError (503) when STREAM_SUBSCRIBERS_MAX are open, STREAMS_PER_CALLER of them
        by this principal, or when the hub has closed.
        """
        caller = principal.identity
        same = sum(one.principal.identity == caller for one in self._subscriptions)
        full = len(self._subscriptions) >= STREAM_SUBSCRIBERS_MAX or same >= STREAMS_PER_CALLER
        if self._closed or full:
            raise unavailable("too_many_streams", "no further live stream can be opened just now")
        subscription = Subscription(principal)
        self._subscriptions.add(subscription)
        _subscribers.inc()
        try:
            yield subscription
        finally:
            _subscribers.dec()
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every stream; no further one is opened.

        Each is told to come back at another moment, so that not all of them fetch anew at once.
        """
        self._closed = True
        for place, subscription in enumerate(self._subscriptions):
            apart_ms = RECONNECT_APART_MS * (place % RECONNECT_PLACES)
            subscription.close(RECONNECT_FIRST_MS + apart_ms)


async def until(
    ending: asyncio.Event, chunks: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """`chunks` as they come, until they end or `ending` is set; they are closed in any case."""
    ended = asyncio.ensure_future(ending.wait())
    try:
        while True:
            following = asyncio.ensure_future(anext(chunks, None))
            await asyncio.wait({following, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                return
            chunk = following.result()
            if chunk is None:
                return
            yield chunk
    finally:
        ended.cancel()
        await chunks.aclose()
