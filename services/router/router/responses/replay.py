"""The replay of a recorded log."""

from datetime import datetime

from router.responses.base import Shown


class ReplayShown(Shown):
    """The replay of this database: its span (policy time), when it began and ended (real time)."""

    name: str
    running: bool
    start_at: datetime
    end_at: datetime
    began_at: datetime
    ended_at: datetime | None
    now: datetime


class RecordedAnswer(Shown):
    """What became of one recorded command, by its key."""

    key: str
    status: int
    ticket: int | None
    seq: int
    code: str
    detail: str
    repeated: bool


class RecordedAnswers(Shown):
    """An answer for each command, in order."""

    answers: list[RecordedAnswer]


class ReplayTime(Shown):
    """Where held policy time stands."""

    now: datetime
