"""The board, the policy, policy time."""

from datetime import datetime

from router.responses.base import Shown
from router.responses.storms import StormRow
from tierline.domain.terms import Priority, State


class BoardGroup(Shown):
    """A group's queue."""

    name: str
    staffed: bool
    load: int
    unclaimed: int


class BoardColumn(Shown):
    """A tier."""

    tier: str
    groups: list[BoardGroup]


class BoardMajor(Shown):
    """An open major incident; what is under it counts as far as it may be seen."""

    number: int
    title: str
    client: str
    state: State
    since: datetime
    children: int
    clients: int


class Board(Shown):
    """The board."""

    columns: list[BoardColumn]
    counts: dict[str, int]
    majors: list[BoardMajor]
    storms: list[StormRow]
    now: datetime


class Member(Shown):
    """A member of a group."""

    login: str
    name: str


class PolicyGroup(Shown):
    """A group of the policy."""

    name: str
    tier: str
    lead: str
    members: list[Member]


class Contact(Shown):
    """Who may ask at a client."""

    name: str
    email: str
    vip: bool


class Policy(Shown):
    """The policy in force, as far as pages need it."""

    version: str
    tiers: list[str]
    groups: list[PolicyGroup]
    clients: list[str]
    contacts: dict[str, list[Contact]]
    priorities: list[Priority]


class PolicyTime(Shown):
    """Policy time and real time; `replay` names the replay that holds it."""

    now: datetime
    real: datetime
    speed: float
    held: bool
    development: bool
    replay: str | None = None
