"""Resolutions that wait for the client's word, by the desk owner who keeps the client."""

from datetime import UTC, datetime
from typing import Any

from router.agenda.limits import TO_CONFIRM_MAX
from router.allowed import allowed
from tierline.domain.clock import FULL, Clock
from tierline.domain.terms import ClockName, Mode
from tierline.domain.ticket import Ticket
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.walls import sight_of, ticket_wall

LAST = datetime.max.replace(tzinfo=UTC)

TO_CONFIRM = f"""
SELECT t.doc FROM tierline.ticket t
WHERE t.confirming = $2 AND {ticket_wall("t.id", "t.client", 1)}
ORDER BY t.id LIMIT $3
"""


async def to_confirm(
    connection: Connection, principal: Principal, desk_owner: str
) -> dict[str, Any]:
    """What `desk_owner` has to confirm with clients, of what `principal` sees.

    What closes first stands on top.
    """
    rows = await connection.fetch(TO_CONFIRM, sight_of(principal), desk_owner, TO_CONFIRM_MAX + 1)
    tickets = [decode_ticket(row["doc"]) for row in rows[:TO_CONFIRM_MAX]]
    items = [_view(ticket, principal) for ticket in tickets]
    items.sort(key=lambda item: (item["closes_at"] or LAST, item["number"]))
    return {"desk_owner": desk_owner, "items": items, "more": len(rows) > TO_CONFIRM_MAX}


def _view(ticket: Ticket, principal: Principal) -> dict[str, Any]:
    clock = ticket.clocks.get(ClockName.CONFIRM)
    return {
        "number": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "type": ticket.type,
        "priority": ticket.priority,
        "requester": ticket.requester,
        "resolution": ticket.resolution,
        "resolved_at": ticket.resolved_at,
        "resolved_by": ticket.resolved_by,
        "reminders": _reminders(ticket, clock),
        "closes_at": _closes_at(ticket, clock),
        "allowed": [name for name in allowed(ticket, principal) if name in {"confirm", "reject"}],
    }


def _reminders(ticket: Ticket, clock: Clock | None) -> int:
    """How often the client was reminded; nobody is where no message leaves or reaches them."""
    reachable = ticket.requester.email and ticket.mode is not Mode.WATCH
    if clock is None or not reachable or ticket.record == "psa":
        return 0
    return sum(fraction < FULL for fraction in clock.fired)


def _closes_at(ticket: Ticket, clock: Clock | None) -> datetime | None:
    """When it closes by itself (UTC); None where time closes nothing."""
    return None if clock is None or ticket.mode is Mode.WATCH else clock.due
