"""Work that is booked: when, whose, and which bookings of one person overlap."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from router.agenda.limits import BOOKED_MAX
from tierline.domain.booking import Booking
from tierline.domain.ticket import Ticket
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection
from tierline.web.walls import Sight, ticket_wall

BOOKED = f"""
SELECT t.doc FROM tierline.ticket t
WHERE t.booked_from IS NOT NULL AND t.booked_from < $3
  AND (t.booked_until > $2 OR (t.booked_until IS NULL AND t.booked_from >= $2))
  AND {ticket_wall("t.id", "t.client", 1)}
  AND ($4::text IS NULL OR t.owner = $4)
ORDER BY t.booked_from, t.id LIMIT $5
"""


async def booked(
    connection: Connection,
    sight: Sight,
    *,
    start: datetime,
    end: datetime,
    owner: str | None,
) -> dict[str, Any]:
    """The bookings that touch [start, end) (UTC), the earliest first, at most BOOKED_MAX.

    Args:
        connection: any.
        sight: the wall's bind value.
        start: of the stretch.
        end: of the stretch.
        owner: only of this login; None: of everybody.
    """
    rows = await connection.fetch(BOOKED, sight, start, end, owner, BOOKED_MAX + 1)
    tickets = [decode_ticket(row["doc"]) for row in rows[:BOOKED_MAX]]
    overlaps = overlapping(tickets)
    return {
        "from": start,
        "until": end,
        "items": [
            view
            for ticket in tickets
            if (view := _view(ticket, overlaps.get(ticket.id, []))) is not None
        ],
        "more": len(rows) > BOOKED_MAX,
    }


def _view(ticket: Ticket, overlaps: list[int]) -> dict[str, Any] | None:
    booking = ticket.booking
    if booking is None:
        return None
    return {
        "number": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "type": ticket.type,
        "priority": ticket.priority,
        "state": ticket.state,
        "group": ticket.group,
        "owner": ticket.owner,
        "start": booking.start,
        "end": booking.end,
        "overlaps": overlaps,
    }


def overlapping(tickets: Sequence[Ticket]) -> dict[int, list[int]]:
    """For each ticket, which others of the same owner are booked for the same time."""
    found: dict[int, list[int]] = {}
    for one in tickets:
        others = [
            other.id
            for other in tickets
            if other.id != one.id
            and one.owner
            and other.owner == one.owner
            and one.booking is not None
            and other.booking is not None
            and _overlap(one.booking, other.booking)
        ]
        if others:
            found[one.id] = others
    return found


def _overlap(one: Booking, other: Booking) -> bool:
    """Whether both are under way at some instant; one without an end is its start alone."""
    if one.end is None and other.end is None:
        return one.start == other.start
    if one.end is None:
        return other.end is not None and other.start <= one.start < other.end
    if other.end is None:
        return one.start <= other.start < one.end
    return one.start < other.end and other.start < one.end
