"""A burst: so many alerts as fast as they are taken, until the last one is told.

Once with one webhook subscription to opened tickets (a message an alert), with the CPU that all
parts and the database spent, and once with everybody told whom the example policy names.
"""

import asyncio
import time
from dataclasses import dataclass

from bench.receiver import Receiver, receiving
from bench.rows import Row, Say
from bench.scale import Scale
from bench.sender import one_by_one, send
from bench.stack import HOOK, Stack, running
from bench.waiting import until

WARM_UP = 200
TOLD_SECONDS = 300
SETTLED_SECONDS = 120
QUIET_SECONDS = 2.0
POLL_S = 0.02

WAITING = (
    "SELECT (SELECT count(*) FROM tierline.message WHERE state = 'pending')"
    " + (SELECT count(*) FROM tierline.notice WHERE state = 'pending')"
    " + (SELECT count(*) FROM tierline.outbox)"
)
DELIVERED = "SELECT count(*) FROM tierline.message WHERE state = 'delivered'"


@dataclass
class Burst:
    """One burst: seconds from the first alert on, CPU seconds by part, and the cores idle costs."""

    alerts: int
    accepted_s: float
    told_s: float
    settled_s: float
    told: int
    delivered: int
    failed: int
    cpu: dict[str, float]
    idle_cores: float


async def measure(scale: Scale, say: Say) -> list[Row]:
    """The burst with one webhook, then with the full telling."""
    async with receiving() as receiver, running(receiver.url) as stack:
        one = await burst(stack, receiver, scale.burst, say)
    async with (
        receiving() as receiver,
        running(receiver.url, rooms=True, only_opened=False) as stack,
    ):
        full = await burst(stack, receiver, scale.burst, say)
    return [*_rows(one), *_cpu_rows(one), *_full_rows(full)]


async def burst(stack: Stack, receiver: Receiver, alerts: int, say: Say) -> Burst:
    """Send `alerts` alerts over 16 connections; wait until all are told and all is recorded."""
    numbers = iter(range(WARM_UP + alerts))
    warm = iter([next(numbers) for _ in range(WARM_UP)])
    await send(stack.port("intake"), one_by_one(stack.key, warm), 4)
    await _told(receiver, WARM_UP)
    await _settled(stack)
    resting, rested = stack.cpu(), time.monotonic()
    await asyncio.sleep(QUIET_SECONDS)
    delivered, before = await stack.db.fetchval(DELIVERED), stack.cpu()
    idle = (sum(before.values()) - sum(resting.values())) / (time.monotonic() - rested)
    say(f"{alerts} alerts")
    sent = await send(stack.port("intake"), one_by_one(stack.key, numbers))
    arrivals = await _told(receiver, WARM_UP + alerts)
    await _settled(stack)
    settled = time.monotonic()
    after = stack.cpu()
    told = [at for number, at in arrivals.items() if number >= WARM_UP]
    return Burst(
        alerts=alerts,
        accepted_s=sent.took_s,
        told_s=max(told) - sent.began,
        settled_s=settled - sent.began,
        told=len(told),
        delivered=await stack.db.fetchval(DELIVERED) - delivered,
        failed=sent.failed,
        cpu={name: after[name] - before[name] for name in before},
        idle_cores=idle,
    )


async def _told(receiver: Receiver, wanted: int) -> dict[int, float]:
    """Arrivals at the subscription's address by alert, once there are `wanted`, or time is up."""
    deadline = time.monotonic() + TOLD_SECONDS
    while True:
        seen = await receiver.seen(HOOK)
        if len(seen.first) >= wanted or time.monotonic() > deadline:
            return seen.first
        await asyncio.sleep(POLL_S if wanted - len(seen.first) < 500 else 10 * POLL_S)


async def _settled(stack: Stack) -> None:
    async def settled() -> bool:
        return not await stack.db.fetchval(WAITING)

    await until(settled, SETTLED_SECONDS)


def _rows(one: Burst) -> list[Row]:
    return [
        Row(
            name=f"burst of {one.alerts:,} until the last is told",
            measured=one.told_s,
            unit="s",
            target=4.0 * one.alerts / 5_000,
            rival=43.0 * one.alerts / 5_000,
            rival_name="GoAlert",
            note="one webhook subscription to opened tickets; Alertmanager 2.2 s, memory only",
        ),
        Row(name="... until all were accepted", measured=one.accepted_s, unit="s"),
        Row(name="... until the last outcome is recorded", measured=one.settled_s, unit="s"),
        Row(
            name="... told, of those sent",
            measured=one.told,
            unit="alerts",
            target=one.alerts,
            lower=False,
            note=f"{one.failed} answers other than 202",
        ),
        Row(
            name="... messages delivered, by their records",
            measured=one.delivered,
            unit="messages",
            target=one.alerts,
            lower=False,
        ),
    ]


def _cpu_rows(one: Burst) -> list[Row]:
    each = {name: used / one.alerts * 1000 for name, used in one.cpu.items()}
    rows = [
        Row(
            name="CPU per alert, end to end",
            measured=sum(each.values()),
            unit="ms",
            target=0.6,
            rival=4.3,
            rival_name="GoAlert",
            note="all parts and the database, until the last outcome is recorded",
        ),
        Row(
            name="... of which they use in that time anyway, idle",
            measured=one.idle_cores * one.settled_s / one.alerts * 1000,
            unit="ms",
            note=f"{one.idle_cores * 100:.0f} % of a core",
        ),
    ]
    return rows + [Row(name=f"... {name}", measured=used, unit="ms") for name, used in each.items()]


def _full_rows(full: Burst) -> list[Row]:
    return [
        Row(
            name=f"burst of {full.alerts:,}, everybody told, until the last is told",
            measured=full.told_s,
            unit="s",
            rival=43.0 * full.alerts / 5_000,
            rival_name="GoAlert",
            note="every event to the subscription, rooms and mail by the example policy",
        ),
        Row(name="... until the last outcome is recorded", measured=full.settled_s, unit="s"),
        Row(
            name="... messages a second",
            measured=full.delivered / full.settled_s,
            unit="messages/s",
            lower=False,
            note=f"{full.delivered:,} messages delivered",
        ),
        Row(
            name="... CPU per message, end to end",
            measured=sum(full.cpu.values()) / max(full.delivered, 1) * 1000,
            unit="ms",
        ),
    ]
