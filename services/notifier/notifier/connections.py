"""Connections to receivers, kept for reuse. One to an address that was judged, never another."""

import asyncio
import ssl
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import httpcore

from notifier.guard import Guard
from notifier.limits import CONCURRENCY

KEPT_CONNECTIONS: Final = 64
"""Idle ones in all; the receiver used longest ago loses its own first."""

KEPT_SECONDS: Final = 20.0

Origin = tuple[bytes, bytes, int]
"""Scheme, host and port."""


class _JudgedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections only to addresses the guard lets pass.

    The name is resolved once and the connection made to the address that was judged, so a name
    that changes its mind in between (DNS rebinding) gains nothing; TLS still checks the name.
    """

    def __init__(self, guard: Guard, *, encrypted: bool) -> None:
        self._guard = guard
        self._encrypted = encrypted
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first judged address of `host` that answers."""
        failure: Exception = httpcore.ConnectError("no address")
        for address in await self._guard.addresses(host, port, encrypted=self._encrypted):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class Connections:
    """At most CONCURRENCY connections in use, at most KEPT_CONNECTIONS idle.

    httpcore's own pool looks at every connection for every request, which cost more than the
    requests themselves; here a connection is taken from the end of its receiver's own list.

    Args:
        guard: judges every address.
        tls: how certificates are checked.
    """

    def __init__(self, guard: Guard, tls: ssl.SSLContext) -> None:
        self._backends = {
            scheme: _JudgedBackend(guard, encrypted=scheme == b"https")
            for scheme in (b"http", b"https")
        }
        self._tls = tls
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._idle: OrderedDict[Origin, deque[httpcore.AsyncHTTPConnection]] = OrderedDict()
        self._kept = 0

    @asynccontextmanager
    async def to(self, url: httpcore.URL) -> AsyncIterator[httpcore.AsyncHTTPConnection]:
        """A connection to the receiver of `url`, for one request.

        It is kept afterwards if its answer was read to the end, else closed.
        """
        origin = url.origin
        place: Origin = (origin.scheme, origin.host, origin.port)
        async with self._slots:
            connection = await self._take(place) or httpcore.AsyncHTTPConnection(
                origin,
                ssl_context=self._tls,
                keepalive_expiry=KEPT_SECONDS,
                network_backend=self._backends[origin.scheme],
            )
            try:
                yield connection
            except BaseException:
                await connection.aclose()
                raise
            await self._give_back(place, connection)

    async def close(self) -> None:
        """Close every idle connection."""
        for connections in self._idle.values():
            for connection in connections:
                await connection.aclose()
        self._idle.clear()
        self._kept = 0

    async def _take(self, place: Origin) -> httpcore.AsyncHTTPConnection | None:
        connections = self._idle.get(place)
        while connections:
            connection = connections.pop()
            self._kept -= 1
            if connection.is_idle() and not connection.has_expired():
                return connection
            await connection.aclose()
        self._idle.pop(place, None)
        return None

    async def _give_back(self, place: Origin, connection: httpcore.AsyncHTTPConnection) -> None:
        if not connection.is_idle():
            await connection.aclose()
            return
        self._idle.setdefault(place, deque()).append(connection)
        self._idle.move_to_end(place)
        self._kept += 1
        if self._kept > KEPT_CONNECTIONS:
            oldest = next(iter(self._idle))
            self._kept -= 1
            await self._idle[oldest].popleft().aclose()
            if not self._idle[oldest]:
                del self._idle[oldest]
