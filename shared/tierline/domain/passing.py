"""Which steps of its path a ticket comes to, and which it passes by.

A step's condition asks what the ticket says of itself at that moment: nothing is looked up, so
that time, whoever moves it and whoever explains it find the same step.
"""

from typing import Any

from tierline.domain.conditions import TEXT_FACTS, Condition
from tierline.domain.snapshot import Snapshot
from tierline.domain.ticket import Ticket


def facts_of(ticket: Ticket | Snapshot) -> dict[str, Any]:
    """What a step may ask about, by name. A text that is empty is no fact."""
    facts: dict[str, Any] = {
        "type": str(ticket.type),
        "priority": str(ticket.priority),
        "vip": ticket.vip,
    }
    facts.update((name, text) for name in TEXT_FACTS if (text := getattr(ticket, name)))
    case = ticket.vendor
    if case:
        facts["vendor"] = case if isinstance(case, str) else case.vendor
    return facts


def is_for(when: Condition | None, ticket: Ticket | Snapshot) -> bool:
    """Whether `ticket`, as it is, comes to a step with that condition on its way."""
    return when is None or when.holds(facts_of(ticket))
