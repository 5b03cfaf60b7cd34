"""Instants as sources write them."""

from datetime import UTC, datetime

NEVER_YEAR = 1
"""Go's zero time, 0001-01-01T00:00:00Z, means none (Alertmanager's `endsAt` while firing)."""


def read_instant(text: str) -> datetime | None:
    """The instant of an ISO 8601 text, in UTC; None where it says none or cannot be read.

    Without a zone it is taken as UTC. Digits beyond microseconds are dropped; `+0000` without a
    colon, a comma before the fraction and a blank for the T are read. An instant that cannot be
    read is no reason to lose an alert: `occurred_at` is kept for people, no clock trusts it.
    """
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if instant.year <= NEVER_YEAR else instant
