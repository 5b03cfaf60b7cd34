"""What the API shows of an explanation."""

from collections.abc import Sequence
from typing import Any

from router.due_view import clock_view
from tierline.domain.explain.account import Account, Case
from tierline.messages.events import TicketMessage, event_name
from tierline.messages.words import words


def why_view(case: Case, account: Account, messages: Sequence[TicketMessage]) -> dict[str, Any]:
    """An account with the sentences of the events it stands on; `messages` are all the ticket's."""
    clock = account.clock
    calendars = case.policy.calendars
    return {
        "number": case.ticket.id,
        "now": case.now,
        "words": account.words,
        "decided_by": account.decided_by,
        "policies": account.policies,
        "values": account.values,
        "would_take": account.would_take,
        "events": [_event(case, messages[seq - 1]) for seq in account.events],
        "clock": clock_view(clock, calendars, account.ledger) if clock else None,
        "items": account.items,
    }


def _event(case: Case, message: TicketMessage) -> dict[str, Any]:
    event = message.event
    return {
        "seq": event.seq,
        "at": event.at,
        "type": event_name(event),
        "words": words(event, message.ticket, case.names),
    }
