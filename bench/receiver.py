"""A cheap receiver of webhooks and chat messages, in a process of its own.

`python -m bench.receiver` prints its port and serves until its standard input ends. It answers
every POST with 200 and notes the first `bench-N` in the body, by path, with the instant of arrival
(seconds of the clock that `time.monotonic` reads, which all processes of a machine share).
`GET /seen` gives a JSON object: by path, how many requests came, and the first arrival by N.
"""

import asyncio
import contextlib
import json
import re
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvloop

from bench.machine import ROOT
from tierline.runtime.ports import LOOPBACK

NAMED = re.compile(rb"bench-(\d+)")
STOP_SECONDS = 10


@dataclass
class Seen:
    """What came to one path."""

    requests: int = 0
    first: dict[int, float] = field(default_factory=dict)


class Connection(asyncio.Protocol):
    """One connection: requests with a Content-Length, one after the other."""

    def __init__(self, seen: dict[str, Seen]) -> None:
        self.seen, self.data = seen, b""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        while True:
            head, found, rest = self.data.partition(b"\r\n\r\n")
            if not found:
                return
            stated = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            length = int(stated or 0)
            if len(rest) < length:
                return
            self.data = rest[length:]
            self._answer(head, rest[:length])

    def _answer(self, head: bytes, body: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        answer = b"ok"
        if method == b"GET":
            answer = json.dumps({p: [s.requests, s.first] for p, s in self.seen.items()}).encode()
        else:
            seen = self.seen.setdefault(path.decode(), Seen())
            seen.requests += 1
            if named := NAMED.search(body):
                seen.first.setdefault(int(named[1]), time.monotonic())
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
        )


@dataclass
class Receiver:
    """A receiver's process, seen from the bench."""

    url: str
    process: Process
    http: httpx.AsyncClient

    async def seen(self, path: str) -> Seen:
        """What came to `path` so far."""
        said = (await self.http.get(f"{self.url}/seen")).json().get(path)
        return Seen(said[0], {int(n): at for n, at in said[1].items()}) if said else Seen()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.receiver"), stdin=PIPE, stdout=PIPE, cwd=ROOT
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("pipes were asked for")
    try:
        port = int(await process.stdout.readline())
        async with httpx.AsyncClient(timeout=STOP_SECONDS) as http:
            yield Receiver(f"http://{LOOPBACK}:{port}", process, http)
    finally:
        process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)


async def serve() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    seen: dict[str, Seen] = {}
    server = await loop.create_server(lambda: Connection(seen), LOOPBACK, 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = loop.create_future()
    loop.add_reader(sys.stdin, lambda: sys.stdin.read() or ended.done() or ended.set_result(None))
    await ended
    server.close()


if __name__ == "__main__":
    uvloop.run(serve())
