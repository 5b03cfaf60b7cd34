"""Waiting until nothing waits any more, with the policy clock held so that time adds nothing."""

import asyncio
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

import asyncpg

from router.requests import ClockBody
from tests.faults.groups import Groups, LagUnknownError, lags
from tests.faults.promises import Broken, drained
from tests.faults.world import Watch, World

LOOK_EVERY_S = 0.5
HURRY_EVERY_S = 3.0
DETAILS_MAX = 5

WAITING = {
    "alerts without an outcome": "SELECT count(*) FROM tierline.alert WHERE outcome IS NULL",
    "outbox rows": "SELECT count(*) FROM tierline.outbox",
    "tickets whose due instant has passed": (
        "SELECT count(*) FROM tierline.ticket WHERE next_due_at <= tierline.policy_now()"
    ),
    "tickets with events the notifier has not judged": (
        "SELECT count(*) FROM tierline.ticket t LEFT JOIN tierline.progress p"
        " ON p.ticket = t.id AND p.consumer = 'notifier' WHERE coalesce(p.seq, 0) < t.seq"
    ),
    "notices without an outcome": "SELECT count(*) FROM tierline.notice WHERE state = 'pending'",
    "messages without an outcome": "SELECT count(*) FROM tierline.message WHERE state = 'pending'",
}

KEPT = "SELECT DISTINCT md5(body) AS digest FROM tierline.dead_letter"

DEAD_AFTER_S = 5.0
"""A send within the machine is over long before: one that takes longer has lost its sender."""

LEASED = """
WITH leased AS MATERIALIZED (
    SELECT m.id, m.line FROM tierline.message m
    JOIN tierline.attempt a ON a.message = m.id AND a.number = m.attempt AND a.ended_at IS NULL
    WHERE m.state = 'pending' AND m.due_at > clock_timestamp()
      AND a.began_at < clock_timestamp() - make_interval(secs => $1)
)
SELECT id FROM leased UNION
SELECT m.id FROM tierline.message m JOIN leased l ON m.line = l.line AND m.id > l.id
WHERE m.state = 'pending' AND m.line <> ''
"""
"""Messages of a sender that died, and those of their lines: nobody may have them before the lease
is over."""

LEASED_NOTICES = """
SELECT ticket, seq FROM tierline.notice WHERE state = 'pending' AND message = ANY($1::bigint[])
"""

HURRY = """
UPDATE tierline.message m SET due_at = clock_timestamp()
WHERE m.state = 'pending' AND m.due_at > clock_timestamp() + interval '1 second'
  AND NOT EXISTS (SELECT 1 FROM tierline.attempt a WHERE a.message = m.id AND a.number = m.attempt
                  AND a.ended_at IS NULL)
"""
"""A retry is planned up to a day ahead: once all is mended it may come at once."""

STUCK = """
SELECT m.id, m.channel, m.line, m.attempt, m.due_at - clock_timestamp() AS due_in, m.reason,
       a.outcome, a.detail
FROM tierline.message m LEFT JOIN tierline.attempt a ON a.message = m.id AND a.number = m.attempt
WHERE m.state = 'pending' ORDER BY m.id LIMIT $1
"""

UNKNOWN = "lag that the broker does not tell"


@dataclass(frozen=True, slots=True)
class Owed:
    """What waits for a dead sender's lease: messages, and the (ticket, seq) they tell of."""

    messages: frozenset[int] = frozenset()
    events: frozenset[tuple[int, int]] = frozenset()


@dataclass(slots=True)
class Drained:
    """How a drain went, in real seconds.

    Attributes:
        left: what still waited at the bound.
        until_s: for how long something of each kind waited.
        lag_s: how long it took until each group had committed everything.
        lag_most: the most messages a group was seen behind.
        owed: what was left to the leases of dead senders.
    """

    took_s: float = 0.0
    until_s: dict[str, float] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    lag_s: dict[str, float] = field(default_factory=dict)
    lag_most: dict[str, int] = field(default_factory=dict)
    owed: Owed = field(default_factory=Owed)

    def broken(self) -> list[Broken]:
        """Whether everything drained."""
        return drained(self.left, self.details)


async def waiting(world: World, connection: Any) -> dict[str, int]:
    """How many of what still wait. Poison has to be met by every consumer it was meant for."""
    left = {what: await connection.fetchval(sql) for what, sql in WAITING.items()}
    if world.poison:
        kept = {row["digest"] for row in await connection.fetch(KEPT)}
        wanted = {md5(body, usedforsecurity=False).hexdigest() for body in world.poison}
        left["poison that nobody has met"] = len(wanted - kept)
    return left


async def drain(world: World, bound_s: float, *, whole: bool = True) -> Drained:
    """Hold the policy clock and wait until nothing waits, at most `bound_s`.

    Args:
        world: a stack with nothing wrong any more, and no load.
        bound_s: real seconds.
        whole: wait for the leases of dead senders, too.
    """
    await world.turn_clock(ClockBody(held=True))
    watch, hurried = Watch(), 0.0
    found = Drained()
    groups = world.stack.groups()
    connection = await world.stack.connect()
    try:
        while True:
            try:
                if watch.seconds - hurried > HURRY_EVERY_S:
                    hurried = watch.seconds
                    await connection.execute(HURRY)
                found.left = await waiting(world, connection)
                if not whole:
                    await excuse(found, connection)
                # Last: what a row became meanwhile is on the broker by now, and seen there.
                behind = await add_lag(found, groups, watch)
                found.took_s = watch.seconds
                found.until_s |= {what: found.took_s for what, n in found.left.items() if n}
                if not any(found.left.values()):
                    return found
                if watch.seconds > bound_s:
                    rows: list[Any] = await connection.fetch(STUCK, DETAILS_MAX)
                    found.details = [*behind[:DETAILS_MAX], *(str(dict(row)) for row in rows)]
                    return found
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                connection = await world.stack.connect()
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await groups.close()
        await connection.close()


async def excuse(found: Drained, connection: Any) -> None:
    """Take off what waits for a dead sender's lease alone."""
    messages = [row["id"] for row in await connection.fetch(LEASED, DEAD_AFTER_S)]
    notices = [tuple(row) for row in await connection.fetch(LEASED_NOTICES, messages)]
    found.owed = Owed(frozenset(messages), frozenset(notices))
    for what, owed in (("messages", messages), ("notices", notices)):
        name = f"{what} without an outcome"
        found.left[name] = max(0, found.left[name] - len(owed))


async def add_lag(found: Drained, groups: Groups, watch: Watch) -> list[str]:
    """Add how far each group is behind; returns in words where."""
    try:
        standings = await groups.standings()
    except LagUnknownError as error:
        found.left[UNKNOWN] = 1
        return [str(error)]
    for group, count in lags(standings).items():
        found.left[f"messages {group} has not committed"] = count
        found.lag_most[group] = max(count, found.lag_most.get(group, 0))
        # The first look at which nothing is missing, after the last one at which something was.
        if count:
            found.lag_s.pop(group, None)
        else:
            found.lag_s.setdefault(group, watch.seconds)
    return [str(one) for one in standings if one.lag]
