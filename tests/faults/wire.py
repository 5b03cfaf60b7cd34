"""A small HTTP/1.1 client on one kept connection: cheap enough for hundreds of requests a second.

It is used where the driver shares two cores with the stack it drives. No redirects, no chunked
answers, no TLS: it talks to our own services on loopback.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_S = 15.0
"""Longest wait for one answer; a request that takes longer counts as broken off."""

HEAD_BYTES_MAX = 64 * 1024

BROKEN = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, TimeoutError)
"""What a request ends in when no complete answer came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer: status, headers in lower case, body as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Wire:
    """One connection to 127.0.0.1:port, made at first use and again after it broke."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = TIMEOUT_S
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, `body` as JSON. Raises one of BROKEN where no complete answer came."""
        said = b"" if body is None else json.dumps(body).encode()
        head = {**self.headers, **(headers or {}), "content-length": str(len(said))}
        lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}"]
        lines += ["content-type: application/json"] if said else []
        lines += [f"{name}: {value}" for name, value in head.items()]
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._exchange("\r\n".join(lines).encode() + b"\r\n\r\n" + said)
        except BaseException:
            self.close()
            raise

    async def _exchange(self, request: bytes) -> Reply:
        if self._writer is None or self._reader is None or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self.port, limit=HEAD_BYTES_MAX
            )
        self._writer.write(request)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ", 2)[1])
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Reply(status, headers, body)

    def close(self) -> None:
        """Let the connection go."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
