"""The outbox relay: rows to Kafka, in order within a shard, deleted once the broker has them.

A shard is sent by one relay at a time (a transaction's advisory lock). A crash frees the lock and
leaves the rows: they are sent again, and consumers know what they have seen.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Protocol

import structlog

from tierline.bus.gathering import Gathering
from tierline.bus.limits import (
    RELAY_BUSY_S,
    RELAY_GATHER_S,
    RELAY_POLL_S,
    RELAY_ROWS_MAX,
    RELAY_SHARDS_CROWD,
    RELAY_SHARDS_MAX,
    backoff_s,
)
from tierline.bus.metrics import RELAY_FAILURES, RELAYED
from tierline.bus.producer import NotSentError, Outgoing
from tierline.messages.topics import SHARDS
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database

log = structlog.get_logger(__name__)

LOCK_CLASS = 7208
"""The advisory lock space of outbox shards."""


class Sender(Protocol):
    """What a relay needs of a broker."""

    async def send(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        """Send all, or raise NotSentError; returns by id what was refused for good, and why."""
        ...


OUTBOX_ROWS = (
    "SELECT o.id, o.topic, o.key, o.body FROM unnest($1::smallint[]) AS taken(s) CROSS JOIN LATERAL"
    " (SELECT id, topic, key, body FROM tierline.outbox WHERE shard = taken.s"
    " ORDER BY id LIMIT $2) AS o"
)
"""The oldest of each shard, read off the index: the oldest of all would mean to read and sort all
that waits, in every pass."""

FORGET_SENT = "DELETE FROM tierline.outbox WHERE id = ANY($1::bigint[])"


class Relay:
    """Carries outbox rows to the broker. `nudge()` after a commit makes it look at once."""

    def __init__(self, db: Database, sender: Sender) -> None:
        self._db = db
        self._sender = sender
        self._wake = asyncio.Event()
        self._shards = RELAY_SHARDS_MAX

    def nudge(self) -> None:
        """Rows were committed in this process: look now instead of at the next poll."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop`; on errors back off and go on."""
        failures, gathering = 0, Gathering(RELAY_GATHER_S)
        while not stop.is_set():
            wait = RELAY_POLL_S
            nudged = self._wake.is_set()
            self._wake.clear()
            try:
                gathering.begin()
                sent = await self.send_once()
                failures = 0
                if sent:
                    full = sent >= RELAY_ROWS_MAX // 2
                    self._shards = RELAY_SHARDS_CROWD if full else RELAY_SHARDS_MAX
                    await gathering.end(stop, full=full)
                    continue
                if nudged:
                    wait = RELAY_BUSY_S
            except (NotSentError, *UNREACHABLE, *REPLAYABLE) as error:
                failures += 1
                RELAY_FAILURES.inc()
                wait = backoff_s(failures)
                log.warning("outbox not relayed", reason=str(error), failures=failures)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    async def send_once(self) -> int:
        """Send what some free shards hold, each's oldest first; returns how many rows left.

        Raises NotSentError when the broker did not take them (they stay).
        """
        async with self._db.transaction() as connection:
            shards = await _take_shards(connection, self._shards)
            if not shards:
                return 0
            each = RELAY_ROWS_MAX // len(shards)
            rows = await connection.fetch(OUTBOX_ROWS, shards, each)
            messages = [Outgoing(r["id"], r["topic"], r["key"], r["body"]) for r in rows]
            refused = await self._sender.send(messages)
            if refused:
                await _bury(connection, refused)
            await connection.execute(FORGET_SENT, [message.id for message in messages])
        RELAYED.labels("sent").inc(len(messages) - len(refused))
        RELAYED.labels("refused").inc(len(refused))
        return len(messages)


TAKE_SHARDS = """
WITH waiting AS MATERIALIZED (
    SELECT s FROM generate_series(0, $1 - 1) AS s
    WHERE EXISTS (SELECT 1 FROM tierline.outbox WHERE shard = s)
    ORDER BY random()
), unhurried AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
)
SELECT s FROM waiting, unhurried WHERE pg_try_advisory_xact_lock($2, s) LIMIT $3
"""
"""Shards in random order, so that two relays seldom want the same; locked ones are passed over.

The transaction's commit need not wait for the disk: rows whose deletion a crash undoes are sent
again, which harms nobody."""


async def _take_shards(connection: Any, most: int) -> list[int]:
    """Lock up to `most` shards that have rows and that nobody else is sending."""
    rows = await connection.fetch(TAKE_SHARDS, SHARDS, LOCK_CLASS, most)
    return [row["s"] for row in rows]


BURY_REFUSED = """
INSERT INTO tierline.dead_letter (source, key, body, reason)
SELECT 'outbox:' || o.topic, o.key, o.body, u.reason
FROM unnest($1::bigint[], $2::text[]) AS u(id, reason) JOIN tierline.outbox o USING (id)
"""


async def _bury(connection: Any, refused: dict[int, str]) -> None:
    """Keep whole, with its reason, what the broker will never take."""
    await connection.execute(BURY_REFUSED, list(refused.keys()), list(refused.values()))
    log.error("messages refused for good are dead letters now", count=len(refused))
