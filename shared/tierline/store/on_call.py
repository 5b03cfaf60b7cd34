"""Who is on call and who is away, as the services that decide see it."""

from datetime import datetime, timedelta
from typing import Final

from tierline.domain.rota import Absence
from tierline.domain.rota.rotas import Rotas
from tierline.store.schedules_read import read_schedules
from tierline.store.tickets import Connection, policy_now

PAST: Final = timedelta(days=7)
"""After an outage of this length each due instant is still judged by who was on call then."""

AHEAD: Final = timedelta(days=35)
"""How far the clock of a development stack may jump before the next reading."""

# Absences are by their people's own clocks; of somebody without a zone, by UTC.
ABSENCES = """
SELECT a.person,
       a.starts AT TIME ZONE coalesce(nullif(p.zone, ''), 'UTC') AS starts,
       a.ends AT TIME ZONE coalesce(nullif(p.zone, ''), 'UTC') AS ends,
       coalesce(s.login, '') AS stand_in
FROM tierline.absence a LEFT JOIN tierline.person p ON p.name = a.person AND p.active
LEFT JOIN tierline.person s ON s.name = a.stand_in AND s.active
WHERE a.ends > $1::timestamptz AT TIME ZONE 'UTC' - interval '1 day'
ORDER BY a.person, a.since
"""
LOGINS = "SELECT name, login FROM tierline.person WHERE active ORDER BY login DESC"


async def read_absences(connection: Connection, since: datetime) -> tuple[Absence, ...]:
    """Who is away at `since` (UTC) or later."""
    rows = await connection.fetch(ABSENCES, since)
    return tuple(Absence(row["person"], row["starts"], row["ends"]) for row in rows)


async def read_rotas(connection: Connection) -> Rotas:
    """Every schedule with the overrides of the last days and the next weeks, and who is away."""
    now = await policy_now(connection)
    since = now - PAST
    schedules = await read_schedules(connection, since, now + AHEAD)
    if not schedules:
        return Rotas()
    rows = await connection.fetch(LOGINS)
    logins = {row["name"]: row["login"] for row in rows}
    return Rotas(schedules, await read_absences(connection, since), logins)
