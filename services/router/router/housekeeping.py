"""What is no longer needed goes, a little at a time; the months to come are made ready."""

import asyncio
import contextlib

import asyncpg
import structlog
from prometheus_client import Counter

from router.limits import MONTHS_EVERY_S, TIDY_EVERY_S
from tierline.policy.source import NoPolicyError, PolicySource
from tierline.store.archive.files import ArchiveError
from tierline.store.archive.round import Archivist
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.months import keep_months
from tierline.web.idempotency import FORGET_AT_ONCE, forget_old

log = structlog.get_logger(__name__)

ARCHIVED = Counter("tierline_archived_tickets_total", "Closed tickets taken into archives.")

ROUNDS_MAX = 100
"""Statements of one round of tidying."""


class Housekeeping:
    """Keeps months every MONTHS_EVERY_S; removes old idempotent answers and ended sessions.

    The latter every TIDY_EVERY_S. With an archivist and a policy it then archives, too, what that
    policy's `retention` says.
    """

    def __init__(
        self, db: Database, archivist: Archivist | None = None, source: PolicySource | None = None
    ) -> None:
        self._db = db
        self._archivist = archivist
        self._source = source

    async def run(self, stop: asyncio.Event) -> None:
        """Keep house until `stop`."""
        clock = asyncio.get_running_loop().time
        tidy_at = clock()
        while not stop.is_set():
            try:
                if clock() >= tidy_at:
                    tidy_at = clock() + TIDY_EVERY_S
                    await self.tidy()
                    await self.archive()
                await keep_months(self._db)
            except (*UNREACHABLE, *REPLAYABLE, asyncpg.QueryCanceledError) as error:
                log.warning("tidying put off", reason=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), MONTHS_EVERY_S)

    async def tidy(self) -> int:
        """Remove what is old now; returns how many answers went."""
        gone = 0
        async with self._db.connection() as connection:
            await connection.execute("DELETE FROM tierline.session WHERE expires_at < now()")
            for _ in range(ROUNDS_MAX):
                found = await forget_old(connection)
                gone += found
                if found < FORGET_AT_ONCE:
                    break
        return gone

    async def archive(self) -> int:
        """One round of archiving; returns how many tickets were archived."""
        if self._archivist is None or self._source is None:
            return 0
        try:
            done = await self._archivist.round(self._source.current.retention)
        except (ArchiveError, NoPolicyError) as error:
            log.error("nothing archived", reason=str(error))
            return 0
        for name, tickets in done.files.items():
            log.info("tickets archived", file=name, tickets=len(tickets))
        for kind, months in done.months.items():
            for first in months:
                log.info("month dropped", kind=kind, first=first)
        for name in done.archives:
            log.info("archive dropped", file=name)
        count = sum(map(len, done.files.values()))
        ARCHIVED.inc(count)
        return count
