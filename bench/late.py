"""How late is the second step, with a full house standing by?

PostgreSQL, the broker and one sla-timer. Tickets that nobody claimed are about to climb a tier: so
many each second, then many at one instant. Policy time is held while they are prepared. Late is
the instant the event was written, less the instant it was due.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from bench.copies import FIRST_ORIGINAL, fill, write_lives
from bench.lives import about_to_climb, standing
from bench.rows import Row, Say, quantile
from bench.scale import Scale
from bench.servers import Servers, serving
from bench.waiting import until

ORIGINALS = 300
FIRST_RATE = 800_000_000
FIRST_CROWD = 850_000_000
HEAD_START_S = 2.0
IDLE_S = 5.0
SETTLE_S = 2.0
DONE_SECONDS = 120

HOLD = (
    "UPDATE tierline.policy_clock SET anchor = tierline.policy_now(),"
    " real_anchor = clock_timestamp(), held = true RETURNING anchor"
)
RELEASE = "UPDATE tierline.policy_clock SET real_anchor = clock_timestamp(), held = false"
CLIMBED = (
    "SELECT count(*) FROM tierline.event WHERE type = 'escalated' AND ticket BETWEEN $1 AND $2"
)
NONE_DUE = (
    "SELECT NOT EXISTS (SELECT FROM tierline.ticket WHERE next_due_at <= now.at)"
    " FROM (SELECT tierline.policy_now() AS at OFFSET 0) AS now"
)
"""Counting the events ten times a second would take a quarter of what PostgreSQL has to give."""

LATE = """
SELECT extract(epoch FROM e.written_at - (e.at - c.anchor + c.real_anchor))::float8 AS late
FROM tierline.event e, tierline.policy_clock c
WHERE e.type = 'escalated' AND e.ticket BETWEEN $1 AND $2
"""


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Fill the house, then a steady rate of due tickets, then many at one instant."""
    async with serving() as servers:
        await fill_with_standing(servers, scale.open_tickets, say, problems=False)
        await servers.start("sla-timer")
        await asyncio.sleep(SETTLE_S)
        idle = await _idle_share(servers)
        count = scale.due_per_s * scale.due_s
        gap = timedelta(seconds=1 / scale.due_per_s)
        say(f"{scale.due_per_s}/s due for {scale.due_s} s")
        rate, used = await let_climb(servers, FIRST_RATE, count, gap)
        say(f"{scale.due_at_once:,} due at one instant")
        crowd, _ = await let_climb(servers, FIRST_CROWD, scale.due_at_once, timedelta(0))
    return _rows(scale, rate, crowd, used / count * 1000, idle)


async def fill_with_standing(
    servers: Servers, count: int, say: Say, *, problems: bool = True
) -> None:
    """Put `count` open tickets of all ages into the database; none is due within two hours."""
    now: datetime = await servers.db.fetchval("SELECT tierline.policy_now()")
    originals = standing(servers.policy, min(ORIGINALS, count), now, FIRST_ORIGINAL)
    await fill(servers.db, originals, count, say, problems=problems)


async def _idle_share(servers: Servers) -> float:
    """CPU that sla-timer and PostgreSQL use while nothing is due, as a share of one core."""
    before = sum(servers.cpu().values())
    await asyncio.sleep(IDLE_S)
    return (sum(servers.cpu().values()) - before) / IDLE_S


async def let_climb(
    servers: Servers, first: int, count: int, gap: timedelta
) -> tuple[list[float], float]:
    """How late each of `count` tickets climbed (s), due `gap` apart; and the CPU seconds spent."""
    db: Any = servers.db
    held: datetime = await db.fetchval(HOLD)
    start = held + timedelta(seconds=HEAD_START_S)
    lives = [about_to_climb(servers.policy, first + n, start + n * gap) for n in range(count)]
    await write_lives(db, lives)
    last = first + count - 1
    before = sum(servers.cpu().values())
    await db.execute(RELEASE)

    async def none_due() -> bool:
        return bool(await db.fetchval(NONE_DUE))

    await asyncio.sleep(HEAD_START_S + count * gap.total_seconds())
    await until(none_due, DONE_SECONDS, 0.05)
    climbed = await db.fetchval(CLIMBED, first, last)
    if climbed != count:
        raise RuntimeError(f"{climbed} of {count} tickets climbed, and none is due")
    used = sum(servers.cpu().values()) - before
    return [row["late"] for row in await db.fetch(LATE, first, last)], used


def _rows(
    scale: Scale, rate: list[float], crowd: list[float], cpu_ms: float, idle: float
) -> list[Row]:
    around = f"{scale.open_tickets:,} open"
    return [
        Row(
            name=f"second step late by, p50, {around}, {scale.due_per_s}/s due",
            measured=quantile(rate, 0.5) * 1000,
            unit="ms",
            rival=3500.0,
            rival_name="GoAlert",
            note="written, by the database's clock",
        ),
        Row(name="... p99", measured=quantile(rate, 0.99) * 1000, unit="ms", target=50.0),
        Row(
            name="... longest",
            measured=max(rate) * 1000,
            unit="ms",
            rival=9900.0,
            rival_name="GoAlert",
        ),
        Row(name="... CPU per ticket, sla-timer, broker and database", measured=cpu_ms, unit="ms"),
        Row(
            name=f"{scale.due_at_once:,} due at one instant, the last late by",
            measured=max(crowd),
            unit="s",
            target=1.0,
        ),
        Row(
            name=f"idle with {around}: sla-timer, broker and database",
            measured=idle * 100,
            unit="% of core",
        ),
    ]
