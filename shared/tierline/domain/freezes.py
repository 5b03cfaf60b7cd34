"""Stretches of time in which a client wants nothing changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Freeze:
    """From `start` until before `end` (UTC) nothing is to be changed, for `reason`."""

    start: datetime
    end: datetime
    reason: str

    @property
    def words(self) -> str:
        """The window and its reason, in UTC."""
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC: {self.reason}"


Freezes = Mapping[str, tuple[Freeze, ...]]
"""The freezes of each client that has any, by its name, the earliest first."""


def written(start: str, end: str, zone: str, reason: str) -> Freeze:
    """The freeze that a record writes by the client's clock; an end that is a day is its last.

    A time that a change of the clocks leaves out or repeats is read as in RFC 5545.
    """
    place = ZoneInfo(zone or "UTC")
    last = datetime.fromisoformat(end) + timedelta(days=0 if "T" in end else 1)
    return Freeze(_utc(datetime.fromisoformat(start), place), _utc(last, place), reason)


def _utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def at(freezes: Iterable[Freeze], instant: datetime) -> Freeze | None:
    """The freeze that holds at `instant`, of several the one that ends last."""
    holding = [one for one in freezes if one.start <= instant < one.end]
    return max(holding, key=lambda one: one.end, default=None)


def until(freezes: Iterable[Freeze], instant: datetime) -> datetime | None:
    """When it is first possible again from `instant` on; None where no freeze holds then.

    Freezes that touch or overlap are one.
    """
    known, end = list(freezes), None
    while (found := at(known, end or instant)) is not None:
        end = found.end
    return end


def during(freezes: Iterable[Freeze], start: datetime, end: datetime | None) -> Freeze | None:
    """The first freeze that a stretch of work runs into; `end` None: only its start counts."""
    if end is None:
        return at(freezes, start)
    return next((one for one in freezes if one.start < end and start < one.end), None)
