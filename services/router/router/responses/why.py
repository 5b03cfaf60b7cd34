"""Why something happened, or did not."""

from datetime import datetime
from typing import Any

from router.responses.base import Shown
from router.responses.due import ClockDue


class WhyEvent(Shown):
    """An event that an answer stands on."""

    seq: int
    at: datetime
    type: str
    words: str


class WhyItem(Shown):
    """What became of one event for the one who was not told."""

    seq: int
    what: str
    occasions: list[str]
    outcome: str
    reason: str
    would_take: str
    rule: str
    policy: str


class TicketWhy(Shown):
    """An answer: words for people, and what they are made of."""

    number: int
    now: datetime
    words: list[str]
    decided_by: str
    policies: list[str]
    values: dict[str, Any]
    would_take: str
    events: list[WhyEvent]
    clock: ClockDue | None
    items: list[WhyItem]
