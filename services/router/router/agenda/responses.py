"""Bookings and resolutions to confirm, as the API shows them."""

from datetime import datetime

from pydantic import Field

from router.responses.base import Shown
from router.responses.tickets import Requester
from tierline.domain.terms import Priority, State, TicketType


class Booked(Shown):
    """A ticket that is booked; `overlaps`: others of its owner for the same time."""

    number: int
    title: str
    client: str
    type: TicketType
    priority: Priority
    state: State
    group: str
    owner: str
    start: datetime
    end: datetime | None
    overlaps: list[int]


class Scheduled(Shown):
    """The bookings of a stretch; `more`: there are more than are listed."""

    from_: datetime = Field(alias="from")
    until: datetime
    items: list[Booked]
    more: bool


class GroupSurveyed(Shown):
    """What requesters said of a group's tickets; `contradicting`: well enough, yet not fixed."""

    group: str
    good: int
    fine: int
    bad: int
    contradicting: int


class Surveyed(Shown):
    """What requesters said in a stretch of time, by group."""

    from_: datetime = Field(alias="from")
    until: datetime
    items: list[GroupSurveyed]


class Confirmable(Shown):
    """A resolution that waits for the client's word; `closes_at` null: not by itself."""

    number: int
    title: str
    client: str
    type: TicketType
    priority: Priority
    requester: Requester
    resolution: str
    resolved_at: datetime | None
    resolved_by: str
    reminders: int
    closes_at: datetime | None
    allowed: list[str]


class ToConfirm(Shown):
    """What a desk owner has to confirm with clients."""

    desk_owner: str
    items: list[Confirmable]
    more: bool
