"""The timeline, and what a command answers."""

from datetime import datetime
from typing import Any, Literal

from router.responses.base import Shown
from router.responses.tickets import Ticket
from tierline.domain.terms import Priority


class Actor(Shown):
    """Who did it."""

    kind: Literal["person", "integration", "time", "system"]
    name: str


class Why(Shown):
    """The rule or clock, the policy's version, the values seen."""

    rule: str
    policy: str
    values: dict[str, Any]


class Event(Shown):
    """One thing that happened, with the sentence that says it."""

    seq: int
    at: datetime
    recorded_at: datetime
    type: str
    by: Actor
    what: dict[str, Any]
    why: Why
    cause: str
    clocks: list[dict[str, Any]]
    words: str


class Events(Shown):
    """A part of a timeline."""

    items: list[Event]


class Commanded(Shown):
    """The ticket after a command, and the events it made."""

    ticket: Ticket
    events: list[Event]


class Due(Shown):
    """A due instant before and after."""

    old: datetime | None
    new: datetime | None


class Preview(Shown):
    """What a priority change would do; nothing was written."""

    preview: Literal[True]
    old: Priority
    new: Priority
    dues: dict[str, Due]
