"""How many alerts like one there have been: what rules with `count("7d")` go by.

Alerts are alike that have integration, dedup key and client in common and fire. What counts is what
was accepted, whether or not it has its outcome, so the number depends on nobody's pace.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from intake.triage.limits import ALIKE_READ_MAX
from intake.triage.sorting import Place, place_of
from tierline.domain.triage import COUNTED_MAX
from tierline.messages.alert import INDEX_MAX, AcceptedAlert

Kind = tuple[str, str, str]
"""What alerts that are alike have in common: integration, dedup key, client."""
Counts = Mapping[int, Mapping[str, int]]
"""By the id of an alert and the window, how many there are; the alert is one of them."""

ALIKE = """
SELECT u.n, found.accepted_at, found.idx, found.id
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    WITH ORDINALITY AS u(integration, dedup_key, client, since, until, n)
CROSS JOIN LATERAL
    tierline.alike(u.integration, u.dedup_key, u.client, u.since, u.until, $6) AS found
"""
"""Of each kind the alerts that fired in a span, among the latest so many: a source that sends
without end costs no more."""


async def count_alike(
    connection: Any, alerts: Collection[AcceptedAlert], windows: Mapping[str, timedelta]
) -> Counts:
    """How many alerts like each of `alerts` were accepted in each window up to it.

    Args:
        connection: reads what is committed.
        alerts: accepted ones.
        windows: what the policy's rules count over; without any, nothing is asked.

    Returns:
        For each alert, by window, at most COUNTED_MAX. An alert that fires counts itself.
    """
    if not windows or not alerts:
        return {}
    kinds = defaultdict[Kind, list[AcceptedAlert]](list)
    for alert in alerts:
        kinds[_kind(alert)].append(alert)
    places = await _places(connection, kinds, max(windows.values()))
    return {
        alert.id: {
            text: _within(places[kind], place_of(alert), length) for text, length in windows.items()
        }
        for kind, found in kinds.items()
        for alert in found
    }


def _kind(alert: AcceptedAlert) -> Kind:
    return (alert.integration, alert.alert.dedup_key, alert.client)


async def _places(
    connection: Any, kinds: Mapping[Kind, Collection[AcceptedAlert]], longest: timedelta
) -> dict[Kind, list[Place]]:
    """Where the alerts of each kind stand that fired since the longest window began, in order."""
    listed = list(kinds)
    instants = [[alert.accepted_at for alert in kinds[kind]] for kind in listed]
    rows = await connection.fetch(
        ALIKE,
        [integration for integration, _, _ in listed],
        [key for _, key, _ in listed],
        [client for _, _, client in listed],
        [min(ats) - longest for ats in instants],
        [max(ats) for ats in instants],
        ALIKE_READ_MAX,
    )
    found: dict[Kind, list[Place]] = {kind: [] for kind in listed}
    for row in rows:
        found[listed[row["n"] - 1]].append((row["accepted_at"], row["idx"], row["id"]))
    return {kind: sorted(places) for kind, places in found.items()}


def _within(places: list[Place], last: Place, length: timedelta) -> int:
    """How many stand after the beginning of a window, up to `last` itself."""
    begins: tuple[datetime, int, int] = (last[0] - length, INDEX_MAX + 1, 0)
    return min(bisect_right(places, last) - bisect_left(places, begins), COUNTED_MAX)
