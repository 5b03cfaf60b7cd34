"""The board: what waits where, counted in one statement."""

from datetime import datetime
from typing import Any

from router.places import sees_group
from router.queries.together import majors
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.terms import Priority
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.walls import counted_wall, sight_of

_COUNTED = f"""
SELECT t.grp, t.state, t.priority, t.owner = '' AS unclaimed, count(*) AS n
FROM tierline.ticket t
WHERE t.state IN ('queued', 'working', 'on_hold', 'resolved') AND {counted_wall("t.client", 1)}
GROUP BY 1, 2, 3, 4
"""


async def board(
    connection: Connection, principal: Principal, policy: Policy, now: datetime
) -> dict[str, Any]:
    """The tiers in order with their groups, and how much is in each state and priority.

    `load` and `unclaimed` count what `principal` may see.
    """
    rows = await connection.fetch(_COUNTED, sight_of(principal))
    floor = Floor(now)
    load: dict[str, int] = {}
    unclaimed: dict[str, int] = {}
    counts = dict.fromkeys(("queued", "working", "on_hold", "resolved", "unclaimed"), 0)
    counts |= dict.fromkeys((priority.value for priority in Priority), 0)
    for row in rows:
        counts[row["state"]] += row["n"]
        if row["state"] == "resolved":
            continue
        counts[row["priority"]] += row["n"]
        load[row["grp"]] = load.get(row["grp"], 0) + row["n"]
        if row["state"] == "queued" and row["unclaimed"]:
            counts["unclaimed"] += row["n"]
            unclaimed[row["grp"]] = unclaimed.get(row["grp"], 0) + row["n"]
    columns = [
        {
            "tier": tier,
            "groups": [
                {
                    "name": group.name,
                    "staffed": floor.staffed(group, now),
                    "load": load.get(group.name, 0),
                    "unclaimed": unclaimed.get(group.name, 0),
                }
                for group in policy.groups_of(tier)
                if sees_group(principal, group)
            ],
        }
        for tier in policy.tiers
    ]
    return {
        "columns": columns,
        "counts": counts,
        "majors": await majors(connection, principal),
        "now": now,
    }
