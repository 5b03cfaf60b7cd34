"""On-call schedules and their overrides, as services read and change them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from tierline.domain.rota import (
    Layer,
    Schedule,
    schedule_to_json,
)
from tierline.store.schedules_read import Made, override_of, read_schedules
from tierline.store.tickets import Connection

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
    return None if row is None else Made(override_of(row), row["by"], row["made_at"])


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
