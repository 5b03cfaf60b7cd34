"""Waiting until nothing waits any more, with the policy clock held so that time adds nothing."""

import asyncio
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

import asyncpg

from router.requests import ClockBody
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

LEASED = """
WITH leased AS MATERIALIZED (
    SELECT m.id, m.line FROM tierline.message m
    JOIN tierline.attempt a ON a.message = m.id AND a.number = m.attempt AND a.ended_at IS NULL
    WHERE m.state = 'pending' AND m.due_at > clock_timestamp()
), behind AS MATERIALIZED (
    SELECT id FROM leased UNION
    SELECT m.id FROM tierline.message m JOIN leased l ON m.line = l.line AND m.id > l.id
    WHERE m.state = 'pending' AND m.line <> ''
)
SELECT (SELECT count(*) FROM behind) AS messages,
       (SELECT count(*) FROM tierline.notice n JOIN behind b ON n.message = b.id
        WHERE n.state = 'pending') AS notices
"""
"""Messages of a sender that died, and those of their lines: nobody may have them before the lease
is over."""

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


@dataclass(slots=True)
class Drained:
    """How a drain went, in real seconds.

    `left`: what still waited at the bound; `until_s`: for how long something of each kind waited.
    """

    took_s: float = 0.0
    until_s: dict[str, float] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)

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


async def drain(world: World, bound_s: float) -> Drained:
    """Hold the policy clock and wait until nothing waits, at most `bound_s`."""
    await world.turn_clock(ClockBody(held=True))
    watch, hurried = Watch(), 0.0
    found = Drained()
    connection = await world.stack.connect()
    try:
        while True:
            try:
                if watch.seconds - hurried > HURRY_EVERY_S:
                    hurried = watch.seconds
                    await connection.execute(HURRY)
                found.left = await waiting(world, connection)
                found.took_s = watch.seconds
                found.until_s |= {what: found.took_s for what, n in found.left.items() if n}
                if not any(found.left.values()):
                    return found
                if watch.seconds > bound_s:
                    rows: list[Any] = await connection.fetch(STUCK, DETAILS_MAX)
                    found.details = [str(dict(row)) for row in rows]
                    return found
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                connection = await world.stack.connect()
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await connection.close()


async def quiet_enough(world: World, bound_s: float) -> Drained:
    """Wait, at most `bound_s`, until what is left waits for a dead sender's lease alone."""
    watch, found = Watch(), Drained()
    connection = await world.stack.connect()
    try:
        while watch.seconds < bound_s:
            left = await waiting(world, connection)
            leased = await connection.fetchrow(LEASED)
            left["messages without an outcome"] -= leased["messages"]
            left["notices without an outcome"] -= leased["notices"]
            found.took_s = watch.seconds
            found.until_s |= {what: found.took_s for what, count in left.items() if count > 0}
            if not any(count > 0 for count in left.values()):
                break
            await asyncio.sleep(LOOK_EVERY_S)
        return found
    finally:
        await connection.close()
