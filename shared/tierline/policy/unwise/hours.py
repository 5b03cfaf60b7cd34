"""Hours that hardly ever come."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tierline.domain.business_time import open_us_between
from tierline.domain.calendar import Calendar
from tierline.domain.instants import LAST_INSTANT
from tierline.policy.calendars import Calendars, calendars_of
from tierline.policy.codes import Code
from tierline.policy.errors import Problems, Where
from tierline.policy.folder import LoadedPolicy

LOOKED_AHEAD: Final = timedelta(days=365)
RARELY: Final = timedelta(hours=4)
"""Hours with less open time than this in a week, on the mean of the coming year, are told of."""


def look(loaded: LoadedPolicy, start: datetime, problems: Problems) -> None:
    """Warn of hours that never, or hardly ever, open in the year from `start` (UTC)."""
    end = min(start + LOOKED_AHEAD, LAST_INSTANT)
    for at, calendar in _written(loaded):
        open_time = timedelta(microseconds=open_us_between(calendar, start, end))
        weekly = open_time / ((end - start) / timedelta(days=7))
        if weekly < RARELY:
            minutes = round(weekly / timedelta(minutes=1))
            much = f"for {minutes} minutes a week" if minutes else "never"
            message = f"these hours open {much} in the coming year: a promise on them takes long"
            fix = "look at the days and `edits`, or name other hours"
            problems.warn(at, message, fix, code=Code.HOURS_RARELY_OPEN)


def _written(loaded: LoadedPolicy) -> Iterator[tuple[Where, Calendar]]:
    calendars = Calendars(loaded.document, Problems())
    for at, hours in calendars_of(loaded.document):
        yield at, calendars.of(hours, at)
