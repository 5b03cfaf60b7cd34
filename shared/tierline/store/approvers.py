"""Who at clients may approve, and up to what amount."""

from collections.abc import Collection, Mapping
from typing import Any

from tierline.domain.approval import Approver
from tierline.domain.money import MINOR_UNITS
from tierline.store.tickets import Connection

APPROVERS = """
SELECT c.client, c.name, c.email, c.doc ->> 'approver' AS most, n.place
FROM tierline.contact c JOIN tierline.client k ON k.name = c.client
LEFT JOIN LATERAL (
    SELECT min(u.place) AS place
    FROM json_array_elements_text(k.doc -> 'approvers') WITH ORDINALITY AS u(name, place)
    WHERE u.name = c.name) AS n ON true
WHERE ($1::text[] IS NULL OR c.client = ANY($1::text[]))
  AND (n.place IS NOT NULL OR c.doc ->> 'approver' IS NOT NULL)
ORDER BY c.client, n.place NULLS LAST, c.name
"""


async def read_approvers(
    connection: Connection, clients: Collection[str] | None
) -> Mapping[str, tuple[Approver, ...]]:
    """Who may approve, by client: those its record names, in that order, then all with a limit.

    Whoever is named without a limit of their own may approve any amount. `clients` None: of all.
    """
    rows = await connection.fetch(APPROVERS, None if clients is None else list(clients))
    found: dict[str, tuple[Approver, ...]] = {}
    for row in rows:
        one = Approver(row["name"], row["email"], _minor(row["most"]))
        found[row["client"]] = (*found.get(row["client"], ()), one)
    return found


def _minor(written: Any) -> int | None:
    """The limit of a record, which is in whole units, in minor ones; None: any amount."""
    return int(written) * MINOR_UNITS if written is not None and written.isdigit() else None
