"""On-call schedules and their overrides, as services read and change them."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tierline.domain.rota import (
    Layer,
    Override,
    Schedule,
    schedule_from_json,
    schedule_to_json,
)
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
            tuple(_override(it) for it in changes if it["schedule"] == row["name"]),
        )
        for row in rows
    }


async def read_overrides(
    connection: Connection, name: str, start: datetime, end: datetime
) -> list[Made]:
    """The overrides of a schedule that touch a stretch, in the order they were made."""
    rows = await connection.fetch(OVERRIDES, [name], start, end)
    return [Made(_override(row), row["by"], row["made_at"]) for row in rows]


LOCK_SCHEDULE = "SELECT name FROM tierline.schedule WHERE name = $1 FOR UPDATE"


async def lock_schedule(connection: Connection, name: str) -> bool:
    """Let nobody else change a schedule until the commit; whether there is such a schedule.

    Of two who write overrides that cannot stand together, the second sees the first's.
    """
    return await connection.fetchval(LOCK_SCHEDULE, name) is not None


ADD_OVERRIDE = """
INSERT INTO tierline.override AS t
    (id, schedule, from_at, until_at, person, replaces, reason, by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET reason = excluded.reason WHERE t.reason <> excluded.reason
"""
CHANGED = "UPDATE tierline.schedule SET version = version + 1 WHERE name = $1"


async def add_overrides(connection: Connection, name: str, made: Iterable[Made]) -> None:
    """Write overrides of a schedule whose row is locked: all of them, or none with the caller's."""
    rows = [
        (
            it.override.id,
            name,
            it.override.start,
            it.override.end,
            it.override.person,
            it.override.replaces,
            it.override.reason,
            it.by,
            it.made_at,
        )
        for it in made
    ]
    await connection.executemany(ADD_OVERRIDE, rows)
    await connection.execute(CHANGED, name)


OVERRIDE = """
SELECT id, from_at, until_at, person, replaces, reason, by, made_at
FROM tierline.override WHERE schedule = $1 AND id = $2
"""
REMOVE_OVERRIDE = "DELETE FROM tierline.override WHERE schedule = $1 AND id = $2"
CUT_OVERRIDE = "UPDATE tierline.override SET until_at = $3 WHERE schedule = $1 AND id = $2"


async def read_override(connection: Connection, name: str, id_: str) -> Made | None:
    """One override of a schedule; None where there is none."""
    row = await connection.fetchrow(OVERRIDE, name, id_)
    return None if row is None else Made(_override(row), row["by"], row["made_at"])


async def end_override(connection: Connection, name: str, made: Made, now: datetime) -> None:
    """Take an override back: from now on where it has begun, so that what was stays true."""
    if made.override.start < now:
        await connection.execute(CUT_OVERRIDE, name, made.override.id, now)
    else:
        await connection.execute(REMOVE_OVERRIDE, name, made.override.id)
    await connection.execute(CHANGED, name)


WRITE_SCHEDULE = """
INSERT INTO tierline.schedule AS t (name, doc) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET doc = excluded.doc, version = t.version + 1
    WHERE t.doc <> excluded.doc
"""


async def write_schedule(connection: Connection, schedule: Schedule) -> None:
    """Make a schedule or bring it up to date; its overrides are left alone."""
    doc = json.dumps(schedule_to_json(schedule), sort_keys=True)
    await connection.execute(WRITE_SCHEDULE, schedule.name, doc)


def with_layer(schedule: Schedule, layer: Layer) -> Schedule:
    """The schedule with `layer` on top, in the place of a layer of the same name."""
    others = tuple(it for it in schedule.layers if it.name != layer.name)
    return Schedule(
        schedule.name,
        schedule.zone,
        (*others, layer),
        schedule.overrides,
        schedule.when_away,
    )


def _override(row: Any) -> Override:
    return Override(
        row["id"],
        row["from_at"],
        row["until_at"],
        row["person"],
        row["replaces"],
        row["reason"],
    )


async def load_schedules(
    connection: Connection, schedules: Sequence[Schedule], now: datetime
) -> None:
    """Write schedules as records have them, with their overrides.

    Layers that were imported from calendar files stay on top of the written ones.
    """
    names = [schedule.name for schedule in schedules]
    before = await read_schedules(connection, now, now, names)
    for schedule in schedules:
        kept = schedule
        for layer in before[schedule.name].layers if schedule.name in before else ():
            if layer.imported:
                kept = with_layer(kept, layer)
        await write_schedule(connection, kept)
        made = [Made(override, BY_RECORDS, now) for override in schedule.overrides]
        if made:
            await add_overrides(connection, schedule.name, made)


BY_RECORDS = "records"
