"""Which client an alert is for: fixed at the edge, once, before anything else reads it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from intake.keys import Integration
from intake.limits import CACHE_SECONDS, CLIENTS_MAX
from tierline.messages.alert import Alert
from tierline.store.database import Database

UNSORTED = "Unsorted"
UNKNOWN = "unknown_client"
"""The key under `extra` for a client's name that no record holds."""

LABELS = "labels."
FIELDS = frozenset({"client", "site", "host", "service"})


CLIENT_NAMES = "SELECT name FROM tierline.client ORDER BY name LIMIT $1"


class Clients:
    """The names of all clients, read again when they are older than CACHE_SECONDS.

    Args:
        database: read when they are stale.
        clock: monotonic seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._names: dict[str, str] = {}
        self._until = float("-inf")
        self._reading = asyncio.Lock()

    async def refresh(self) -> None:
        """Read the names where they are stale. Raises one of UNREACHABLE where it cannot."""
        if self._clock() < self._until:
            return
        async with self._reading:
            if self._clock() < self._until:
                return
            async with self._database.connection() as connection:
                rows = await connection.fetch(CLIENT_NAMES, CLIENTS_MAX)
            # Exact names last: of two that differ by case alone, the exact one wins.
            self._names = {row["name"].casefold(): row["name"] for row in rows}
            self._names.update({row["name"]: row["name"] for row in rows})
            self._until = self._clock() + CACHE_SECONDS

    def known(self, name: str) -> str | None:
        """The client of that name, whatever its case, as its record spells it."""
        return self._names.get(name) or self._names.get(name.casefold())

    def fix(self, alert: Alert, integration: Integration) -> tuple[str, Alert]:
        """The client of an alert, and the alert, which keeps a name that no record holds.

        The integration's binding goes first, then the field or label it maps, then Unsorted.
        """
        if integration.client:
            return integration.client, alert
        said = named_client(alert, integration.client_field)
        known = self.known(said) if said else None
        if known is not None:
            return known, alert
        said = said or alert.client
        if said:
            alert = replace(alert, extra={**alert.extra, UNKNOWN: said})
        return UNSORTED, alert


def named_client(alert: Alert, client_field: str) -> str:
    """What the mapped field says: `client`, `site`, `host`, `service`, or a label's name.

    `labels.customer` is the label `customer`, and so is a bare `customer`.
    """
    if not client_field:
        return ""
    if client_field in FIELDS:
        found: str = getattr(alert, client_field)
        return found or alert.labels.get(client_field, "").strip()
    return alert.labels.get(client_field.removeprefix(LABELS), "").strip()
