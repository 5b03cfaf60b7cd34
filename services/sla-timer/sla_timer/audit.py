"""The auditor watches the service itself: whatever should have happened by now and has not.

Every finding is counted in a metric, logged as an error and told by a path of its own
(`sla_timer.alarm`), none of which depends on the notifier it may be about.
"""

import asyncio
import contextlib
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Gauge

from sla_timer.alarm import Alarm, Over, Word
from sla_timer.limits import AUDIT_EVERY_S
from tierline.store.audit import (
    LATE_S,
    NOT_TOLD,
    OVER,
    SAMPLE,
    STORED_DUES,
    TELL,
    TOLD_AGAIN_S,
    Finding,
    look,
    stored_wrongly,
)
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.tickets import Connection

log = structlog.get_logger(__name__)

FINDINGS = Gauge("tierline_auditor_findings", "What should have happened and has not", ["what"])
LOOKED_AT = Gauge("tierline_auditor_timestamp_seconds", "When the auditor last looked at all of it")

BLIND: Final = "the auditor cannot look"
BLIND_REMEDY: Final = (
    "PostgreSQL does not answer sla-timer, or answers with an error: its log says which. Alerts are"
    " answered with 503 meanwhile, and their senders try again."
)


class Auditor:
    """Looks every AUDIT_EVERY_S; `audit()` is one look.

    Args:
        db: the store.
        alarm: tells people; without it nobody is told beyond the log and the metric.

    Attributes:
        findings: of the last look, empty when nothing was amiss.
        looked_at: loop time at which the last look that came to its end began.
    """

    def __init__(self, db: Database, alarm: Alarm | None = None) -> None:
        self.findings: list[Finding] = []
        self.looked_at = float("-inf")
        self._db = db
        self._alarm = alarm
        self._after = 0
        self._blind_since: float | None = None
        self._blind_told_at = float("-inf")
        self._blind_told = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until `stop`."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AUDIT_EVERY_S)
            if stop.is_set():
                return
            try:
                await self.audit()
                await self._tell()
            except (*UNREACHABLE, *REPLAYABLE) as error:
                log.warning("audit put off", reason=str(error))
                await self._tell_blind(type(error).__name__)

    async def audit(self) -> list[Finding]:
        """What is amiss now, empty when nothing is; counted and logged as well."""
        began = _now()
        async with self._db.connection() as connection:
            looked = await look(connection)
            looked.append(await self._wrong(connection))
        for finding in looked:
            FINDINGS.labels(finding.what).set(finding.count)
            if finding.count:
                log.error("auditor", finding=finding.what, count=finding.count)
        LOOKED_AT.set_to_current_time()
        self.findings = [finding for finding in looked if finding.count]
        self.looked_at = began
        return self.findings

    async def _wrong(self, connection: Connection) -> Finding:
        """Tickets, of the next SAMPLE in turn, whose stored due instant is not their own."""
        rows = await connection.fetch(STORED_DUES, self._after, SAMPLE)
        self._after = rows[-1]["id"] if len(rows) == SAMPLE else 0
        return stored_wrongly(rows)

    async def _tell(self) -> None:
        """Tell what is new or was told long ago, and what is over; each by one auditor only."""
        if self._alarm is None:
            return
        self._blind_since = None
        if self._blind_told:
            self._blind_told = False
            await self._alarm.tell([], [Over(BLIND, None)])
        found = {finding.what: finding for finding in self.findings}
        async with self._db.connection() as connection:
            mine = await connection.fetch(TELL, sorted(found), TOLD_AGAIN_S)
            over = await connection.fetch(OVER, sorted(found))
        words = [_word(found[row["what"]], row["since"]) for row in mine]
        ended = [Over(row["what"], row["since"]) for row in over if row["told"]]
        if (words or ended) and not await self._alarm.tell(words, ended):
            async with self._db.connection() as connection:
                await connection.execute(NOT_TOLD, [word.what for word in words])

    async def _tell_blind(self, reason: str) -> None:
        """Nothing can be asked for: what was told is remembered by this auditor alone."""
        now = _now()
        if self._blind_since is None:
            self._blind_since = now
        blind_s = now - self._blind_since
        if self._alarm is None or blind_s < LATE_S or now - self._blind_told_at < TOLD_AGAIN_S:
            return
        word = Word(BLIND, 1, f"{reason}, for {blind_s:.0f} s. {BLIND_REMEDY}", None)
        if await self._alarm.tell([word], []):
            self._blind_told_at, self._blind_told = now, True


def _word(finding: Finding, since: datetime) -> Word:
    return Word(finding.what, finding.count, finding.remedy, since)


def _now() -> float:
    """Seconds of the running loop's clock, which never runs backwards."""
    return asyncio.get_running_loop().time()
