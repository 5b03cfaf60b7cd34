"""A rotation: people who take turns, and when one hands over to the next.

Turns of days, weeks and months hand over at a local time in the rotation's own zone, so that a turn
over a change of the clocks is an hour shorter or longer and the hour of the hand-over stays. Turns
of hours are elapsed hours: every turn is equally long, and the wall time of the hand-over moves
with the clocks. A day of the month that a month lacks is that month's last day, and the months
after it are not moved by it.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from tierline.domain.calendar import WEEKDAYS, CalendarError, check_zone
from tierline.domain.instants import FIRST_INSTANT, LAST_INSTANT
from tierline.domain.rota.limits import MAX_EVERY, MAX_PEOPLE
from tierline.domain.windows import local_instant

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class RotaError(ValueError):
    """A schedule, or a change to one, that cannot be used.

    Attributes:
        field: where the fault is, as a path (`layers[0].people`).
        message: what is wrong and how to put it right.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Unit(StrEnum):
    """What the length of a turn is counted in."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns.

    Attributes:
        people: in order; a name may stand there several times.
        unit, every: the length of a turn: `every` units.
        zone: IANA name; the hand-over is read on its wall clock.
        starts: the local date on which the first turn begins, at `at`.
        at: local time of the hand-over, `HH:MM`.
        weekday: for weeks, the day of the hand-over (0 is Monday); left out, that of `starts`. A
            first turn that begins on another day ends as if it had begun on the weekday before.
        day: for months, the day of the hand-over, 1 to 31; left out, that of `starts`. As with
            weeks, a first turn may be shorter.
        until: the local date on which it ends, at `at`; None for never.
    """

    people: tuple[str, ...]
    unit: Unit
    zone: str
    starts: date
    at: str = "00:00"
    every: int = 1
    weekday: int | None = None
    day: int | None = None
    until: date | None = None
    tz: ZoneInfo = field(init=False, repr=False, compare=False)
    minute: int = field(init=False, repr=False, compare=False)
    begin: int = field(init=False, repr=False, compare=False)
    end: int | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            RotaError: nobody in it or too many, an unknown zone, a time, weekday, day or length
                that there is not, dates outside 2000 to 2099, or an end before the start.
        """
        self._check_people()
        self._check_length()
        minute = minute_of(self.at)
        try:
            check_zone(self.zone)
        except CalendarError as error:
            raise RotaError("zone", error.message) from None
        for name, day in (("from", self.starts), ("until", self.until)):
            if day is not None and not FIRST_INSTANT.date() <= day < LAST_INSTANT.date():
                raise RotaError(name, f"{day} lies outside 2000 to 2099")
        if self.until is not None and self.until <= self.starts:
            raise RotaError("until", f"{self.until} is not after {self.starts}, its start")
        zone = ZoneInfo(self.zone)
        end = None if self.until is None else local_instant(zone, self.until.toordinal(), minute)
        object.__setattr__(self, "tz", zone)
        object.__setattr__(self, "minute", minute)
        object.__setattr__(self, "begin", local_instant(zone, self.starts.toordinal(), minute))
        object.__setattr__(self, "end", end)

    def _check_people(self) -> None:
        if not self.people:
            raise RotaError("people", "a rotation without people; name at least one")
        if len(self.people) > MAX_PEOPLE:
            raise RotaError("people", f"{len(self.people)} places; name at most {MAX_PEOPLE}")
        if not all(self.people):
            raise RotaError("people", "a place without a name; take it off the list")

    def _check_length(self) -> None:
        if not 1 <= self.every <= MAX_EVERY:
            raise RotaError("every", f"{self.every} is no length; use 1 to {MAX_EVERY}")
        if self.weekday is not None and self.unit is not Unit.WEEK:
            raise RotaError("hand_over", f"a turn of {self.unit}s has no weekday; write a time")
        if self.weekday is not None and not 0 <= self.weekday < len(WEEKDAYS):
            raise RotaError("hand_over", f"no such weekday; use {', '.join(WEEKDAYS)}")
        if self.day is not None and self.unit is not Unit.MONTH:
            raise RotaError("hand_over", f"a turn of {self.unit}s has no day of the month")
        if self.day is not None and not 1 <= self.day <= 31:
            raise RotaError("hand_over", f"no month has a day {self.day}; use 1 to 31")


def minute_of(text: str) -> int:
    """Read a local time `HH:MM` as minutes after midnight.

    Raises:
        RotaError: it is none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise RotaError("hand_over", f"{text!r} is no time of day; write it like 09:00")
    return int(match[1]) * 60 + int(match[2])
