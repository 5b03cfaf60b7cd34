"""How people are called, by login, for the sentences of the timeline."""

import time
from collections.abc import Mapping

from router.limits import NAMES_KEPT_S
from tierline.store.database import Database

NAMES = "SELECT login, name FROM tierline.person"


class People:
    """Names by login, at most NAMES_KEPT_S old."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._names: dict[str, str] = {}
        self._until = 0.0

    async def names(self) -> Mapping[str, str]:
        """Everybody's name by login. Raises one of UNREACHABLE where it must read and cannot."""
        if time.monotonic() >= self._until:
            async with self._db.connection() as connection:
                rows = await connection.fetch(NAMES)
            self._names = {row["login"]: row["name"] for row in rows}
            self._until = time.monotonic() + NAMES_KEPT_S
        return self._names
