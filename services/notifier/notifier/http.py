"""POST to a receiver: pinned to a judged address, no redirects, everything bounded."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpcore

from notifier.guard import Guard
from notifier.limits import ANSWER_BYTES, CONCURRENCY, HttpTimeouts

KEPT_CONNECTIONS: Final = 32
KEPT_SECONDS: Final = 20.0
USER_AGENT: Final = "Tierline-Notifier"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered.

    `retry_after`: that header as it came, or empty. `text`: at most ANSWER_BYTES of the body.
    """

    status: int
    retry_after: str
    text: str


class UnansweredError(Exception):
    """No complete answer came; the message says why. It may have been taken nevertheless."""


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


class HttpSender:
    """Posts bodies; knows nothing of messages.

    httpcore is used without httpx on top: it follows no redirect, reads no proxy from the
    environment, and lets us choose the address a connection goes to.

    Args:
        guard: judges every URL and address.
        timeouts: seconds, real time.
        tls: how receivers' certificates are checked; None: the system's authorities.
    """

    def __init__(
        self,
        guard: Guard,
        timeouts: HttpTimeouts | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._guard = guard
        self._timeouts = timeouts or HttpTimeouts()
        context = tls or ssl.create_default_context()
        self._pools = {
            scheme: httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=CONCURRENCY,
                max_keepalive_connections=KEPT_CONNECTIONS,
                keepalive_expiry=KEPT_SECONDS,
                network_backend=_JudgedBackend(guard, encrypted=scheme == "https"),
            )
            for scheme in ("http", "https")
        }

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST `body` once and read the start of the answer, whatever its status.

        Raises:
            RefusedTargetError: the guard says no; nothing was sent.
            UnansweredError: no connection, no answer in time, or one that is not HTTP.
        """
        self._guard.check_url(url)
        try:
            async with asyncio.timeout(self._timeouts.total):
                return await self._post(url, headers, body)
        except TimeoutError:
            raise UnansweredError(f"no answer within {self._timeouts.total:g} s") from None
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise UnansweredError(_explain(error)) from error
        except OSError as error:
            raise UnansweredError(f"cannot reach it: {error}") from error

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        timeouts = self._timeouts
        async with self._pools[url.partition(":")[0].lower()].stream(
            "POST",
            url,
            headers=[("User-Agent", USER_AGENT), *headers.items()],
            content=body,
            extensions={
                "timeout": {
                    "connect": timeouts.connect,
                    "read": timeouts.read,
                    "write": timeouts.write,
                    "pool": timeouts.total,
                }
            },
        ) as response:
            text = b""
            async for chunk in response.aiter_stream():
                text += chunk
                if len(text) >= ANSWER_BYTES:
                    break
            found = {name.lower(): value for name, value in response.headers}
            return Answer(
                status=response.status,
                retry_after=found.get(b"retry-after", b"").decode("latin-1"),
                text=text[:ANSWER_BYTES].decode("utf-8", "replace"),
            )

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()


def _explain(error: Exception) -> str:
    words: dict[type[Exception], str] = {
        httpcore.ConnectTimeout: "no connection in time",
        httpcore.ReadTimeout: "no answer in time",
        httpcore.WriteTimeout: "could not send in time",
        httpcore.PoolTimeout: "no free connection in time",
    }
    return words.get(type(error)) or f"{type(error).__name__}: {error}".rstrip(": ")
