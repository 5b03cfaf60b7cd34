"""Who was told, and what could not be processed."""

from datetime import datetime

from router.responses.base import Shown


class Attempt(Shown):
    """One try to send."""

    number: int
    began_at: datetime
    ended_at: datetime | None
    outcome: str
    detail: str


class Notice(Shown):
    """Who was told, or deliberately not, and how it went."""

    id: int
    ticket: int
    seq: int
    client: str
    kind: str
    recipient: str
    occasion: str
    reach: str
    state: str
    reason: str
    why: str
    policy: str
    channel: str
    address: str
    attempts: list[Attempt]
    proof: str
    created_at: datetime
    settled_at: datetime | None


class Notices(Shown):
    """The notices of a ticket."""

    items: list[Notice]


class NoticePage(Notices):
    """A page of notices."""

    next_cursor: str | None


class DeadLetter(Shown):
    """What could not be processed, and why."""

    id: int
    source: str
    key: str
    reason: str
    at: datetime
    bytes: int
    body: str
    replayed_at: datetime | None


class DeadLetterPage(Shown):
    """A page of dead letters."""

    items: list[DeadLetter]
    next_cursor: str | None
