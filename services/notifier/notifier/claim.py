"""Taking messages that are due, so that nobody else sends them meanwhile."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import asyncpg

from notifier.limits import Limits

Connection: TypeAlias = "asyncpg.Connection[Any]"
Place = tuple[str, str]
"""A channel and an address on it."""

NOTHING: Final[Mapping[Place, int]] = MappingProxyType({})

LOOK_AHEAD = 4
"""Due messages looked at for each that may be taken, before addresses are asked one by one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is ours for LEASE_S seconds.

    Attributes:
        attempt: number of this attempt, from 1; an outcome counts only while it is the latest.
        age_s: real seconds since the message was written.
        content: the stored references, not yet decoded.
        disabled: its subscription was disabled at the claim: a resume since then has put older
            messages before it.
    """

    id: int
    channel: str
    address: str
    line: str
    key: str
    content: str
    attempt: int
    age_s: float
    fallback_of: int = 0
    disabled: bool = False

    @property
    def place(self) -> Place:
        """Where it goes."""
        return (self.channel, self.address)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look found: messages to send now, and how many wait for an earlier one."""

    claims: list[Claim]
    waiting: int


async def take_due(
    connection: Connection,
    limits: Limits,
    *,
    free: int,
    busy: Mapping[Place, int] = NOTHING,
    closed: Collection[Place] = (),
) -> Taken:
    """Claim up to `free` due messages, in one statement that commits by itself.

    A claim is `attempt + 1` and a due instant one lease ahead, so a sender that dies is followed by
    another after the lease. Of a line only the first message that has no outcome is ever taken;
    those behind it are put off, for longer the longer they have waited, and take nobody's place in
    a share: what becomes of the one ahead makes the next one due at once. `now()` finds the due
    rows, as `clock_timestamp()` in the condition could not use the index.

    Args:
        connection: outside a transaction.
        limits: lease, batch and shares of channels and addresses.
        free: how many may be taken.
        busy: how many messages to each place are held already.
        closed: places that take nothing now.
    """
    used_channel = _used_channels(busy, limits)
    full_channels, full = full_now(busy, limits)
    count = min(free, limits.batch)
    rows = await connection.fetch(
        TAKE,
        count,
        count * LOOK_AHEAD,
        list(full_channels),
        [_name(place) for place in full.union(closed)],
        [_name(place) for place in busy],
        list(busy.values()),
        list(used_channel.keys()),
        list(used_channel.values()),
        limits.per_address,
        limits.per_channel,
        limits.lease_s,
        limits.blocked_look_s,
        limits.blocked_look_max_s,
    )
    claims = [_claim(row) for row in rows if row["claimed"]]
    again = [claim for claim in claims if claim.attempt > 1]
    if again:
        await _close_lost_attempts(connection, again)
    return Taken(sorted(claims, key=lambda claim: claim.id), len(rows) - len(claims))


def full_now(busy: Mapping[Place, int], limits: Limits) -> tuple[set[str], set[Place]]:
    """Channels and places of which no more is taken while so many are held of them."""
    channels = _used_channels(busy, limits).items()
    return (
        {channel for channel, used in channels if used >= limits.per_channel},
        {place for place, held in busy.items() if held >= limits.per_address},
    )


def _used_channels(busy: Mapping[Place, int], limits: Limits) -> Counter[str]:
    used: Counter[str] = Counter()
    for (channel, _), held in busy.items():
        used[channel] += min(held, limits.per_address)  # the rest waits for its turn
    return used


def _name(place: Place) -> str:
    return f"{place[0]} {place[1]}"


def _claim(row: Mapping[str, Any]) -> Claim:
    return Claim(
        id=row["id"],
        channel=row["channel"],
        address=row["address"],
        line=row["line"],
        key=row["key"],
        content=row["content"],
        attempt=row["attempt"],
        age_s=row["age_s"],
        fallback_of=row["fallback_of"] or 0,
        disabled=row["disabled"],
    )


