"""Schedules, who is on call, and what was changed by hand."""

from datetime import datetime

from pydantic import Field

from router.responses.base import Shown


class Why(Shown):
    """Why somebody is on call, in a sentence; the other members take it apart."""

    words: str


class OnDuty(Shown):
    """Somebody on call. `login` is empty where the records know the name no more."""

    name: str
    login: str
    why: Why


class OnCallNow(Shown):
    """Who is on call; where nobody is, `nobody` says why."""

    people: list[OnDuty]
    nobody: str


class ComingOnCall(OnCallNow):
    """Who is on call from an instant on."""

    at: datetime


class Standing(OnCallNow):
    """Who is on call, until when, and who comes after; null where nothing changes for 400 days."""

    schedule: str
    until: datetime | None
    next: ComingOnCall | None


class ScheduleLayer(Shown):
    """One layer of a schedule; later ones win where they are active."""

    name: str
    kind: str
    people: list[str]
    every: str
    limited: bool
    imported: bool


class ScheduleRow(Shown):
    """A schedule, and who is on call by it."""

    name: str
    zone: str
    people: list[str]
    when_away: str
    layers: list[ScheduleLayer]
    groups: list[str]
    now: Standing


class Schedules(Shown):
    """All schedules."""

    items: list[ScheduleRow]


class Shift(Shown):
    """One person without a break and for one reason."""

    name: str
    login: str
    from_: datetime = Field(alias="from")
    until: datetime
    why: Why


class Gap(Shown):
    """Nobody is on call."""

    from_: datetime = Field(alias="from")
    until: datetime
    why: str


class Override(Shown):
    """A change by hand."""

    id: str
    from_: datetime = Field(alias="from")
    until: datetime
    person: str
    replaces: str
    reason: str
    by: str
    made_at: datetime


class ScheduleShown(ScheduleRow):
    """A schedule with the shifts, gaps and overrides of a stretch."""

    from_: datetime = Field(alias="from")
    until: datetime
    shifts: list[Shift]
    gaps: list[Gap]
    overrides: list[Override]


class Overrides(Shown):
    """What was made: one override, or both of a swap."""

    items: list[Override]


class NotTaken(Shown):
    """An event of a calendar file that could not be taken."""

    summary: str
    reason: str


class ImportedShift(Shown):
    """A shift of a calendar file."""

    name: str
    from_: datetime = Field(alias="from")
    until: datetime


class Imported(Shown):
    """What a calendar file holds; `written` says whether it is a layer now."""

    layer: str
    written: bool
    shifts: list[ImportedShift]
    left: list[NotTaken]
    left_count: int


class GroupOnCall(Shown):
    """A group that serves the client: staffed or not, and who is on call."""

    name: str
    tier: str
    staffed: bool
    closes_at: datetime | None
    opens_at: datetime | None
    lead: str
    on_call: Standing | None
    words: str


class WhoIsOn(Shown):
    """Every group in the order work reaches it, and the duty manager last."""

    at: datetime
    client: str
    cover: dict[str, bool]
    groups: list[GroupOnCall]
    duty_manager: Standing
