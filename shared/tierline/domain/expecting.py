"""How long a stay is expected to take: when that is over it is said once, and nothing moves."""

from datetime import datetime

from tierline.domain.draft import Draft
from tierline.domain.events import TIME, Reviewed
from tierline.domain.promises import step_of
from tierline.domain.ticket import Ticket


def due_of(ticket: Ticket) -> datetime | None:
    """When (UTC) it is later than expected; not while its work stands still."""
    waits = ticket.hold is not None or ticket.under is not None
    return None if waits else ticket.expected_at


def over(draft: Draft, due: datetime, at: datetime) -> None:
    """The time that ended at `due` is over; it is said at `at` (both UTC)."""
    ticket = draft.ticket
    step = step_of(draft.policy, ticket, ticket.tier)
    wanted = "" if step.expect is None else str(step.expect.seconds or step.expect.business_days)
    why = draft.why("expected time", tier=ticket.tier, expected=wanted, by=due.isoformat())
    cause = f"expected/{ticket.stay}/{due.isoformat()}"
    draft.emit(Reviewed("expected"), at=at, by=TIME, why=why, cause=cause)
