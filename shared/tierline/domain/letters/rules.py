"""What a policy says about letters."""

from dataclasses import dataclass, field
from datetime import time

from tierline.domain.calendar import WEEKDAYS, Calendar


def _office() -> Calendar:
    return Calendar.build("UTC", dict.fromkeys(WEEKDAYS, ("08:00-18:00",)))


@dataclass(frozen=True, slots=True)
class LetterRules:
    """When letters are written. Times of day are on the wall of `zone`, the provider's own.

    Attributes:
        zone: IANA name of the provider's zone.
        round_the_clock: stands for the hours of a group that never closes: its list is written
            when these open, and half an hour before they close.
        lists: whether a group's lead gets a list at opening and before closing.
        weekly_day: the weekday of the manager's letter, 0 is Monday; None: it is not written.
        weekly_at: its time of day.
        digest_at: when people get what was kept for a digest and no list has told; None: never.
        silent_when_empty: a list with nothing in it is not sent.
    """

    zone: str = "UTC"
    round_the_clock: Calendar = field(default_factory=_office)
    lists: bool = True
    weekly_day: int | None = 0
    weekly_at: time = time(7)
    digest_at: time | None = time(17, 30)
    silent_when_empty: bool = False
