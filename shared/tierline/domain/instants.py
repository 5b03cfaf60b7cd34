"""Instants as whole microseconds, and the stretches of time a clock is held.

Outside the core an instant is a timezone-aware `datetime`; inside business-time arithmetic it is an
integer count of microseconds since 1970-01-01T00:00:00Z, so that sums are exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tierline.domain.windows import Span, merged

FIRST_INSTANT: Final = datetime(2000, 1, 1, tzinfo=UTC)
LAST_INSTANT: Final = datetime(2100, 1, 1, tzinfo=UTC)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class InstantError(ValueError):
    """A time that is no instant Tierline reckons with: without a zone, or outside 2000 to 2100."""


def whole(duration: timedelta) -> int:
    """Return a duration in microseconds, exactly."""
    return (duration.days * 86_400 + duration.seconds) * 1_000_000 + duration.microseconds


FIRST: Final = whole(FIRST_INSTANT - _EPOCH)
LAST: Final = whole(LAST_INSTANT - _EPOCH)
_NEVER: Final = LAST + 1


def to_us(at: datetime) -> int:
    """Return an instant as microseconds since 1970.

    Args:
        at: timezone-aware, from 2000-01-01 to 2100-01-01 UTC, both included.

    Raises:
        InstantError: no zone, or out of range.
    """
    try:
        since = at - _EPOCH
    except TypeError:
        raise InstantError(
            f"{at!r} is not an instant; give a datetime with a timezone, in UTC"
        ) from None
    us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if not FIRST <= us <= LAST:
        raise InstantError(f"{at.isoformat()} lies outside 2000-01-01 to 2100-01-01 UTC")
    return us


def from_us(us: int) -> datetime:
    """Return microseconds since 1970 as an instant in UTC."""
    return _EPOCH + timedelta(microseconds=us)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time a clock is held: from `start` up to but not including `end`.

    Attributes:
        start: the first held instant.
        end: the first instant no longer held, or None while the hold is open.
        reason: why, as shown in a ledger; it has no part in the arithmetic.
    """

    start: datetime
    end: datetime | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError(
                f"a hold ends at {self.end.isoformat()}, before it starts"
                f" at {self.start.isoformat()}"
            )


def span_of(hold: Interval) -> Span:
    """Return a hold in microseconds; an open one ends past every instant there is."""
    return to_us(hold.start), _NEVER if hold.end is None else to_us(hold.end)


def union_of(holds: Iterable[Interval]) -> list[Span]:
    """Return when any of the holds is in force, in order; open when `is_open_ended` says so."""
    return merged(span_of(hold) for hold in holds)


def is_open_ended(span: Span) -> bool:
    """Say whether the span of a hold has no end yet."""
    return span[1] == _NEVER
