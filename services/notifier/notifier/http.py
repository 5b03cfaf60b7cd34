"""POST to a receiver: pinned to a judged address, no redirects, everything bounded."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

from notifier.connections import Connections
from notifier.guard import Guard
from notifier.limits import HttpTimeouts
from notifier.target import Target, target_of
from notifier.wire import Answer, UnansweredError

USER_AGENT: Final = "Tierline-Notifier"


class HttpSender:
    """Posts bodies; knows nothing of messages.

    It follows no redirect, reads no proxy from the environment, and asks for no compression.

    Args:
        guard: judges every address; every URL is judged, too.
        timeouts: seconds, real time.
        tls: how receivers' certificates are checked; None: the system's authorities.
    """

    def __init__(
        self,
        guard: Guard,
        timeouts: HttpTimeouts | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._timeouts = timeouts or HttpTimeouts()
        self._connections = Connections(
            guard, tls or ssl.create_default_context(), self._timeouts.connect
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST `body` once and read the start of the answer, whatever its status.

        Args:
            url: judged first.
            headers: names and values in ASCII, without line breaks.
            body: sent as it is.

        Raises:
            RefusedTargetError: the guard says no; nothing was sent.
            UnansweredError: no connection, no answer in time, or one that is not HTTP.
            ValueError: a header that HTTP cannot carry; nothing was sent.
        """
        target = target_of(url)
        request = _head(target, headers, len(body)) + body
        try:
            async with asyncio.timeout(self._timeouts.total):
                return await self._connections.post(target, request)
        except TimeoutError:
            raise UnansweredError(f"no answer within {self._timeouts.total:g} s") from None
        except OSError as error:
            raise UnansweredError(f"cannot reach it: {error}") from error

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()


def _head(target: Target, headers: Mapping[str, str], length: int) -> bytes:
    """Request line and headers (RFC 9112, 3 and 5). A line break in a value would be a header."""
    for name, value in headers.items():
        if not (value.isprintable() and value.isascii()):
            raise ValueError(f"the header {name} has characters a header cannot have")
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        f"User-Agent: {USER_AGENT}",
        "Accept: */*",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {length}",
        "\r\n",
    ]
    return "\r\n".join(lines).encode("ascii")
