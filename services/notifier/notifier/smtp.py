"""Connections to the mail relay, a few kept open."""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Literal

import aiosmtplib

CONNECTIONS: Final = 8
"""Sessions at once; relays commonly allow 10 to 20 from one address."""

KEPT: Final = 2
KEPT_SECONDS: Final = 10.0
MAILS_PER_SESSION: Final = 100
COMMAND_SECONDS: Final = 10.0
SEND_SECONDS: Final = 30.0

Tls = Literal["auto", "starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail goes out.

    `tls`: tls (from the first byte), starttls (required), auto (STARTTLS where the relay offers
    it), none. `user` empty: no login.
    """

    host: str
    port: int
    tls: Tls = "auto"
    user: str = ""
    password: str = ""


@dataclass(slots=True)
class _Session:
    client: aiosmtplib.SMTP
    used_at: float
    mails: int = 0


class SmtpPool:
    """At most CONNECTIONS sessions with one relay, idle ones reused for KEPT_SECONDS."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._idle: deque[_Session] = deque()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connected client. One that leaves by an error is closed, not reused.

        Raises:
            aiosmtplib.SMTPException, OSError: there is no session to be had.
        """
        async with self._slots:
            session = await self._take()
            try:
                yield session.client
            except BaseException:
                session.client.close()
                raise
            await self._give_back(session)

    async def close(self) -> None:
        """Say goodbye on every idle session."""
        while self._idle:
            await _quit(self._idle.popleft().client)

    async def _take(self) -> _Session:
        now = asyncio.get_running_loop().time()
        while self._idle:
            session = self._idle.pop()
            if now - session.used_at < KEPT_SECONDS and await _alive(session.client):
                return session
            session.client.close()
        return _Session(await self._connect(), now)

    async def _connect(self) -> aiosmtplib.SMTP:
        relay = self._relay
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            timeout=COMMAND_SECONDS,
            use_tls=relay.tls == "tls",
            start_tls={"auto": None, "starttls": True}.get(relay.tls, False),
            username=relay.user or None,
            password=relay.password or None,
            local_hostname="tierline",
            tls_context=ssl.create_default_context() if relay.tls != "none" else None,
        )
        await client.connect()
        return client

    async def _give_back(self, session: _Session) -> None:
        session.mails += 1
        session.used_at = asyncio.get_running_loop().time()
        if session.mails < MAILS_PER_SESSION and len(self._idle) < KEPT:
            self._idle.append(session)
        else:
            await _quit(session.client)


async def _alive(client: aiosmtplib.SMTP) -> bool:
    """Whether an idle session still is one; relays hang up on the silent."""
    try:
        await client.noop()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
    finally:
        client.close()
