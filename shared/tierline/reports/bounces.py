"""The bounce ledger, read from the events of moves."""

from dataclasses import dataclass
from datetime import datetime

from tierline.domain.escalation import Moved
from tierline.domain.figures.bounces import Bounce, Edge, edges_of
from tierline.messages.events import decode_event
from tierline.reports.limits import BOUNCES_MAX
from tierline.store.tickets import Connection
from tierline.web.walls import HIDDEN, Sight, counted_wall, restriction_wall


@dataclass(frozen=True, slots=True)
class BouncePage:
    """The ledger of what was recorded from `since` up to `until` (UTC).

    `more`: there were others than the newest BOUNCES_MAX.
    """

    since: datetime
    until: datetime
    count: int
    lost_s: int
    edges: tuple[Edge, ...]
    more: bool


async def read_bounce_page(
    connection: Connection,
    since: datetime,
    until: datetime,
    *,
    sight: Sight,
    client: str = "",
    group: str = "",
) -> BouncePage:
    """The ledger of a stretch.

    Args:
        connection: inside a transaction or outside any.
        since: from here on (UTC policy time).
        until: up to here, exclusive.
        sight: the wall of whoever reads it.
        client: this one's tickets only; empty: all.
        group: bounces that this one sent or gave back; empty: all.
    """
    bounces, more = await read_bounces(
        connection, since, until, sight=sight, client=client, group=group
    )
    edges = edges_of(bounces)
    lost_s = sum(edge.lost_s for edge in edges)
    return BouncePage(since, until, len(bounces), lost_s, edges, more)


# What brought it to the group that gave it back is the move before.
BOUNCES = f"""
SELECT e.body, {restriction_wall("e.ticket", 1)} AS seen, (
    SELECT max(m.at) FROM tierline.event m
    WHERE m.ticket = e.ticket AND m.seq < e.seq
      AND m.type IN ('escalated', 'returned', 'transferred')) AS went_at
FROM tierline.event e
WHERE e.recorded_at >= $2 AND e.recorded_at < $3
  AND e.type IN ('escalated', 'returned', 'transferred')
  AND e.body #>> '{{data,what,bounce}}' = 'true'
  AND ($4 = '' OR e.client = $4)
  AND ($5 = '' OR $5 = e.body #>> '{{data,what,from_group}}'
       OR $5 = e.body #>> '{{data,what,to_group}}')
  AND {counted_wall("e.client", 1)}
ORDER BY e.recorded_at DESC, e.ticket, e.seq DESC LIMIT $6
"""


async def read_bounces(
    connection: Connection,
    since: datetime,
    until: datetime,
    *,
    sight: Sight,
    client: str = "",
    group: str = "",
) -> tuple[list[Bounce], bool]:
    """The newest BOUNCES_MAX bounces that were recorded in a stretch; whether there were more."""
    rows = await connection.fetch(BOUNCES, sight, since, until, client, group, BOUNCES_MAX + 1)
    found = [_bounce(row["body"], row["went_at"], row["seen"]) for row in rows[:BOUNCES_MAX]]
    return [one for one in found if one is not None], len(rows) > BOUNCES_MAX


def _bounce(body: str, went_at: datetime | None, seen: bool) -> Bounce | None:  # noqa: FBT001
    """What is restricted to others is counted, and says nothing of itself."""
    message = decode_event(body)
    event, ticket = message.event, message.ticket
    if not isinstance(event.what, Moved):
        return None
    return Bounce(
        ticket=event.ticket,
        seq=event.seq,
        client=ticket.client,
        title=ticket.title if seen else HIDDEN,
        sent_by=event.what.to_group,
        sent_to=event.what.from_group,
        went_at=went_at or event.at,
        back_at=event.at,
        reason=event.what.reason if seen else "",
        by=event.by.name if event.by.kind == "person" else "",
    )
