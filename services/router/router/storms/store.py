"""Storms in the store: one a group at a time, and the tickets that wait in each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from router.storms.limits import STORM_TICKETS_MAX
from tierline.domain.handlers.storms import waits
from tierline.domain.ticket import Ticket
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a ticket brings to the storm of its group: its event, where it would go, until when."""

    ticket: int
    seq: int
    group: str
    to_group: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Storm:
    """A storm. Instants are UTC policy time; `over_at`: when it was decided or ran out."""

    id: int
    group: str
    first: int
    opened_at: datetime
    until: datetime
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A ticket that was gathered, as it stands now; `decided`: a lead said what becomes of it."""

    storm: int
    ticket: Ticket
    to_group: str
    decided: bool

    @property
    def waits(self) -> bool:
        """Whether a decision about it is still due."""
        return not self.decided and waits(self.ticket, self.storm) is not None


END_STORMS = """
UPDATE tierline.storm SET over_at = until
WHERE grp = ANY($1::text[]) AND over_at IS NULL AND until <= $2
"""

OPEN_STORMS = """
INSERT INTO tierline.storm (grp, first, opened_at, until)
SELECT grp, first, $1, until FROM unnest($2::text[], $3::bigint[], $4::timestamptz[])
    AS u(grp, first, until) ORDER BY grp
ON CONFLICT (grp) WHERE over_at IS NULL DO UPDATE SET grp = excluded.grp
RETURNING id, grp, until, xmax = 0 AS opened
"""
"""Whoever comes second waits for the first one's commit, and gets the same storm."""

JOIN_STORMS = """
INSERT INTO tierline.storm_ticket (storm, ticket, seq, to_grp)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[])
ON CONFLICT (storm, ticket)
DO UPDATE SET seq = excluded.seq, to_grp = excluded.to_grp, decided = false
"""


async def join_storms(
    connection: Connection, gathered: Sequence[Gathered], now: datetime
) -> dict[int, tuple[int, datetime, bool]]:
    """Put each into the storm of its group, opening one where there is none that goes on.

    Returns by ticket: the storm, until when it goes on (UTC), whether the ticket is its first one.
    """
    first: dict[str, Gathered] = {}
    for one in gathered:
        first.setdefault(one.group, one)
    await connection.execute(END_STORMS, list(first), now)
    begun = list(first.values())
    rows = await connection.fetch(
        OPEN_STORMS,
        now,
        [one.group for one in begun],
        [one.ticket for one in begun],
        [one.until for one in begun],
    )
    storms = {row["grp"]: row for row in rows}
    await connection.execute(
        JOIN_STORMS,
        [storms[one.group]["id"] for one in gathered],
        [one.ticket for one in gathered],
        [one.seq for one in gathered],
        [one.to_group for one in gathered],
    )
    return {
        one.ticket: (storm["id"], storm["until"], storm["opened"] and one is first[one.group])
        for one in gathered
        for storm in (storms[one.group],)
    }


READ_STORMS = """
SELECT id, grp, first, opened_at, until, over_at FROM tierline.storm
WHERE id = ANY($1::bigint[]) ORDER BY id DESC
"""


async def read_storms(connection: Connection, numbers: Collection[int]) -> list[Storm]:
    """The storms of those numbers that exist, the newest first."""
    rows = await connection.fetch(READ_STORMS, list(numbers))
    return [storm_of(row) for row in rows]


STORM_TICKETS = """
SELECT m.storm, m.to_grp, m.decided, t.doc FROM tierline.storm_ticket m
JOIN tierline.ticket t ON t.id = m.ticket
WHERE m.storm = ANY($1::bigint[]) ORDER BY m.storm, m.decided, m.ticket LIMIT $2
"""


async def read_members(connection: Connection, storms: Collection[int]) -> list[Member]:
    """What was gathered in those storms, up to STORM_TICKETS_MAX each: what is undecided first."""
    rows = await connection.fetch(STORM_TICKETS, list(storms), STORM_TICKETS_MAX * len(storms))
    return [
        Member(row["storm"], decode_ticket(row["doc"]), row["to_grp"], row["decided"])
        for row in rows
    ]


def storm_of(row: Any) -> Storm:
    """The storm of a row."""
    return Storm(
        row["id"], row["grp"], row["first"], row["opened_at"], row["until"], row["over_at"]
    )
