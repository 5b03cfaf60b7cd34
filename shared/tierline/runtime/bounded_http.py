"""The HTTP protocol with a bound on what a stranger can make the parser hold.

uvicorn's httptools protocol keeps every header of a request until the last has come, before any
application is asked: 60 MB of them took over 1 GB. Bodies are bounded by who reads them.
"""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX: Final = 64 * 1024
"""Bytes of a request line and its headers, or of trailers, rounded up to one read."""
REFUSAL: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
"""RFC 6585 section 5."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes a connection that sends HEAD_BYTES_MAX without ending its headers or trailers."""

    _held = 0
    _heard = False

    def data_received(self, data: bytes) -> None:
        """Parse `data`; it counts unless the parser passed on a body or the end of a head."""
        self._heard = False
        super().data_received(data)
        self._held = 0 if self._heard else self._held + len(data)
        if self._held > HEAD_BYTES_MAX and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(REFUSAL)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """The head of a request is whole; the application takes over."""
        self._heard = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body, which its reader counts."""
        self._heard = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole, trailers included."""
        self._heard = True
        super().on_message_complete()
