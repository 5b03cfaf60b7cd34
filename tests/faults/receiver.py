"""The receiver of a fault run: chat rooms and a PSA's webhook endpoint, in the driver's own loop.

It keeps, for the webhook endpoint, which event of which ticket arrived in which order; of rooms it
only counts.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tierline.runtime.ports import LOOPBACK

HOOK = "/psa"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
REFUSAL = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"


@dataclass(slots=True)
class Receiver:
    """What arrived. `arrivals`: by ticket the seqs in order of arrival, repetitions included."""

    port: int = 0
    arrivals: dict[int, list[int]] = field(default_factory=dict)
    posts: Counter[str] = field(default_factory=Counter)
    unreadable: list[bytes] = field(default_factory=list)

    def accepts(self, path: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a request is taken at all."""
        return True

    def take(self, path: str, body: bytes) -> None:
        """Note one complete request."""
        self.posts[path] += 1
        if path != HOOK:
            return
        try:
            ticket, _, seq = json.loads(body)["id"].partition("/")
            self.arrivals.setdefault(int(ticket), []).append(int(seq))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.unreadable.append(body[:200])


@asynccontextmanager
async def receiving(
    receiver: Receiver | None = None, host: str = LOOPBACK
) -> AsyncIterator[Receiver]:
    """A receiver, that one or a plain one, on a free port of `host`."""
    receiver = receiver or Receiver()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = (OSError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError)
        with contextlib.suppress(*ends):  # the last: with the run, as kept connections do
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                path = head[0].split(" ")[1]
                pairs = (line.partition(":") for line in head[1:] if line)
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if receiver.accepts(path, headers, body):
                    receiver.take(path, body)
                    writer.write(ANSWER)
                else:
                    writer.write(REFUSAL)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, host, 0, backlog=512)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
