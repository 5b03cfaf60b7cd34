"""Why a promise is due when it is."""

from datetime import datetime
from typing import Literal

from router.responses.base import Shown
from router.responses.tickets import Seconds
from tierline.domain.terms import ClockName


class Segment(Shown):
    """One stretch of a ledger: counted, or why not."""

    start: datetime
    end: datetime
    kind: Literal["counted", "closed", "holiday", "held"]
    reason: str
    counted_s: Seconds


class Hours(Shown):
    """The calendar that counts, by content hash."""

    hash: str
    timezone: str
    hours: dict[str, list[str]]


class Ledger(Shown):
    """The stretches since a clock's start, and what was carried in beside them."""

    carried_s: Seconds
    counted_s: Seconds
    held_since: datetime | None
    held_for: str
    ledger: list[Segment]


class ClockDue(Ledger):
    """A clock's pinned terms and its ledger; up to the due instant where there is one."""

    name: ClockName
    cycle: int
    to_client: bool
    target_s: int
    due: datetime | None
    running: bool
    started_at: datetime
    met_at: datetime | None
    breached_at: datetime | None
    policy: str
    holds: list[str]
    calendar: Hours


class TicketDue(Shown):
    """Every clock of a ticket."""

    number: int
    now: datetime
    clocks: list[ClockDue]
