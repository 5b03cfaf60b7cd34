"""What drives triage: the topic of accepted alerts, and the sweep of those it did not bring."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import msgspec
import structlog

from intake.triage import store
from intake.triage.limits import (
    SWEEP_ALERTS_MAX,
    SWEEP_EVERY_S,
    SWEEP_OLDER_THAN_S,
    SWEEP_READS_MAX,
)
from intake.triage.triager import Triager
from tierline.bus.consumer import Message
from tierline.messages.alert import AcceptedAlert, decode_accepted
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.dead_letters import bury

log = structlog.get_logger(__name__)

GROUP = "triage"


class TriageConsumer:
    """Decodes messages for the triager, keeps poison aside, sweeps."""

    def __init__(self, db: Database, triager: Triager) -> None:
        self._db = db
        self._triager = triager

    async def handle(self, messages: Sequence[Message]) -> None:
        """A batch from the broker. Raises what `Triager.take` does: then hand it over again."""
        alerts: list[AcceptedAlert] = []
        poison: list[tuple[Message, str]] = []
        for message in messages:
            try:
                alerts.append(decode_accepted(message.body))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                poison.append((message, f"not an accepted alert: {error}"))
        await self._triager.take(alerts)
        if poison:
            async with self._db.transaction() as connection:
                for message, reason in poison:
                    await bury(connection, "consumer:triage", message.key, message.body, reason)

    async def sweep(self, stop: asyncio.Event, lagging: Callable[[], bool]) -> None:
        """Every SWEEP_EVERY_S, triage what waits in Postgres and never came by the broker."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SWEEP_EVERY_S)
            if stop.is_set() or lagging():
                continue
            try:
                found = await self._sweep_all(lagging)
            except (*UNREACHABLE, *REPLAYABLE) as error:
                log.warning("alert sweep put off", reason=str(error))
                continue
            if found:
                log.info("alert sweep caught up", alerts=found)

    async def _sweep_all(self, lagging: Callable[[], bool]) -> int:
        """Sweep until a read is not full: a lost broker leaves more behind than one read."""
        found = 0
        for _ in range(SWEEP_READS_MAX):
            read = await self.sweep_once()
            found += read
            if read < SWEEP_ALERTS_MAX or lagging():
                break
        return found

    async def sweep_once(self) -> int:
        """Triage alerts that have waited over SWEEP_OLDER_THAN_S; returns how many."""
        async with self._db.connection() as connection:
            waiting = await store.waiting_alerts(
                connection, older_than_s=SWEEP_OLDER_THAN_S, limit=SWEEP_ALERTS_MAX
            )
        for alert, body, reason in waiting.torn:
            await self._triager.set_aside(alert, body.encode(), reason)
        await self._triager.take(waiting.alerts)
        return len(waiting.torn) + len(waiting.alerts)
