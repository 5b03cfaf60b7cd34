"""Reports."""

from datetime import date, datetime

from router.responses.base import Shown


class ListLine(Shown):
    """A ticket in a section. `says` ends before `at`: "waits since"; `what` is to be added."""

    number: int
    title: str
    client: str
    priority: str
    owner: str
    at: datetime | None
    says: str
    what: str
    nobody_in: bool


class ListSection(Shown):
    """A section of a list, its earliest lines first; `more` were left out."""

    section: str
    title: str
    lines: list[ListLine]
    more: int


class LeadList(Shown):
    """The lead's list of a group.

    Between `closes_at` and `opens_at` nobody is in; they are one where the group never closes.
    Sections without a line are left out. `since`: when the last list was. `tickets`: looked at;
    `more`: there were others, less pressing.
    """

    group: str
    tier: str
    kind: str
    at: datetime
    since: datetime
    closes_at: datetime
    opens_at: datetime
    sections: list[ListSection]
    tickets: int
    more: bool


class Bounce(Shown):
    """A ticket that came straight back; `seq` is the event that brought it."""

    ticket: int
    seq: int
    client: str
    title: str
    went_at: datetime
    back_at: datetime
    lost_s: int
    reason: str
    by: str


class EdgeFigures(Shown):
    """How often `sent_to` gave back what `sent_by` had sent, and what the ways cost."""

    sent_by: str
    sent_to: str
    count: int
    lost_s: int


class BounceEdge(EdgeFigures):
    """An edge with its bounces, the newest first."""

    bounces: list[Bounce]


class BounceLedger(Shown):
    """Bounces from `since` up to `until`; `more`: there were others, older."""

    since: datetime
    until: datetime
    count: int
    lost_s: int
    edges: list[BounceEdge]
    more: bool


class PromiseFigures(Shown):
    """Promises of one clock and priority that ended: kept, or broken."""

    clock: str
    priority: str
    kept: int
    broken: int


class LapseFigures(Shown):
    """Limits of a tier that ran out, by cause."""

    tier: str
    skill: int
    capacity: int


class Count(Shown):
    """How often, under one name."""

    name: str
    count: int


class ResolutionFigures(Shown):
    """Medians of one priority, in seconds, with pauses (gross) and without (net)."""

    priority: str
    count: int
    gross_s: int
    net_s: int


class WokenFigures(Shown):
    """Who was woken at night, how often, of which occasions."""

    who: str
    count: int
    occasions: list[str]


class WeekFigures(Shown):
    """Every figure of a week; the reference of figures defines each."""

    events: int
    promises: list[PromiseFigures]
    lapses: list[LapseFigures]
    premature: list[Count]
    slips: list[Count]
    bounces: list[EdgeFigures]
    training: list[Count]
    asked: int
    resolved: int
    self_healed: int
    contacts: int
    first_contact: int
    resolutions: list[ResolutionFigures]
    paged: list[Count]
    woken: list[WokenFigures]


class WeekRow(Shown):
    """A figure as people read it, last week's beside it; without figures, a heading."""

    name: str
    now: str
    before: str


class WeekReport(Shown):
    """A week in figures, and the week before; `rows` are the same for people."""

    week: str
    zone: str
    since: datetime
    until: datetime
    figures: WeekFigures
    before: WeekFigures
    rows: list[WeekRow]
    complete: bool
    overdue_guides: list[str]


class Letter(Shown):
    """A letter that was written; `state`: of its mail, or `not sent`, and `why` says the reason."""

    id: int
    kind: str
    about: str
    day: date
    due_at: datetime
    at: datetime
    recipient: str
    policy: str
    why: str
    state: str
    address: str
    proof: str
    reason: str


class Letters(Shown):
    """Letters, the newest first."""

    items: list[Letter]
