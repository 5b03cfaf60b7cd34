"""The floor as services see it: open load by group, read on the side and at most a second old.

Counting a million open tickets inside every batch would cost more than the batch. The event keeps
`as_of`, so the load that a decision saw is never in doubt (docs/decisions/0005).
"""

import asyncio
import contextlib
from datetime import UTC, datetime

import structlog

from tierline.domain.floor import Floor
from tierline.store.database import UNREACHABLE, Database
from tierline.store.tickets import policy_now, read_floor

FLOOR_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class FloorSource:
    """Holds the last floor read; `current` never blocks."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._floor = Floor(datetime.fromtimestamp(0, UTC))

    @property
    def current(self) -> Floor:
        """The floor as last read; before the first read an empty one as of 1970."""
        return self._floor

    async def refresh(self) -> Floor:
        """Read it now."""
        async with self._db.connection() as connection:
            self._floor = await read_floor(connection, await policy_now(connection))
        return self._floor

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh every FLOOR_EVERY_S real seconds until `stop`."""
        while not stop.is_set():
            try:
                await self.refresh()
            except UNREACHABLE as error:
                log.warning("floor not refreshed", reason=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), FLOOR_EVERY_S)
