"""The live stream's source: ticket events from the broker, and from Postgres what it kept back.

While anybody listens, a router reads every event, from the latest on, in a consumer group of its
own. Each second it also looks which tickets changed lately without the broker having said so; the
stream therefore goes on, a little later, while the broker is away.
"""

import asyncio
import contextlib
import time
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog

from router.limits import (
    LIVE_EVERY_S,
    LIVE_KNOWN_MAX,
    LIVE_LATE_S,
    LIVE_TICKETS_MAX,
    LIVE_WINDOW_S,
)
from router.people import People
from router.policy_clock import read_clock
from router.views import row_of
from tierline.bus.consumer import Consumer, Message
from tierline.messages.broker import Where
from tierline.messages.events import TicketMessage, decode_event, event_name
from tierline.messages.topics import EVENTS
from tierline.messages.words import words
from tierline.store import events as stored
from tierline.store.database import UNREACHABLE, Database
from tierline.web.limits import HEARTBEAT_S
from tierline.web.sse import Hub

log = structlog.get_logger(__name__)


class Live:
    """Feeds the hub. `where`: the broker."""

    def __init__(self, db: Database, hub: Hub, people: People, where: Where) -> None:
        self._db = db
        self._hub = hub
        self._people = people
        self._streamed: OrderedDict[int, int] = OrderedDict()
        self._changes: int | None = None
        self._beat_at = 0.0
        self._looked_at = self._alone_at = time.monotonic()
        group = f"router-live-{uuid.uuid4().hex}"
        self._consumer = Consumer(
            where, EVENTS, group, self.handle, latest=True, wanted=lambda: len(hub) > 0
        )

    async def consume(self, stop: asyncio.Event) -> None:
        """Stream what the broker brings, until `stop`."""
        try:
            await self._consumer.run(stop)
        finally:
            self._hub.close()

    async def watch(self, stop: asyncio.Event) -> None:
        """Each LIVE_EVERY_S tell the time and stream what the broker kept back, until `stop`."""
        while not stop.is_set():
            try:
                await self.look()
            except UNREACHABLE as error:
                log.warning("live stream waits for postgres", reason=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LIVE_EVERY_S)
        self._hub.close()

    async def handle(self, messages: Sequence[Message]) -> None:
        """A batch from the broker; what is no ticket event is the other consumers' to report."""
        decoded = []
        for message in messages:
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                decoded.append(decode_event(message.body))
        await self.tell(decoded)

    async def tell(self, messages: Sequence[TicketMessage]) -> None:
        """Publish each event that is newer than what was streamed of its ticket."""
        names = await self._people.names() if len(self._hub) else {}
        for message in messages:
            event = message.event
            if event.seq <= self._streamed.get(event.ticket, 0):
                continue
            self._remember(event.ticket, event.seq)
            if len(self._hub):
                self._hub.publish(_ticket_message(message, names))

    async def look(self) -> None:
        """One look at the clock and at what changed lately."""
        if not len(self._hub):
            self._looked_at = self._alone_at = time.monotonic()
            self._streamed.clear()
            return
        async with self._db.connection() as connection:
            await self._tell_time(connection)
            missed = await self._missed(connection)
            bodies = await stored.missing(connection, missed) if missed else {}
        away_s = time.monotonic() - self._looked_at
        self._looked_at = time.monotonic()
        if away_s > LIVE_WINDOW_S or len(missed) >= LIVE_TICKETS_MAX:
            self._hub.resync()
        await self.tell([decode_event(body) for found in bodies.values() for _, body in found])

    async def _tell_time(self, connection: Any) -> None:
        found = await read_clock(connection)
        changes = found.pop("changes")
        due = time.monotonic() - self._beat_at >= HEARTBEAT_S
        if due or changes != self._changes:
            self._changes, self._beat_at = changes, time.monotonic()
            data = {name: found[name] for name in ("now", "speed", "held")}
            self._hub.publish({"event": "clock", "data": data})

    async def _missed(self, connection: Any) -> list[tuple[int, int, int]]:
        """(ticket, after, before) of events that should have been streamed by now.

        What happened before anybody listened is no news: it is on the page they have fetched.
        """
        rows = await connection.fetch(
            "SELECT id, seq FROM tierline.ticket"
            " WHERE changed_at > clock_timestamp() - make_interval(secs => $1)"
            " AND changed_at < clock_timestamp() - make_interval(secs => $2)"
            " ORDER BY changed_at DESC LIMIT $3",
            min(LIVE_WINDOW_S, time.monotonic() - self._alone_at),
            LIVE_LATE_S,
            LIVE_TICKETS_MAX,
        )
        found = []
        for row in rows:
            streamed = self._streamed.get(row["id"])
            if streamed is None:
                # Not streamed yet: its latest event carries its whole row.
                found.append((row["id"], row["seq"] - 1, row["seq"] + 1))
            elif streamed < row["seq"]:
                found.append((row["id"], streamed, row["seq"] + 1))
        return found

    def _remember(self, ticket: int, seq: int) -> None:
        self._streamed[ticket] = max(seq, self._streamed.get(ticket, 0))
        self._streamed.move_to_end(ticket)
        while len(self._streamed) > LIVE_KNOWN_MAX:
            self._streamed.popitem(last=False)


def _ticket_message(message: TicketMessage, names: Any) -> dict[str, Any]:
    event, ticket = message.event, message.ticket
    return {
        "event": "ticket",
        "ticket": ticket,
        "data": {
            "number": ticket.number,
            "seq": event.seq,
            "type": event_name(event),
            "words": words(event, ticket, names),
            "row": row_of(ticket),
        },
    }
