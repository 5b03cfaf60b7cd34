"""On-call schedules and their overrides, as services read them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tierline.domain.rota import Override, Schedule, schedule_from_json
from tierline.store.tickets import Connection


@dataclass(frozen=True, slots=True)
class Made:
    """An override, by whom it was made and when (UTC). `by` is a login, or `records`."""

    override: Override
    by: str
    made_at: datetime


SCHEDULES = """
SELECT name, doc, version FROM tierline.schedule
WHERE $1::text[] IS NULL OR name = ANY($1) ORDER BY name
"""
OVERRIDES = """
SELECT id, schedule, from_at, until_at, person, replaces, reason, by, made_at
FROM tierline.override
WHERE ($1::text[] IS NULL OR schedule = ANY($1)) AND until_at > $2 AND from_at < $3
ORDER BY schedule, made_at, id
"""


async def read_schedules(
    connection: Connection,
    start: datetime,
    end: datetime,
    names: Collection[str] | None = None,
) -> dict[str, Schedule]:
    """Read schedules with the overrides that touch a stretch.

    Args:
        connection: any.
        start: of the stretch that will be asked about (UTC).
        end: of that stretch.
        names: of the schedules wanted; None for all. Unknown ones are left out.
    """
    wanted = None if names is None else list(names)
    rows = await connection.fetch(SCHEDULES, wanted)
    changes = await connection.fetch(OVERRIDES, wanted, start, end)
    return {
        row["name"]: schedule_from_json(
            row["name"],
            json.loads(row["doc"]),
            tuple(override_of(it) for it in changes if it["schedule"] == row["name"]),
        )
        for row in rows
    }


async def read_overrides(
    connection: Connection, name: str, start: datetime, end: datetime
) -> list[Made]:
    """The overrides of a schedule that touch a stretch, in the order they were made."""
    rows = await connection.fetch(OVERRIDES, [name], start, end)
    return [Made(override_of(row), row["by"], row["made_at"]) for row in rows]


def override_of(row: Any) -> Override:
    """The override that a row holds."""
    return Override(
        row["id"],
        row["from_at"],
        row["until_at"],
        row["person"],
        row["replaces"],
        row["reason"],
    )
