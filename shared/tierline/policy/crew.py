"""Who works here, as the services that decide see it: records, shifts as calendars, absences."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from tierline.domain.calendar import Calendar
from tierline.domain.people import Away, Person
from tierline.domain.policy import Policy
from tierline.domain.terms import Assign
from tierline.policy.calendars import Calendars
from tierline.policy.errors import Problems
from tierline.policy.hours import ALWAYS
from tierline.policy.source import NoPolicyError, PolicySource
from tierline.store.floor import Crew
from tierline.store.on_call import ABSENCES
from tierline.store.tickets import Connection, policy_now

PAST: Final = timedelta(days=7)
"""After an outage of this length each due instant is still judged by who was away then."""

SHIFTS_KEPT: Final = 1_024
"""Shifts written out that are kept as calendars; one more than these is made anew each time."""

PEOPLE = (
    "SELECT login, name, zone, doc -> 'shifts' AS shifts, skills, capacity, usual_clients,"
    " clients, active FROM tierline.person ORDER BY login"
)


def crew_of(source: PolicySource) -> Crew:
    """How the people of the policy in force, and whose turns matter under it, are read."""

    async def read(connection: Connection) -> Mapping[str, Person]:
        policy = _in_force(source)
        found = await read_people(connection, policy.hours if policy else {})
        for _, login in members(policy):
            found.setdefault(login, Person(login, active=False))
        return found

    return Crew(read, lambda: members(_in_force(source)))


def _in_force(source: PolicySource) -> Policy | None:
    try:
        return source.current
    except NoPolicyError:
        return None


def members(policy: Policy | None) -> list[tuple[str, str]]:
    """Everybody (group, login) of the groups that offer their tickets; nobody without a policy."""
    if policy is None:
        return []
    return [
        (group.name, login)
        for group in policy.groups.values()
        if group.assign is not Assign.CLAIM
        for login in group.members
    ]


async def read_people(connection: Connection, hours: Mapping[str, Calendar]) -> dict[str, Person]:
    """Everybody on record by login, who has left included.

    Args:
        connection: any.
        hours: the policy's hours by name.
    """
    away = await read_away(connection)
    rows = await connection.fetch(PEOPLE)
    return {row["login"]: _person(row, hours, away.get(row["name"], ())) for row in rows}


async def read_away(connection: Connection) -> dict[str, tuple[Away, ...]]:
    """Absences that are not long over, by the name of who is away; `stand_in` is a login."""
    rows = await connection.fetch(ABSENCES, await policy_now(connection) - PAST)
    found: dict[str, tuple[Away, ...]] = {}
    for row in rows:
        away = Away(row["starts"], row["ends"], row["stand_in"])
        found[row["person"]] = (*found.get(row["person"], ()), away)
    return found


def _person(row: Any, hours: Mapping[str, Calendar], away: tuple[Away, ...]) -> Person:
    return Person(
        login=row["login"],
        shifts=shifts_of(row["shifts"], row["zone"], hours),
        skills=tuple(row["skills"]),
        capacity=row["capacity"],
        usual_clients=tuple(row["usual_clients"]),
        clients=None if row["clients"] is None else tuple(row["clients"]),
        away=away,
        active=row["active"],
    )


def shifts_of(written: str | None, zone: str, hours: Mapping[str, Calendar]) -> Calendar | None:
    """The calendar of shifts as stored (JSON).

    Named hours are read on the clock of the person's own `zone`, where that is on record; hours
    written out name a zone themselves. None where there are none, or their name leads nowhere.
    """
    found = None if written is None else json.loads(written)
    if found is None:
        return None
    if not isinstance(found, str):
        return _written_out(written or "")
    if found == ALWAYS:
        return Calendar.always()
    named = hours.get(found)
    return named if named is None or not zone or named.is_always_open else _in_zone(named, zone)


@lru_cache(maxsize=SHIFTS_KEPT)
def _written_out(written: str) -> Calendar | None:
    problems = Problems()
    made = Calendars({}, problems).of(json.loads(written), ())
    return None if problems.errors else made


@lru_cache(maxsize=SHIFTS_KEPT)
def _in_zone(hours: Calendar, zone: str) -> Calendar:
    return replace(hours, zone=zone)
