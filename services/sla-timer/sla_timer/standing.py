"""What stands in the tables, as gauges: read by this service alone, a statement each.

Seldom, and never for more than a small share of the time: with a million open tickets a look takes
seconds, and is then taken less often.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import structlog
from prometheus_client import Gauge

from sla_timer.limits import STANDING_EVERY_S, STANDING_SHARE
from tierline.domain.policy import Group, Policy
from tierline.policy.source import NoPolicyError
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database

log = structlog.get_logger(__name__)

OUTBOX_ROWS = Gauge("tierline_outbox_rows", "Messages that the broker has yet to take.")
OUTBOX_AGE = Gauge(
    "tierline_outbox_age_seconds",
    "How long the oldest message that the broker has yet to take waits; 0 where none does.",
)
OPEN_TICKETS = Gauge(
    "tierline_tickets_open",
    "Tickets on which work is owed, by tier, group and priority.",
    ["tier", "group", "priority"],
)
HELD_TICKETS = Gauge("tierline_tickets_on_hold", "Tickets on hold, by reason.", ["reason"])
WAITING = Gauge(
    "tierline_messages_waiting", "Messages without their last outcome, by channel.", ["channel"]
)
DEAD_LETTERS = Gauge(
    "tierline_dead_letters", "Dead letters that nobody has replayed, by source.", ["source"]
)
DISABLED = Gauge("tierline_subscriptions_disabled", "Subscriptions that were given up.")
LOOKED_AT = Gauge(
    "tierline_standing_timestamp_seconds", "When what stands in the tables was last read."
)

OUTBOX = (
    "SELECT count(*) AS n,"
    " coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age"
    " FROM tierline.outbox"
)
OPEN = (
    'SELECT grp AS "group", priority, count(*) AS n FROM tierline.ticket'
    " WHERE state IN ('queued', 'working', 'on_hold') GROUP BY grp, priority"
)
HELD = (
    "SELECT coalesce(doc #>> '{hold,reason}', '') AS reason, count(*) AS n FROM tierline.ticket"
    " WHERE state = 'on_hold' GROUP BY 1"
)
WAITING_MESSAGES = (
    "SELECT channel, count(*) AS n FROM tierline.message WHERE state = 'pending' GROUP BY channel"
)
DEAD = (
    "SELECT source, count(*) AS n FROM tierline.dead_letter WHERE replayed_at IS NULL"
    " GROUP BY source"
)
DISABLED_SUBSCRIPTIONS = (
    "SELECT count(*) FROM tierline.subscription WHERE active AND disabled_at IS NOT NULL"
)

NO_TIER = "none"
"""The tier of a group that the policy no longer has."""


Rows: TypeAlias = Sequence[Mapping[str, Any]]


class Standing:
    """Reads every STANDING_EVERY_S; `read()` is one look.

    Args:
        db: the store.
        policy: the one in force, for the tier of a group; it may raise NoPolicyError.
    """

    def __init__(self, db: Database, policy: Callable[[], Policy]) -> None:
        self._db = db
        self._policy = policy

    async def run(self, stop: asyncio.Event) -> None:
        """Read again and again until `stop`."""
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            began = clock()
            try:
                await self.read()
            except (*UNREACHABLE, *REPLAYABLE) as error:
                log.warning("standing figures put off", reason=type(error).__name__)
            wait_s = max(STANDING_EVERY_S, (clock() - began) / STANDING_SHARE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait_s)

    async def read(self) -> None:
        """Read all of it, and show it. Raises one of UNREACHABLE: the rest stays as it was."""
        async with self._db.connection() as connection:
            outbox = await connection.fetchrow(OUTBOX)
            OUTBOX_ROWS.set(outbox["n"])
            OUTBOX_AGE.set(outbox["age"])
            _show(OPEN_TICKETS, self._with_tier(await connection.fetch(OPEN)))
            _show(HELD_TICKETS, await connection.fetch(HELD))
            _show(WAITING, await connection.fetch(WAITING_MESSAGES))
            _show(DEAD_LETTERS, await connection.fetch(DEAD))
            DISABLED.set(await connection.fetchval(DISABLED_SUBSCRIPTIONS))
        LOOKED_AT.set_to_current_time()

    def _with_tier(self, rows: Rows) -> Rows:
        groups: Mapping[str, Group] = {}
        with contextlib.suppress(NoPolicyError):
            groups = self._policy().groups
        return [
            {**row, "tier": groups[row["group"]].tier if row["group"] in groups else NO_TIER}
            for row in rows
        ]


def _show(gauge: Gauge, rows: Rows) -> None:
    """Show a row each, and nothing of what was shown before: what is gone has no rows."""
    gauge.clear()
    for row in rows:
        named = {name: value for name, value in row.items() if name != "n"}
        gauge.labels(**named).set(row["n"])
