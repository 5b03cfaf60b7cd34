"""What a consumer of ticket events does around its own work: seen, gaps, poison, and the sweep.

Effects and `last_seq` per ticket are written in one transaction, so redelivery, a relay's
duplicate, a zombie after a rebalance and a recreated broker are harmless without a special case.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from tierline.bus.consumer import Message
from tierline.bus.limits import (
    REPLAYS_MAX,
    SWEEP_ALL_EACH,
    SWEEP_EVERY_S,
    SWEEP_OLDER_THAN_S,
    SWEEP_READS_MAX,
    SWEEP_TICKETS_MAX,
    SWEEP_WITHIN_S,
)
from tierline.messages.events import TicketMessage, decode_event
from tierline.messages.logged import about
from tierline.store import events as stored
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.dead_letters import bury

TICKET_MAX = 2**63 - 1
SEQ_MAX = 2**31 - 1
"""What the columns hold; a message with more is poison."""

log = structlog.get_logger(__name__)

Committed = Callable[[], None]
Apply = Callable[[Any, Sequence[TicketMessage]], Awaitable[Committed | None]]
"""The consumer's own work on new, gapless, ordered events, inside the given transaction.

What it returns is called once that transaction is committed; not called, nothing may be lost.
"""


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
        """A batch from the broker.

        Raises only where Postgres is away or somebody stays in the way (UNREACHABLE, REPLAYABLE):
        then hand it over again.
        """
        decoded: list[TicketMessage] = []
        poison: list[tuple[Message, str]] = []
        for message in messages:
            try:
                decoded.append(_decode(message.body))
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
            await self._alone(message.event.ticket, message.event.seq, message)
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
            committed = await self._apply(connection, new)
            latest = {message.event.ticket: message.event.seq for message in new}
            await stored.save_progress(connection, self._name, latest)
        if committed is not None:
            committed()

    async def _alone(self, ticket: int, last: int, given: TicketMessage | None = None) -> None:
        """What was not seen of `ticket` up to `last`, an event a transaction; broken ones aside."""
        for _ in range(stored.GAP_EVENTS_MAX):
            with about(ticket=ticket):
                if not await self._next(ticket, last, given):
                    return

    async def _next(self, ticket: int, last: int, given: TicketMessage | None) -> bool:
        """The first event not seen, up to `last`, applied or set aside; False: there was none."""
        seq, client, traceparent = 0, "", ""
        committed: Committed | None = None
        try:
            async with self._db.transaction() as connection:
                seq = (await stored.lock_progress(connection, self._name, [ticket]))[ticket] + 1
                if seq > last:
                    return False
                event = await _event(connection, ticket, seq, given)
                if event is None:
                    return False
                client, traceparent = event.ticket.client, event.traceparent
                committed = await self._apply(connection, [event])
                await stored.save_progress(connection, self._name, {ticket: seq})
        except (*UNREACHABLE, *REPLAYABLE):
            raise
        except Exception as error:
            if seq == 0:  # not the event's doing
                raise
            with about(client=client, traceparent=traceparent):
                log.exception("event set aside", consumer=self._name, ticket=ticket, seq=seq)
            await self._set_aside(ticket, seq, f"{type(error).__name__}: {error}")
        else:
            if committed is not None:
                committed()
        return True

    async def _set_aside(self, ticket: int, seq: int, reason: str) -> None:
        """A dead-lettered seq counts as seen, so that it blocks nothing behind it."""
        async with self._db.transaction() as connection:
            seen = await stored.lock_progress(connection, self._name, [ticket])
            if seen[ticket] >= seq:  # another replica managed meanwhile
                return
            bodies = await stored.timeline(connection, ticket, after=seq - 1, limit=1)
            body = bodies[0].encode() if bodies else b""
            await bury(connection, f"consumer:{self._name}", f"{ticket}/{seq}", body, reason)
            await stored.save_progress(connection, self._name, {ticket: seq})

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
                found = await (self._sweep_rest if everything else self._sweep_lately)(lagging)
            except (*UNREACHABLE, *REPLAYABLE) as error:
                log.warning("sweep put off", consumer=self._name, reason=str(error))
                continue
            if found:
                log.info("sweep caught up", consumer=self._name, events=found)

    async def _sweep_lately(self, lagging: Callable[[], bool]) -> int:
        return await self._sweep_all(SWEEP_WITHIN_S, lagging)

    async def _sweep_rest(self, lagging: Callable[[], bool]) -> int:
        """Sweep all that changed since a look at everything found nothing unseen.

        It reaches back a while further, for what was being committed then. What changed before has
        been seen: closed tickets of years need not be read each time.
        """
        began = asyncio.get_running_loop().time()
        async with self._db.connection() as connection:
            clean_s = await stored.clean_since(connection, self._name)
        within_s = None if clean_s is None else clean_s + SWEEP_WITHIN_S
        found = await self._sweep_all(within_s, lagging)
        if not found:
            took_s = asyncio.get_running_loop().time() - began
            async with self._db.connection() as connection:
                await stored.save_clean(connection, self._name, took_s + SWEEP_OLDER_THAN_S)
        return found

    async def _sweep_all(self, within_s: float | None, lagging: Callable[[], bool]) -> int:
        """Sweep until a read is not full: a lost broker leaves more behind than one read."""
        found = 0
        for _ in range(SWEEP_READS_MAX):
            read = await self.sweep_once(within_s)
            found += read
            if read < stored.GAP_EVENTS_MAX or lagging():
                break
        return found

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
        messages, torn = _readable(bodies)
        await self.take(messages)
        for ticket, seq in torn:
            await self._alone(ticket, seq)
        return sum(len(found) for found in bodies.values())


def _decode(body: bytes) -> TicketMessage:
    """The event of a message from the broker. Raises msgspec.MsgspecError on anything else."""
    message = decode_event(body)
    if not (0 < message.event.ticket <= TICKET_MAX and 0 < message.event.seq <= SEQ_MAX):
        raise msgspec.ValidationError("its id has numbers that no ticket has")
    return message


def _readable(
    bodies: Mapping[int, Sequence[tuple[int, str]]],
) -> tuple[list[TicketMessage], list[tuple[int, int]]]:
    """Stored events up to the first unreadable one of each ticket, and (ticket, seq) of those."""
    messages: list[TicketMessage] = []
    torn: list[tuple[int, int]] = []
    for ticket, found in bodies.items():
        for seq, body in found:
            try:
                messages.append(decode_event(body))
            except msgspec.MsgspecError:
                torn.append((ticket, seq))
                break
    return messages, torn


async def _event(
    connection: Any, ticket: int, seq: int, given: TicketMessage | None
) -> TicketMessage | None:
    """That event: as `given` where it is the one, else read from Postgres."""
    if given is not None and given.event.seq == seq:
        return given
    bodies = await stored.timeline(connection, ticket, after=seq - 1, limit=1)
    return decode_event(bodies[0]) if bodies else None


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
            for seq, body in bodies:
                if seq not in by_ticket[ticket]:
                    by_ticket[ticket][seq] = decode_event(body)
    new: list[TicketMessage] = []
    for ticket, found in by_ticket.items():
        seq = seen[ticket] + 1
        while seq in found:
            new.append(found[seq])
            seq += 1
    return new
