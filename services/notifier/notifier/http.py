"""POST to a receiver: pinned to a judged address, no redirects, everything bounded."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpcore

from notifier.connections import Connections
from notifier.guard import Guard
from notifier.limits import ANSWER_BYTES, HttpTimeouts

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
        self._connections = Connections(guard, tls or ssl.create_default_context())

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
        target = httpcore.URL(url)
        async with (
            self._connections.to(target) as connection,
            connection.stream(
                "POST",
                target,
                headers=[("User-Agent", USER_AGENT), *headers.items()],
                content=body,
                extensions={
                    "timeout": {
                        "connect": timeouts.connect,
                        "read": timeouts.read,
                        "write": timeouts.write,
                    }
                },
            ) as response,
        ):
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
        await self._connections.close()


def _explain(error: Exception) -> str:
    words: dict[type[Exception], str] = {
        httpcore.ConnectTimeout: "no connection in time",
        httpcore.ReadTimeout: "no answer in time",
        httpcore.WriteTimeout: "could not send in time",
    }
    return words.get(type(error)) or f"{type(error).__name__}: {error}".rstrip(": ")
