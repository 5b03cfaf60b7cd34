"""Instants as exports write them: with an offset, or as local times of a zone."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tierline.domain.instants import InstantError, to_us
from tierline.replay.grammar import ISO


class UnreadableInstantError(ValueError):
    """A text that none of the forms reads, or an instant Tierline does not reckon with."""


def read_instant(
    text: str, formats: Iterable[str], zone: ZoneInfo, not_before: datetime | None = None
) -> datetime:
    """The instant that `text` writes, in UTC.

    A local time without an offset is resolved as RFC 5545 (3.3.5) does: one that a change of
    daylight saving time skips counts by the offset before it, one that occurs twice is its first
    occurrence; the second where the first lies before `not_before` (the row above, of a log written
    in order) and the second does not.

    Args:
        text: as written.
        formats: `iso`, or strptime's codes, tried in order.
        zone: of local times.
        not_before: the instant before it in the same case, UTC.

    Raises:
        UnreadableInstantError: no form reads it; outside 2000 to 2100.
    """
    written = _parsed(text, formats)
    local = written if written.tzinfo is not None else written.replace(tzinfo=zone)
    try:
        found = local.astimezone(UTC)
        if written.tzinfo is None and not_before is not None and found < not_before:
            later = local.replace(fold=1).astimezone(UTC)
            found = later if later >= not_before else found
        to_us(found)
    except (InstantError, OverflowError):
        raise UnreadableInstantError("lies outside the years 2000 to 2100") from None
    return found


def _parsed(text: str, formats: Iterable[str]) -> datetime:
    tried = tuple(formats)
    for form in tried:
        try:
            return datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the mapping's
        except ValueError:
            continue
    raise UnreadableInstantError(f"is not written like {' or '.join(tried)}")
