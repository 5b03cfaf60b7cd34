"""Storms: limits of a group that ran out together, and the one decision."""

from datetime import datetime

from router.responses.base import Shown
from tierline.domain.terms import Priority, State


class StormRow(Shown):
    """A storm; its tickets count as far as they may be seen."""

    number: int
    group: str
    to_groups: list[str]
    opened_at: datetime
    until: datetime
    over_at: datetime | None
    count: int
    waiting: int


class Storms(Shown):
    """A list of storms."""

    items: list[StormRow]
    now: datetime


class StormTicket(Shown):
    """A ticket that was gathered, as it stands now; `waits`: no decision about it yet."""

    number: int
    title: str
    client: str
    priority: Priority
    state: State
    owner: str
    group: str
    to_group: str
    waits: bool


class StormDocument(StormRow):
    """A storm with its tickets."""

    tickets: list[StormTicket]


class StormDecision(Shown):
    """What was decided: which move, which stay. They do so one after the other, within moments."""

    number: int
    moved: list[int]
    kept: list[int]
    decided_on: int
