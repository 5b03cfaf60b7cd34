"""Connections to receivers, kept for reuse. One to an address that was judged, never another."""

import asyncio
import ssl
from collections import OrderedDict, deque
from typing import Final

from notifier.guard import Guard
from notifier.limits import CONCURRENCY
from notifier.target import Target
from notifier.wire import Answer, UnansweredError, Wire

KEPT_CONNECTIONS: Final = 64
"""Idle ones in all; the receiver used longest ago loses its own first."""

KEPT_SECONDS: Final = 20.0

Origin = tuple[bool, str, int]
"""Encrypted or not, host and port."""


class Connections:
    """At most CONCURRENCY connections in use, at most KEPT_CONNECTIONS idle.

    Args:
        guard: judges every address.
        tls: how certificates are checked.
        connect_s: how long a connection to one address may take to be made.
    """

    def __init__(self, guard: Guard, tls: ssl.SSLContext, connect_s: float) -> None:
        self._guard = guard
        self._tls = tls
        self._connect_s = connect_s
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._idle: OrderedDict[Origin, deque[Wire]] = OrderedDict()
        self._kept = 0

    async def post(self, target: Target, request: bytes) -> Answer:
        """Send `request` on a kept or a new connection.

        It is kept afterwards if the answer was read to its end, else closed.

        Raises:
            RefusedTargetError: the guard refuses every address; nothing was sent.
            UnansweredError: no connection, or no answer.
            OSError: no connection.
        """
        origin: Origin = (target.encrypted, target.host, target.port)
        async with self._slots:
            wire = self._take(origin) or await self._connect(target)
            try:
                answer = await wire.post(request)
            except BaseException:
                wire.close()
                raise
            self._give_back(origin, wire)
            return answer

    async def close(self) -> None:
        """Close every idle connection."""
        for wires in self._idle.values():
            for wire in wires:
                wire.close()
        self._idle.clear()
        self._kept = 0

    async def _connect(self, target: Target) -> Wire:
        """Connect to the first judged address that answers.

        The name is resolved once and the connection made to the address that was judged, so a name
        that changes its mind in between (DNS rebinding) gains nothing; TLS still checks the name.
        """
        loop = asyncio.get_running_loop()
        failure: Exception = UnansweredError("no address")
        for address in await self._guard.addresses(
            target.host, target.port, encrypted=target.encrypted
        ):
            try:
                async with asyncio.timeout(self._connect_s):
                    _, wire = await loop.create_connection(
                        Wire,
                        address,
                        target.port,
                        ssl=self._tls if target.encrypted else None,
                        server_hostname=target.host if target.encrypted else None,
                    )
            except TimeoutError:
                failure = UnansweredError("no connection in time")
            except OSError as error:
                failure = error
            else:
                return wire
        raise failure

    def _take(self, origin: Origin) -> Wire | None:
        oldest = asyncio.get_running_loop().time() - KEPT_SECONDS
        wires = self._idle.get(origin)
        while wires:
            wire = wires.pop()
            self._kept -= 1
            if not wires:
                del self._idle[origin]
            if wire.ready and wire.idle_since >= oldest:
                return wire
            wire.close()
        return None

    def _give_back(self, origin: Origin, wire: Wire) -> None:
        if not wire.ready:
            wire.close()
            return
        wire.idle_since = asyncio.get_running_loop().time()
        self._idle.setdefault(origin, deque()).append(wire)
        self._idle.move_to_end(origin)
        self._kept += 1
        if self._kept > KEPT_CONNECTIONS:
            oldest = next(iter(self._idle))
            self._kept -= 1
            self._idle[oldest].popleft().close()
            if not self._idle[oldest]:
                del self._idle[oldest]
