"""What the records say of a vendor."""

from tierline.domain.vendor import UNKNOWN, Vendor
from tierline.policy.durations import parse_duration
from tierline.store.tickets import Connection

VENDOR = "SELECT doc ->> 'chase' AS chase, resold FROM tierline.vendor WHERE name = $1"


async def read_vendor(connection: Connection, name: str) -> Vendor:
    """The vendor of that name; UNKNOWN where there is no record of one."""
    row = await connection.fetchrow(VENDOR, name)
    if row is None:
        return UNKNOWN
    chase = parse_duration(row["chase"]) if row["chase"] else None
    return Vendor(chase, bool(row["resold"]))