# Looked at is the front of what is due ($2 rows). What stands behind another of its line leaves it,
# so that a backlog of long lines is swept once, not sixteen rows a look. Only where the front is
# used up by places and channels that are full or closed are the others asked for, one by one, each
# for what it may take: how many wait behind them costs nothing, as an address is one step in its
# index, and a full channel too.
TAKE = """
WITH RECURSIVE front AS MATERIALIZED (
    SELECT f.id, f.channel, f.address, f.due_at, f.open,
           f.open AND f.line <> '' AND EXISTS (
               SELECT 1 FROM tierline.message e
               WHERE e.line = f.line AND e.line <> '' AND e.state = 'pending'
                 AND e.id < f.id) AS blocked
    FROM (
        SELECT id, channel, address, line, due_at,
               channel <> ALL($3::text[]) AND channel || ' ' || address <> ALL($4::text[]) AS open
        FROM tierline.message
        WHERE state = 'pending' AND due_at <= now()
        ORDER BY due_at, id LIMIT $2
    ) AS f
), near AS MATERIALIZED (
    SELECT id, due_at FROM (
        SELECT f.id, f.due_at,
               row_number() OVER (PARTITION BY f.channel, f.address ORDER BY f.due_at, f.id)
                   + coalesce(p.used, 0) AS of_place,
               row_number() OVER (PARTITION BY f.channel ORDER BY f.due_at, f.id)
                   + coalesce(c.used, 0) AS of_channel
        FROM front f
        LEFT JOIN unnest($5::text[], $6::bigint[]) AS p(place, used)
               ON p.place = f.channel || ' ' || f.address
        LEFT JOIN unnest($7::text[], $8::bigint[]) AS c(channel, used) ON c.channel = f.channel
        WHERE f.open AND NOT f.blocked
    ) AS ranked
    WHERE of_place <= $9 AND of_channel <= $10
), places AS (
    (SELECT channel, address FROM tierline.message
     WHERE state = 'pending' AND (SELECT count(*) FROM front) >= $2
       AND (SELECT count(*) FROM near) < $1
     ORDER BY channel, address LIMIT 1)
    UNION ALL
    SELECT next.channel, next.address FROM places, LATERAL (
        (SELECT m.channel, m.address FROM tierline.message m
         WHERE m.state = 'pending' AND places.channel <> ALL($3::text[])
           AND (m.channel, m.address) > (places.channel, places.address)
         ORDER BY m.channel, m.address LIMIT 1)
        UNION ALL
        (SELECT m.channel, m.address FROM tierline.message m
         WHERE m.state = 'pending' AND places.channel = ANY($3::text[])
           AND m.channel > places.channel
         ORDER BY m.channel, m.address LIMIT 1)
    ) AS next
), far AS (
    SELECT id, due_at FROM (
        SELECT o.id, o.due_at,
               row_number() OVER (PARTITION BY places.channel ORDER BY o.due_at, o.id)
                   + coalesce(c.used, 0) AS of_channel
        FROM places
        LEFT JOIN unnest($5::text[], $6::bigint[]) AS p(place, used)
               ON p.place = places.channel || ' ' || places.address
        LEFT JOIN unnest($7::text[], $8::bigint[]) AS c(channel, used)
               ON c.channel = places.channel
        CROSS JOIN LATERAL (
            SELECT m.id, m.due_at FROM tierline.message m
            WHERE m.state = 'pending'
              AND m.channel = places.channel AND m.address = places.address
              AND m.due_at <= now()
            ORDER BY m.channel, m.address, m.due_at, m.id
            LIMIT least($1, greatest($9 - coalesce(p.used, 0), 0))) AS o
        WHERE places.channel <> ALL($3::text[])
          AND places.channel || ' ' || places.address <> ALL($4::text[])
    ) AS ranked
    WHERE of_channel <= $10
), picked AS (
    SELECT id FROM (SELECT id, due_at FROM near UNION SELECT id, due_at FROM far) AS found
    ORDER BY due_at, id LIMIT $1
), due AS MATERIALIZED (
    SELECT m.id, (SELECT e.due_at FROM tierline.message e
                  WHERE m.line <> '' AND e.line = m.line AND e.line <> ''
                    AND e.state = 'pending' AND e.id < m.id
                  ORDER BY e.id LIMIT 1) AS ahead
    FROM tierline.message m
    WHERE m.id = ANY(ARRAY(SELECT id FROM picked UNION ALL SELECT id FROM front WHERE blocked))
      AND m.state = 'pending'
      AND (m.due_at <= now()) IS TRUE -- by the key, not by all that is due
    FOR UPDATE OF m SKIP LOCKED
), taken AS (
    UPDATE tierline.message m
    SET attempt = m.attempt + CASE WHEN due.ahead IS NULL THEN 1 ELSE 0 END,
        due_at = CASE
            WHEN due.ahead IS NULL THEN clock_timestamp() + make_interval(secs => $11)
            -- The one ahead waits for a retry: no use in looking before. Else it is being sent, or
            -- waits itself; its outcome makes this one due, whenever that was to be.
            WHEN due.ahead > clock_timestamp() + make_interval(secs => $11) THEN due.ahead
            ELSE clock_timestamp() + least(
                greatest(make_interval(secs => $12), (clock_timestamp() - m.created_at) / 2),
                make_interval(secs => greatest($12, $13))) END
    FROM due WHERE m.id = due.id
    RETURNING m.id, m.channel, m.address, m.line, m.key, m.content, m.attempt, m.fallback_of,
              extract(epoch FROM clock_timestamp() - m.created_at)::float8 AS age_s,
              due.ahead IS NULL AS claimed,
              m.channel = 'webhook' AND EXISTS (
                  SELECT 1 FROM tierline.subscription s
                  WHERE s.name = m.address AND s.disabled_at IS NOT NULL) AS disabled
), begun AS (
    INSERT INTO tierline.attempt (message, number) SELECT id, attempt FROM taken WHERE claimed
)
SELECT * FROM taken
"""


CLOSE_LOST = """
UPDATE tierline.attempt a
SET ended_at = clock_timestamp(), outcome = 'lost',
    detail = 'no outcome within the lease: the sender died, or lost the database'
FROM unnest($1::bigint[], $2::int[]) AS u(message, number)
WHERE a.message = u.message AND a.number < u.number AND a.ended_at IS NULL
"""


async def _close_lost_attempts(connection: Connection, again: Sequence[Claim]) -> None:
    """Say of earlier attempts that never reported back that they did not."""
    await connection.execute(
        CLOSE_LOST, [claim.id for claim in again], [claim.attempt for claim in again]
    )
