"""Whom partners work on, as the services that decide see it."""

from tierline.domain.serving import Partners
from tierline.store.tickets import Connection

PARTNERS = "SELECT name, clients FROM tierline.partner"


async def read_partners(connection: Connection) -> Partners:
    """The clients each partner works on, by the partner's name; none where it is all of them."""
    rows = await connection.fetch(PARTNERS)
    return {row["name"]: frozenset(row["clients"] or ()) for row in rows}
