"""Receivers on loopback: an HTTP server and an SMTP server that answer as they are told."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP

REASONS = {200: "OK", 204: "No Content", 302: "Found", 410: "Gone", 429: "Too Many", 500: "Oops"}


@dataclass
class Reply:
    """One scripted answer. `raw` replaces everything; `silent` seconds pass before it."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    never: bool = False


@dataclass
class Request:
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


class HttpReceiver:
    """Answers each request with the next scripted reply, else with `otherwise`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.otherwise = Reply()
        self.script: deque[Reply] = deque()
        self.port = 0
        self.connections = 0
        self.released = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def answer(self, *replies: Reply) -> None:
        self.script.extend(replies)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, value in (line.split(":", 1) for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(Request(first.split(" ")[1], headers, body))
        reply = self.script.popleft() if self.script else self.otherwise
        if reply.never:
            await self.released.wait()
            return False
        if reply.raw is not None:
            writer.write(reply.raw)
            return False
        fields = {"Content-Length": str(len(reply.body)), **reply.headers}
        text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        reason = REASONS.get(reply.status, "Status")
        writer.write(f"HTTP/1.1 {reply.status} {reason}\r\n{text}\r\n".encode() + reply.body)
        await writer.drain()
        return True


@asynccontextmanager
async def http_receiver() -> AsyncIterator[HttpReceiver]:
    receiver = HttpReceiver()
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.close()


class SmtpReceiver:
    """Takes mail. `rcpt` and `data`: scripted answers, one each mail, else 250."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.rcpt: deque[str] = deque()
        self.data: deque[str] = deque()
        self.port = 0
        self.sessions = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        answer = self.rcpt.popleft() if self.rcpt else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.data.popleft() if self.data else f"250 OK: queued as Q{len(self.mails) + 1}"
        if answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        return answer


@asynccontextmanager
async def smtp_receiver() -> AsyncIterator[SmtpReceiver]:
    receiver = SmtpReceiver()
    loop = asyncio.get_running_loop()
    protocols: list[SMTP] = []

    def protocol() -> SMTP:
        protocols.append(SMTP(receiver, hostname="relay", enable_SMTPUTF8=True, loop=loop))
        return protocols[-1]

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for one in protocols:
            if one.transport is not None:
                one.transport.close()
