"""What belongs together: major incidents, problems, known errors."""

from datetime import datetime

from router.responses.base import Shown
from router.responses.tickets import Ticket
from tierline.domain.terms import Priority, State


class Child(Shown):
    """A ticket under a major incident, as it stands."""

    number: int
    title: str
    client: str
    state: State
    priority: Priority
    group: str
    owner: str


class Workaround(Shown):
    """What helps until a cause is gone, and why it may help here."""

    problem: int
    title: str
    cause: str
    workaround: str
    because: str


class TicketBeside(Ticket):
    """The whole of a ticket, with what belongs to it as far as it may be seen."""

    children: list[Child]
    workarounds: list[Workaround]


class KnownError(Shown):
    """A problem whose cause and workaround are known."""

    number: int
    title: str
    client: str
    category: str
    host: str
    state: State
    priority: Priority
    owner: str
    cause: str
    workaround: str
    count: int
    last_at: datetime | None
    opened_at: datetime


class KnownErrors(Shown):
    """All of them, by client."""

    items: list[KnownError]


class NotJoined(Shown):
    """A ticket that could not be put under a major incident, and why."""

    number: int
    code: str
    reason: str


class Gathered(Shown):
    """What became of putting many tickets under a major incident."""

    tickets: list[int]
    joined: list[int]
    refused: list[NotJoined]
