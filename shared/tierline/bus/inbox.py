"""What a consumer of ticket events does around its own work: seen, gaps, poison, and the sweep.

Effects and `last_seq` per ticket are written in one transaction, so redelivery, a relay's
duplicate, a zombie after a rebalance and a recreated broker are harmless without a special case.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import structlog

from tierline.bus.consumer import Message
from tierline.bus.limits import (
    REPLAYS_MAX,
    SWEEP_ALL_EACH,
    SWEEP_EVERY_S,
    SWEEP_OLDER_THAN_S,
    SWEEP_TICKETS_MAX,
    SWEEP_WITHIN_S,
)
from tierline.messages.events import TicketMessage, decode_event
from tierline.store import events as stored
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.dead_letters import bury

log = structlog.get_logger(__name__)

Apply = Callable[[Any, Sequence[TicketMessage]], Awaitable[None]]
"""The consumer's own work on new, gapless, ordered events, inside the given transaction."""


class Inbox:
    """Hands each event of each ticket to `apply` once, in order of seq."""

    def __init__(
        self, db: Database, consumer: str, apply: Apply, after: Callable[[], None] | None = None
    ) -> None:
        self._db = db
        self._name = consumer
        self._apply = apply
        self._after = after

    async def handle(self, messages: Sequence[Message]) -> None:
        """A batch from the broker. Raises only where Postgres is away: then hand it over again."""
        decoded: list[TicketMessage] = []
        poison: list[tuple[Message, str]] = []
        for message in messages:
            try:
                decoded.append(decode_event(message.body))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                poison.append((message, f"not a ticket event: {error}"))
        await self.take(decoded)
        for message, reason in poison:
            await self._bury(message.key, message.body, reason)

    async def take(self, messages: Sequence[TicketMessage]) -> None:
        """Apply `messages` together; where that fails, one by one, the broken ones set aside."""
        if not messages:
            return
        for _ in range(REPLAYS_MAX):
            try:
                await self._together(messages)
            except REPLAYABLE as error:
                log.info("batch replayed", consumer=self._name, reason=str(error))
            except UNREACHABLE:
                raise
            except Exception:
                log.exception("batch goes one by one", consumer=self._name, size=len(messages))
                break
            else:
                self._done()
                return
        for message in messages:
            await self._alone(message)
        self._done()

    def _done(self) -> None:
        if self._after is not None:
            self._after()

    async def _together(self, messages: Sequence[TicketMessage]) -> None:
        tickets = sorted({message.event.ticket for message in messages})
        async with self._db.transaction() as connection:
            seen = await stored.lock_progress(connection, self._name, tickets)
            new = await _new_in_order(connection, messages, seen)
            if not new:
                return
            await self._apply(connection, new)
            latest = {message.event.ticket: message.event.seq for message in new}
            await stored.save_progress(connection, self._name, latest)

    async def _alone(self, message: TicketMessage) -> None:
        try:
            await self._together([message])
        except UNREACHABLE:
            raise
        except Exception as error:
            log.exception("event set aside", consumer=self._name, ticket=message.event.ticket)
            await self._set_aside(message, f"{type(error).__name__}: {error}")

    async def _set_aside(self, message: TicketMessage, reason: str) -> None:
        """A dead-lettered seq counts as seen, so that it blocks nothing behind it."""
        event = message.event
        async with self._db.transaction() as connection:
            await stored.lock_progress(connection, self._name, [event.ticket])
            bodies = await stored.timeline(connection, event.ticket, after=event.seq - 1, limit=1)
            body = bodies[0].encode() if bodies else b""
            key = f"{event.ticket}/{event.seq}"
            await bury(connection, f"consumer:{self._name}", key, body, reason)
            await stored.save_progress(connection, self._name, {event.ticket: event.seq})

    async def _bury(self, key: str, body: bytes, reason: str) -> None:
        async with self._db.transaction() as connection:
            await bury(connection, f"consumer:{self._name}", key, body, reason)

    async def sweep(self, stop: asyncio.Event, lagging: Callable[[], bool]) -> None:
        """Every SWEEP_EVERY_S, fetch from Postgres what the broker has not brought.

        A consumer that still has messages to reach is left alone, so that a backlog never feeds
        itself.
        """
        turn = 0
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SWEEP_EVERY_S)
            if stop.is_set() or lagging():
                continue
            everything = turn % SWEEP_ALL_EACH == 0
            turn += 1
            try:
                found = await self.sweep_once(None if everything else SWEEP_WITHIN_S)
            except UNREACHABLE as error:
                log.warning("sweep put off", consumer=self._name, reason=str(error))
                continue
            if found:
                log.info("sweep caught up", consumer=self._name, events=found)

    async def sweep_once(self, within_s: float | None = None) -> int:
        """Apply events older than SWEEP_OLDER_THAN_S that were never seen; returns how many.

        `within_s`: look only at tickets that changed in the last so many seconds (None: all).
        """
        async with self._db.connection() as connection:
            tickets = await stored.behind(
                connection,
                self._name,
                older_than_s=SWEEP_OLDER_THAN_S,
                within_s=within_s,
                limit=SWEEP_TICKETS_MAX,
            )
            ranges = [(ticket, seen, seq + 1) for ticket, seen, seq in tickets]
            bodies = await stored.missing(connection, ranges) if ranges else {}
        messages = [decode_event(body) for found in bodies.values() for body in found]
        await self.take(messages)
        return len(messages)


async def _new_in_order(
    connection: Any, messages: Sequence[TicketMessage], seen: dict[int, int]
) -> list[TicketMessage]:
    """Events not seen yet, each ticket's gapless from its last seen one; gaps read from Postgres.

    What still does not join on (a gap longer than one read) is left to the sweep.
    """
    by_ticket: dict[int, dict[int, TicketMessage]] = {}
    for message in messages:
        if message.event.seq > seen[message.event.ticket]:
            by_ticket.setdefault(message.event.ticket, {})[message.event.seq] = message
    ranges = [
        (ticket, seen[ticket], max(found))
        for ticket, found in by_ticket.items()
        if len(found) != max(found) - seen[ticket]
    ]
    if ranges:
        for ticket, bodies in (await stored.missing(connection, ranges)).items():
            for body in bodies:
                filled = decode_event(body)
                by_ticket[ticket].setdefault(filled.event.seq, filled)
    new: list[TicketMessage] = []
    for ticket, found in by_ticket.items():
        seq = seen[ticket] + 1
        while seq in found:
            new.append(found[seq])
            seq += 1
    return new
