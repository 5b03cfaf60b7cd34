"""What requesters said of how it was, counted by group."""

from datetime import datetime
from typing import Any

from tierline.domain.terms import Score
from tierline.store.tickets import Connection
from tierline.web.walls import Sight, counted_wall

SURVEYED = f"""
SELECT e.body #>> '{{data,ticket,group}}' AS grp,
       e.body #>> '{{data,what,survey,score}}' AS score,
       count(*) AS n,
       count(*) FILTER (WHERE (e.body #>> '{{data,what,survey,contradicts}}') = 'true') AS against
FROM tierline.event e
WHERE e.type = 'survey_answered' AND e.at >= $2 AND e.at < $3 AND {counted_wall("e.client", 1)}
GROUP BY 1, 2 ORDER BY 1
"""


async def surveyed(
    connection: Connection, sight: Sight, start: datetime, end: datetime
) -> dict[str, Any]:
    """How many said what, of answers in [start, end) (UTC), for each group that had the ticket."""
    groups: dict[str, dict[str, Any]] = {}
    for row in await connection.fetch(SURVEYED, sight, start, end):
        none = {"group": row["grp"], **dict.fromkeys(map(str, Score), 0), "contradicting": 0}
        counts = groups.setdefault(row["grp"], none)
        counts[row["score"]] += row["n"]
        counts["contradicting"] += row["against"]
    return {"from": start, "until": end, "items": list(groups.values())}
