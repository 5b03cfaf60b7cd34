"""One connection to a receiver: an HTTP/1.1 request at a time, its answer bounded (RFC 9112).

A general client cost more processor time a message than everything else together.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, cast

import httptools

from notifier.limits import ANSWER_BYTES, ANSWER_HEAD_BYTES

_FIRST_FINAL_STATUS: Final = 200


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


class Wire(asyncio.Protocol):
    """A connection that is being made, is in use, or waits for its next request."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._may_stay = False
        self._begin()

    def _begin(self) -> None:
        self._bytes = 0
        self._headed = False
        self._framed = False
        self._retry_after = b""
        self._body = b""

    @property
    def ready(self) -> bool:
        """Whether another request may follow: open, and the last answer was read to its end."""
        transport = self._transport
        return self._may_stay and transport is not None and not transport.is_closing()

    async def post(self, request: bytes) -> Answer:
        """Send `request`, head and body, and wait for its answer; once at a time.

        The caller bounds the time and closes the wire if it gives up.

        Raises:
            UnansweredError: the connection ended first, or what came is not HTTP.
        """
        if self._transport is None or self._transport.is_closing():
            raise UnansweredError("the connection was closed")
        self._begin()
        self._may_stay = False
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked: what comes next could be taken for another's answer
            return
        self._bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("it answered 101: it wants another protocol than HTTP/1.1")
        except httptools.HttpParserError as error:
            self._fail(f"not an HTTP answer: {error}")
        else:
            if self._bytes > ANSWER_HEAD_BYTES and not self._answer.done():
                self._fail("the answer's head is too long")

    def eof_received(self) -> None:
        """The receiver ended its side; an answer without a length ends with it."""
        if self._headed and not self._framed:
            self._done(may_stay=False)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is over."""
        self.eof_received()
        self._fail(f"the connection was closed: {error}" if error else "closed without an answer")

    def on_message_begin(self) -> None:
        """An answer begins; one that nobody asked for must not be taken for the next."""
        if self._answer is None or self._answer.done():
            self._may_stay = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        name = name.lower()
        if name == b"content-length":
            self._framed = True
        elif name == b"transfer-encoding":  # any other last coding ends with the connection
            self._framed = value.lower().rstrip().endswith(b"chunked")
        elif name == b"retry-after":
            self._retry_after = value

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._headed = self._parser.get_status_code() >= _FIRST_FINAL_STATUS

    def on_body(self, data: bytes) -> None:
        """A piece of the body; what exceeds ANSWER_BYTES is not waited for."""
        self._body += data[:ANSWER_BYTES]
        if len(self._body) >= ANSWER_BYTES:
            self._done(may_stay=False)

    def on_message_complete(self) -> None:
        """The answer is whole, or was an interim one (1xx), after which the real one comes."""
        if self._headed:
            self._done(may_stay=self._parser.should_keep_alive())
        else:
            self._retry_after, self._framed = b"", False

    def _done(self, *, may_stay: bool) -> None:
        if self._answer is None or self._answer.done():
            self._may_stay = False
            return
        self._may_stay = may_stay
        self._answer.set_result(
            Answer(
                status=self._parser.get_status_code(),
                retry_after=self._retry_after.decode("latin-1"),
                text=self._body[:ANSWER_BYTES].decode("utf-8", "replace"),
            )
        )

    def _fail(self, reason: str) -> None:
        self._may_stay = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(UnansweredError(reason))
