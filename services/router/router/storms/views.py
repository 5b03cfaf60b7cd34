"""Storms as whoever asks may see them: of their tickets, those on their side of the wall."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn

from router.storms.store import Member, Storm, read_members, read_storms, storm_of
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import sees, sight_of, ticket_wall

LATEST_STORMS = """
SELECT id, grp, first, opened_at, until, over_at FROM tierline.storm
WHERE $1::boolean OR (over_at IS NULL AND until > $2) ORDER BY id DESC LIMIT $3
"""


_COUNTED = f"""
SELECT m.storm, count(*) AS n, array_agg(DISTINCT m.to_grp) AS to_groups,
    count(*) FILTER (WHERE NOT m.decided AND t.state IN ('queued', 'working', 'on_hold')
        AND t.doc #>> '{{proposal,storm}}' = m.storm::text) AS waiting
FROM tierline.storm_ticket m JOIN tierline.ticket t ON t.id = m.ticket
WHERE m.storm = ANY($2::bigint[]) AND {ticket_wall("t.id", "t.client", 1)} GROUP BY m.storm
"""


async def storm_list(
    connection: Connection, principal: Principal, now: datetime, limit: int, *, over: bool = False
) -> list[dict[str, Any]]:
    """The newest storms that `principal` sees a ticket of; only those that go on, unless `over`."""
    rows = await connection.fetch(LATEST_STORMS, over, now, limit)
    storms = [storm_of(row) for row in rows]
    if not storms:
        return []
    rows = await connection.fetch(_COUNTED, sight_of(principal), [one.id for one in storms])
    counted = {row["storm"]: row for row in rows}
    return [
        _row(storm, found["to_groups"], found["n"], found["waiting"], now)
        for storm in storms
        if (found := counted.get(storm.id)) is not None
    ]


async def storm_view(
    connection: Connection, principal: Principal, number: int, now: datetime
) -> dict[str, Any]:
    """One storm with its tickets.

    Raises ProblemError (404) where there is none, or none of its tickets may be seen.
    """
    found = await read_storms(connection, [number])
    members = seen(principal, await read_members(connection, [number])) if found else []
    if not members:
        no_such_storm(number)
    storm, waiting = found[0], sum(1 for one in members if one.waits)
    groups = sorted({one.to_group for one in members})
    row = _row(storm, groups, len(members), waiting, now)
    tickets = sorted((_ticket(storm, one) for one in members), key=lambda it: int(it["number"]))
    return {**row, "tickets": tickets}


_SEEN = f"""
SELECT EXISTS (SELECT FROM tierline.storm_ticket m JOIN tierline.ticket t ON t.id = m.ticket
    WHERE m.storm = $2 AND {ticket_wall("t.id", "t.client", 1)})
"""


async def check_storm_seen(connection: Connection, principal: Principal, number: int) -> None:
    """Raise the 404 of a missing storm unless `principal` sees a ticket of it."""
    if not await connection.fetchval(_SEEN, sight_of(principal), number):
        no_such_storm(number)


def no_such_storm(number: int) -> NoReturn:
    """Answer that there is no such storm, whether it is missing or behind a wall.

    Raises:
        ProblemError: 404, always the same.
    """
    raise ProblemError(404, "no_such_storm", f"there is no storm {number}")


def seen(principal: Principal, members: Sequence[Member]) -> list[Member]:
    """Those of `members` that `principal` may see."""
    return [one for one in members if sees(principal, one.ticket)]


def _row(
    storm: Storm, to_groups: Sequence[str], count: int, waiting: int, now: datetime
) -> dict[str, Any]:
    over_at = storm.over_at or (storm.until if storm.until <= now else None)
    return {
        "number": storm.id,
        "group": storm.group,
        "to_groups": list(to_groups),
        "opened_at": storm.opened_at,
        "until": storm.until,
        "over_at": over_at,
        "count": count,
        "waiting": 0 if over_at else waiting,
    }


def _ticket(storm: Storm, member: Member) -> dict[str, Any]:
    ticket = member.ticket
    return {
        "number": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "priority": ticket.priority,
        "state": ticket.state,
        "owner": ticket.owner,
        "group": ticket.group,
        "to_group": member.to_group,
        "waits": member.waits and storm.over_at is None,
    }
