"""An open live stream of the application, read frame by frame (httpx waits for an answer's end)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.services.router.world import World, token_of

WAIT_S = 10


class Stream:
    """The frames of one open stream."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.gone = asyncio.Event()
        self._text = ""

    async def next(self) -> tuple[str, Any] | None:
        """The next event and its data; None where the stream has ended."""
        while True:
            while "\n\n" not in self._text:
                async with asyncio.timeout(WAIT_S):
                    chunk = await self.chunks.get()
                if chunk is None:
                    return None
                self._text += chunk.decode()
            found, _, self._text = self._text.partition("\n\n")
            fields = dict(line.split(": ", 1) for line in found.split("\n"))
            if "event" in fields:
                return fields["event"], json.loads(fields["data"])


@asynccontextmanager
async def following(world: World, who: str) -> AsyncIterator[Stream]:
    """GET /v1/stream as `who`, until the block ends."""
    stream = Stream()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await stream.gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            stream.status = message["status"]
            stream.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        elif message.get("body"):
            await stream.chunks.put(message["body"])
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await stream.chunks.put(None)

    task = asyncio.create_task(world.app(_scope(who), receive, send))
    try:
        yield stream
    finally:
        stream.gone.set()
        async with asyncio.timeout(WAIT_S):
            await task


def _scope(who: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/stream",
        "raw_path": b"/v1/stream",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", f"Bearer {token_of(who)}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
