"""What is kept how long, as a policy says it."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LOOKED_BACK_DAYS: Final = 366
"""How far back anything that is shown or decided looks at closed tickets, at most."""


@dataclass(frozen=True, slots=True)
class Age:
    """So many months of the calendar, or so many days. Exactly one of them is more than zero."""

    months: int = 0
    days: int = 0

    @property
    def least_days(self) -> int:
        """Days it has at least, wherever in the year it begins."""
        years, months = divmod(self.months, 12)
        return self.days + years * 365 + months * 30 - (months > 0) * 2

    def before(self, at: datetime) -> datetime:
        """The instant so long before `at` (UTC), on the last day of a month that is too short."""
        months = at.year * 12 + at.month - 1 - self.months
        year, month = divmod(months, 12)
        if year < 1:
            return datetime.min.replace(tzinfo=at.tzinfo)
        day = min(at.day, monthrange(year, month + 1)[1])
        return at.replace(year=year, month=month + 1, day=day) - timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """What is kept how long, in policy time; None: for good.

    `closed_tickets`: from its closing until a ticket is archived; `archives`: from the last closing
    in it until an archive is dropped; `loose_alerts`: from its acceptance until an alert that never
    had a ticket is dropped.
    """

    closed_tickets: Age | None = None
    archives: Age | None = None
    loose_alerts: Age | None = None
