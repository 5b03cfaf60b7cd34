"""Schedules for a caller: which there are, and the one that was asked for."""

from collections.abc import Iterable
from datetime import datetime

from router.places import sees_group
from tierline.domain.policy import Policy
from tierline.domain.rota import Schedule
from tierline.store.schedules_read import read_schedules
from tierline.store.tickets import Connection
from tierline.web.bodies import closest
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError


def seen_schedules(principal: Principal, policy: Policy) -> list[str] | None:
    """The names of the schedules that `principal` may see; None for all.

    Behind a wall those are the schedules of the groups one is shown.
    """
    if principal.clients is None:
        return None
    groups = [group for group in policy.groups.values() if sees_group(principal, group)]
    return [group.on_call for group in groups if group.on_call]


def check_seen(name: str, principal: Principal, policy: Policy) -> None:
    """Answer 404 where `principal` may not see the schedule called `name`."""
    seen = seen_schedules(principal, policy)
    if seen is not None and name not in seen:
        raise _unknown(name, seen)


async def read_one(connection: Connection, name: str, start: datetime, end: datetime) -> Schedule:
    """The schedule called `name`, with the overrides that touch a stretch.

    Raises ProblemError (404) where there is none.
    """
    found = await read_schedules(connection, start, end, [name])
    if name not in found:
        rows = await connection.fetch("SELECT name FROM tierline.schedule ORDER BY name")
        raise _unknown(name, [row["name"] for row in rows])
    return found[name]


def _unknown(name: str, known: Iterable[str]) -> ProblemError:
    meant = closest(name, list(known))
    remedy = f"did you mean {meant}?" if meant else "GET /v1/schedules lists them"
    return ProblemError(404, "no_such_schedule", f"there is no schedule {name}; {remedy}")
