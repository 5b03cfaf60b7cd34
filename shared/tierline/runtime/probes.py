"""Asking a local HTTP server whether it is ready, without a client library's weight."""

import asyncio
import contextlib
from urllib.parse import urlsplit

from tierline.runtime.process import Probe

PROBE_SECONDS = 3.0
ANSWER_BYTES = 64 * 1024
SHOWN_CHARACTERS = 300


def http_probe(url: str) -> Probe:
    """Make a readiness probe out of an address that answers 200 when ready.

    Args:
        url: http://host:port/path; asked directly, whatever proxy is set for the outside.

    Returns:
        A probe that says None on 200, else what it saw.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    request = (
        f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    )

    async def probe() -> str | None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                answer = await _exchange(host, port, request.encode("ascii"))
        except (OSError, TimeoutError) as error:
            return f"{url} gives no answer ({type(error).__name__})"
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0].split()
        if len(status) > 1 and status[1] == b"200":
            return None
        shown = body or head
        return f"{url} says {shown.decode('utf-8', 'replace').strip()[:SHOWN_CHARACTERS]}"

    return probe


async def _exchange(host: str, port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port, limit=ANSWER_BYTES)
    try:
        writer.write(request)
        answer = b""
        while len(answer) < ANSWER_BYTES and (part := await reader.read(ANSWER_BYTES)):
            answer += part
        return answer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
