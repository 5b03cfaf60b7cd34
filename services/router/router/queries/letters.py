"""Letters that were written."""

from typing import Any

from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.walls import walled_to

LETTERS = """
SELECT l.id, l.kind, l.about, l.day, l.due_at, l.at, l.recipient, l.policy, l.why,
    CASE WHEN l.message IS NULL THEN 'not sent' ELSE m.state END AS state,
    coalesce(m.address, '') AS address, coalesce(m.proof, '') AS proof,
    coalesce(m.reason, '') AS reason
FROM tierline.letter l LEFT JOIN tierline.message m ON m.id = l.message
ORDER BY l.id DESC LIMIT $1
"""


async def letters_written(
    connection: Connection, principal: Principal, limit: int
) -> list[dict[str, Any]]:
    """The newest letters; none for a caller who does not see all clients."""
    if walled_to(principal) is not None:
        return []
    return [dict(row) for row in await connection.fetch(LETTERS, limit)]
