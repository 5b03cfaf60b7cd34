"""Integration keys: who is posting, without asking Postgres each time.

A revoked key works for CACHE_SECONDS longer in a process that has just seen it, and a new one at
once, unless the same process was asked for it just before it was made.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from intake.errors import BusyError
from intake.limits import (
    CACHE_SECONDS,
    KEY_LOOKUPS_MAX,
    KEY_LOOKUPS_WAITING_MAX,
    KEYS_CACHED_MAX,
    UNKNOWN_KEYS_CACHED_MAX,
)
from tierline.store.database import Database
from tierline.web.keys import KeyKind, hash_key, kind_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Integration:
    """A source of alerts.

    Attributes:
        name: what people call it, unique.
        kind: the adapter its address takes.
        client: the client of all its alerts, or empty.
        client_field: the alert field or label that names the client, or empty.
        settings: its adapter's own.
    """

    name: str
    kind: str
    client: str = ""
    client_field: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


class Keys:
    """Finds the integration of a raw key, by its SHA-256 alone.

    Args:
        database: read on a miss.
        clock: monotonic seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known = _Cache[Integration](KEYS_CACHED_MAX)
        # Apart, so that a stream of made-up keys cannot push out the real ones.
        self._unknown = _Cache[None](UNKNOWN_KEYS_CACHED_MAX)
        self._looking: dict[str, asyncio.Task[Integration | None]] = {}
        self._turn = asyncio.Semaphore(KEY_LOOKUPS_MAX)

    async def find(self, raw: str) -> Integration | None:
        """The active integration of a key, or None.

        Requests with the same key wait for one lookup.

        Raises:
            BusyError: KEY_LOOKUPS_WAITING_MAX other keys are waiting to be looked up.
            One of UNREACHABLE: Postgres is away and the key is not cached.
        """
        if kind_of(raw) is not KeyKind.INTEGRATION:
            return None
        digest, now = hash_key(raw), self._clock()
        if found := self._known.get(digest, now):
            return found[0]
        if self._unknown.get(digest, now):
            return None
        task = self._looking.get(digest)
        if task is None:
            if len(self._looking) >= KEY_LOOKUPS_WAITING_MAX:
                raise BusyError("too many keys are being looked up")
            task = asyncio.create_task(self._look_up(digest))
            self._looking[digest] = task
            task.add_done_callback(lambda done: self._done(digest, done))
        # Shielded: the first to ask may hang up, and the others still get their answer.
        return await asyncio.shield(task)

    def _done(self, digest: str, task: "asyncio.Task[Integration | None]") -> None:
        self._looking.pop(digest, None)
        if not task.cancelled():
            task.exception()  # everyone who waited has it; nobody left is no news either

    async def _look_up(self, digest: str) -> Integration | None:
        async with self._turn, self._database.connection() as connection:
            row = await connection.fetchrow(
                """
                SELECT i.name, i.kind, coalesce(i.client, '') AS client, i.client_field,
                    i.settings
                FROM tierline.integration_key k
                JOIN tierline.integration i ON i.name = k.integration
                WHERE k.hash = $1 AND k.revoked_at IS NULL AND i.active
                """,
                digest,
            )
        until = self._clock() + CACHE_SECONDS
        if row is None:
            self._unknown.put(digest, None, until)
            return None
        found = Integration(
            row["name"], row["kind"], row["client"], row["client_field"], _settings(row["settings"])
        )
        self._known.put(digest, found, until)
        return found


def _settings(text: str) -> Mapping[str, Any]:
    value = json.loads(text)
    return value if isinstance(value, dict) else {}


class _Cache(Generic[T]):
    """At most `size` values, each until its instant; the oldest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: dict[str, tuple[float, T]] = {}

    def get(self, key: str, now: float) -> tuple[T] | None:
        """The value in a tuple of one (a value may be None), or None where there is none."""
        held = self._values.get(key)
        if held is None or held[0] <= now:
            return None
        return (held[1],)

    def put(self, key: str, value: T, until: float) -> None:
        self._values.pop(key, None)
        if len(self._values) >= self._size:
            del self._values[next(iter(self._values))]
        self._values[key] = (until, value)
