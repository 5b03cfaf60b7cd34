"""Training and guides."""

from datetime import datetime

from router.responses.base import Shown


class AgendaRow(Shown):
    """A tier's next session, and how many items go there; `at` is null where none is written."""

    tier: str
    at: datetime | None
    open: int
    planned: int


class EffectFigures(Shown):
    """Escalations of that category (or client) in the 28 days before it was done, and since."""

    of: str
    before: int
    after: int
    after_days: int


class TrainingItem(Shown):
    """Something to teach.

    `kind`: access, guide or training. `by_recurrence`: nobody said so, but such tickets come again
    and again; `like` are the others.
    """

    ticket: int
    seq: int
    at: datetime
    client: str
    category: str
    title: str
    tier: str
    kind: str
    text: str
    by_recurrence: bool
    like: list[int]
    state: str
    by: str
    marked_at: datetime | None
    note: str
    effect: EffectFigures | None


class Training(Shown):
    """What there is to teach; `more`: more was resolved than is looked at."""

    now: datetime
    agendas: list[AgendaRow]
    items: list[TrainingItem]
    more: bool


class Marked(Shown):
    """What was made of an item."""

    ticket: int
    seq: int
    state: str
    by: str
    at: datetime
    note: str


class GuideShown(Shown):
    """How to do something; `overdue`: nobody has looked at it by `review_by`."""

    category: str
    title: str
    steps: list[str]
    link: str
    review_by: str
    overdue: bool


class Guides(Shown):
    """The guides of a category."""

    items: list[GuideShown]
