"""What is no longer needed goes, a little at a time."""

import asyncio
import contextlib

import structlog

from router.limits import TIDY_EVERY_S
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.web.idempotency import FORGET_AT_ONCE, forget_old

log = structlog.get_logger(__name__)

ROUNDS_MAX = 100
"""Statements of one round of tidying."""


class Housekeeping:
    """Removes old idempotent answers and ended sessions every TIDY_EVERY_S."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def run(self, stop: asyncio.Event) -> None:
        """Tidy until `stop`."""
        while not stop.is_set():
            try:
                await self.tidy()
            except (*UNREACHABLE, *REPLAYABLE) as error:
                log.warning("tidying put off", reason=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TIDY_EVERY_S)

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
