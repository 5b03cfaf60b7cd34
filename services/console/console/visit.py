"""One request of one person: who it is, what time it is, and how a page is made for them."""

import asyncio
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from console.instants import instant, zone_named
from console.router_client import Json, LoggedOutError, Router
from console.security import form_token, session_of
from console.settings import ConsoleSettings

KEPT_SECONDS = 10.0
KEPT_ENTRIES = 1_000
ZONE_COOKIE = "tierline_zone"
LIVE_HEADER = "x-live"
LEADING_ROLES = frozenset({"lead", "manager"})


@dataclass(slots=True)
class Kept:
    """What changes rarely (who somebody is, the policy), kept KEPT_SECONDS for each session."""

    _entries: OrderedDict[tuple[str, str], tuple[float, Json]] = field(default_factory=OrderedDict)

    async def get(self, router: Router, session: str, path: str) -> Json:
        """Return what the router says at `path`, at most KEPT_SECONDS old."""
        key, moment = (session, path), time.monotonic()
        found = self._entries.get(key)
        if found is not None and moment - found[0] < KEPT_SECONDS:
            return found[1]
        answer = await router.get(session, path)
        self._entries[key] = (moment, answer)
        self._entries.move_to_end(key)
        while len(self._entries) > KEPT_ENTRIES:
            self._entries.popitem(last=False)
        return answer

    def forget(self, session: str) -> None:
        """Drop what is kept for a session that has ended."""
        for key in [key for key in self._entries if key[0] == session]:
            del self._entries[key]


@dataclass(frozen=True, slots=True)
class Console:
    """What every page stands on."""

    settings: ConsoleSettings
    router: Router
    templates: Environment
    kept: Kept = field(default_factory=Kept)

    async def policy(self, session: str) -> Json:
        """Tiers, groups, clients, contacts and priorities as the person may see them."""
        return await self.kept.get(self.router, session, "/v1/policy")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here, and what policy time it is for them."""

    session: str
    me: Json
    clock: Json
    zone: ZoneInfo
    token: str

    @property
    def now(self) -> datetime:
        """Policy time, UTC."""
        return instant(self.clock.get("now")) or datetime.now(UTC)

    @property
    def leads(self) -> bool:
        """Whether the person may decide what is a lead's to decide."""
        return self.me.get("role") in LEADING_ROLES

    @property
    def development(self) -> bool:
        """Whether this is a development stack, whose time may be moved."""
        return bool(self.clock.get("development"))


def signed_in(console: Console, request: Request) -> str:
    """Return the session id of the request.

    Raises:
        LoggedOutError: there is none.
    """
    session = session_of(console.settings, request)
    if not session:
        raise LoggedOutError
    return session


async def begin(console: Console, request: Request) -> Visit:
    """Find out who asks and what time it is.

    Raises:
        LoggedOutError: nobody is logged in.
        RouterAwayError: the router does not answer.
    """
    session = signed_in(console, request)
    me, clock = await asyncio.gather(
        console.kept.get(console.router, session, "/v1/me"),
        console.router.get(session, "/v1/clock"),
    )
    return Visit(session, me, clock, reader_zone(request), form_token(console.settings, session))


def reader_zone(request: Request) -> ZoneInfo:
    """The zone the browser said it is in; UTC until it has."""
    return zone_named(request.cookies.get(ZONE_COOKIE, "").replace("%2F", "/"))


def is_live(request: Request) -> bool:
    """Whether a script of ours asks, which wants short answers rather than pages."""
    return request.headers.get(LIVE_HEADER) == "1"


def render(
    console: Console,
    template: str,
    visit: Visit | None = None,
    *,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """Make a page.

    Args:
        console: for templates and settings.
        template: its name.
        visit: None on pages for nobody in particular.
        status: the HTTP status.
        values: what the template shows.
    """
    text = console.templates.get_template(template).render(
        visit=visit,
        now=visit.now if visit else datetime.now(UTC),
        zone=visit.zone if visit else zone_named("UTC"),
        new_key=lambda: uuid.uuid4().hex,
        settings=console.settings,
        **values,
    )
    return HTMLResponse(text, status_code=status)
