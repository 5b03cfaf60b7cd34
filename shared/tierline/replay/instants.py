"""Instants as exports write them: with an offset, or as local times of a zone."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tierline.domain.instants import InstantError, to_us
from tierline.replay.grammar import ISO


class UnreadableInstantError(ValueError):
    """A text that none of the forms reads, or an instant Tierline does not reckon with."""


def read_instants(text: str, formats: Iterable[str], zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants that `text` may write, in UTC, ascending: one; two, where clocks went back.

    A local time without an offset is resolved as RFC 5545 (3.3.5) does: one that a change of
    daylight saving time skips counts by the offset before it.

    Args:
        text: as written.
        formats: `iso`, or strptime's codes, tried in order.
        zone: of local times.

    Raises:
        UnreadableInstantError: no form reads it; outside 2000 to 2100.
    """
    written = _parsed(text, formats)
    local = written if written.tzinfo is not None else written.replace(tzinfo=zone)
    try:
        first = local.astimezone(UTC)
        to_us(first)
        if written.tzinfo is None:
            second = local.replace(fold=1).astimezone(UTC)
            return (first, second) if second > first else (first,)
    except (InstantError, OverflowError):
        raise UnreadableInstantError("lies outside the years 2000 to 2100") from None
    return (first,)


def settled(found: Sequence[datetime], not_before: datetime | None) -> datetime:
    """Which of the instants of `read_instants` it is: the first, by RFC 5545.

    It is the second where the row before it shows so: the first lies before `not_before` (its
    instant, UTC) and the second does not.
    """
    first, last = found[0], found[-1]
    return last if not_before is not None and first < not_before <= last else first


def _parsed(text: str, formats: Iterable[str]) -> datetime:
    tried = tuple(formats)
    for form in tried:
        try:
            return datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the mapping's
        except ValueError:
            continue
    raise UnreadableInstantError(f"is not written like {' or '.join(tried)}")
