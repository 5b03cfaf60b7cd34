"""Who works here, as a decision asks: on shift or away, with which skills and how much room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tierline.domain.business_time import is_open, next_closing, next_opening
from tierline.domain.calendar import Calendar
from tierline.domain.ticket import ClaimEnd

SHIFT: Final = "shift"
AWAY: Final = "away"
BACK: Final = "back"
"""Why a claim ends; at the end of an absence during which it was kept it is only looked at."""


@dataclass(frozen=True, slots=True)
class Away:
    """An absence, half-open, in UTC. `stand_in`: the login of who takes over; may be empty."""

    starts: datetime
    ends: datetime
    stand_in: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One of us, or of a client or partner, as the records say.

    `shifts`: None where none are on record. `capacity`: how many open tickets they may hold, None
    where not said. `clients`: the only ones they may see, None for all. `active`: false of who has
    left, or is in a group but not on record.
    """

    login: str
    shifts: Calendar | None = None
    skills: tuple[str, ...] = ()
    capacity: int | None = None
    usual_clients: tuple[str, ...] = ()
    clients: tuple[str, ...] | None = None
    away: tuple[Away, ...] = ()
    active: bool = True

    def away_at(self, at: datetime) -> Away | None:
        """The absence that covers the instant `at`: of several the one that ends last."""
        covering = (each for each in self.away if each.starts <= at < each.ends)
        return max(covering, key=lambda each: each.ends, default=None)

    def next_away(self, at: datetime) -> Away | None:
        """The first absence that begins after `at`."""
        later = (each for each in self.away if each.starts > at)
        return min(later, key=lambda each: each.starts, default=None)

    def not_in(self, at: datetime, hours: Calendar) -> str:
        """Why they are not at work at `at`; empty where they are.

        `hours` stand in for shifts where none are on record.
        """
        if not self.active:
            return "has left or is not on record"
        if away := self.away_at(at):
            return f"away until {away.ends:%Y-%m-%d %H:%M} UTC"
        return "" if is_open(self.shifts or hours, at) else "off shift"

    def sees(self, client: str) -> bool:
        """Whether the tickets of `client` are on their side of the wall."""
        return self.clients is None or client in self.clients

    def claim_end(self, at: datetime) -> ClaimEnd | None:
        """When a claim of theirs at `at` ends by itself; None where nothing on record ends it.

        The end of the shift they are in, or of their next one; an absence, if that begins before.
        Who claims while away is looked at when that is over.
        """
        if here := self.away_at(at):
            return ClaimEnd(here.ends, BACK, told=True)
        away = self.next_away(at)
        found = [ClaimEnd(away.starts, AWAY, stand_in=away.stand_in)] if away else []
        if self.shifts is not None and (closing := next_closing(self.shifts, at)) is not None:
            found.append(ClaimEnd(closing, SHIFT))
        return min(found, key=lambda each: (each.at, each.because), default=None)

    def next_start(self, at: datetime) -> datetime | None:
        """When a shift of theirs, or their return, begins after `at`; None: not on record."""
        if not self.active:
            return None
        if here := self.away_at(at):
            return here.ends
        if self.shifts is None:
            return None
        return opening_after(self.shifts, at)


def opening_after(hours: Calendar, at: datetime) -> datetime | None:
    """The first opening of `hours` after `at`, not the one `at` lies in; None: there is none."""
    since = next_closing(hours, at) if is_open(hours, at) else at
    return None if since is None else next_opening(hours, since)
