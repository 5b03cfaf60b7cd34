"""When clients want nothing changed, as the services that decide see it."""

import json

from tierline.domain.freezes import Freeze, Freezes, written
from tierline.store.tickets import Connection

FREEZES = (
    "SELECT name, doc ->> 'zone' AS zone, doc ->> 'freezes' AS freezes FROM tierline.client"
    " WHERE doc ->> 'freezes' IS NOT NULL"
)


async def read_freezes(connection: Connection) -> Freezes:
    """The freezes of every client that has any, by its name, the earliest first."""
    rows = await connection.fetch(FREEZES)
    return {row["name"]: _freezes(row["zone"] or "", json.loads(row["freezes"])) for row in rows}


def _freezes(zone: str, listed: list[dict[str, str]]) -> tuple[Freeze, ...]:
    found = [written(one["from"], one["to"], zone, one["reason"]) for one in listed]
    return tuple(sorted(found, key=lambda one: one.start))
