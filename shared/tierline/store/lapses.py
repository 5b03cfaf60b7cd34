"""Limits of groups that ran out lately, read from the events: what makes a storm."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tierline.domain.floor import LAPSES_KEPT
from tierline.store.tickets import Connection

LAPSES_READ: Final = 1_000
"""The last so many of all groups: a crowd is a storm long before they are all counted."""

READ_LAPSES = """
SELECT e.body #>> '{data,ticket,group}' AS grp, e.at FROM tierline.event AS e
WHERE e.type = 'lapsed' AND e.body #>> '{data,what,clock}' = 'tier'
    AND e.body #>> '{data,ticket,mode}' <> 'watch'
    AND e.recorded_at > $1::timestamptz - interval '1 hour'
ORDER BY e.recorded_at DESC LIMIT $2
"""
"""As recorded, not as due: what an outage held up is seen together."""


async def read_lapses(
    connection: Connection, as_of: datetime
) -> Mapping[str, tuple[datetime, ...]]:
    """By group, when (UTC) limits of its tickets ran out that were seen in the hour to `as_of`.

    Of each group the last LAPSES_KEPT, in the order they were seen.
    """
    rows = await connection.fetch(READ_LAPSES, as_of, LAPSES_READ)
    found: dict[str, list[datetime]] = {}
    for row in reversed(rows):
        found.setdefault(row["grp"], []).append(row["at"])
    return {group: tuple(ats[-LAPSES_KEPT:]) for group, ats in found.items()}
