"""What management is owed, actions, and the root cause analysis."""

from datetime import datetime
from typing import Literal

from router.responses.base import Shown
from tierline.domain.terms import Priority, State, TicketType


class Attention(Shown):
    """Who of management looks, and when they are owed a word."""

    people: list[str]
    since: datetime
    every_s: int
    next_due: datetime | None
    missed: int


class PlanOwed(Shown):
    """The action plan that a trigger needs."""

    trigger: str
    due: datetime
    missed: bool


class Action(Shown):
    """Something somebody has taken on."""

    number: int
    what: str
    owner: str
    due: datetime
    added_by: str
    added_at: datetime
    kind: Literal["corrective", "preventive"]
    next_chase: datetime | None
    chases: int
    moves: int
    done_at: datetime | None
    done_by: str
    outcome: str
    dropped: bool


class RcaStanding(Shown):
    """How the analysis stands."""

    due: datetime | None
    since: datetime
    about: list[int]
    chases: int
    next_chase: datetime | None
    held_by: int
    on_problem: bool
    done_at: datetime | None


class ListedAction(Shown):
    """An open action with its ticket."""

    ticket: int
    title: str
    client: str
    type: TicketType
    state: State
    priority: Priority
    number: int
    what: str
    kind: Literal["corrective", "preventive"]
    owner: str
    due: datetime
    overdue: bool
    moves: int


class ActionPage(Shown):
    """A page of actions, the first to be due on top."""

    items: list[ListedAction]
    now: datetime
    next_cursor: str | None


class TimelineEntry(Shown):
    """One thing that happened, with what is said beside it; `place` names it in comments."""

    place: str
    ticket: int
    seq: int
    at: datetime
    by: str
    words: str
    comment: str


class RcaDocument(Shown):
    """The root cause analysis as a document; `more`: events that its timeline leaves out."""

    number: int
    title: str
    client: str
    due: datetime | None
    done_at: datetime | None
    done_by: str
    about: list[int]
    summary: str
    causes: list[str]
    timeline: list[TimelineEntry]
    more: int
    actions: list[Action]
    missing: list[str]
    markdown: str
