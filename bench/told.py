"""One alert at a time to an idle stack: how long until the webhook is received?"""

import asyncio
import random
import time

from bench.receiver import Receiver, receiving
from bench.rows import Row, Say, quantile
from bench.scale import Scale
from bench.sender import one_by_one, send
from bench.stack import HOOK, Stack, running
from bench.waiting import until

WARM_UP = 30
TOLD_SECONDS = 60

STEPS = """
SELECT extract(epoch FROM a.handled_at - a.received_at) AS triaged,
    extract(epoch FROM n.created_at - a.handled_at) AS judged,
    extract(epoch FROM t.began_at - n.created_at) AS begun,
    extract(epoch FROM t.ended_at - t.began_at) AS sent
FROM tierline.alert a
JOIN tierline.notice n ON n.ticket = a.ticket AND n.kind = 'subscription'
JOIN tierline.attempt t ON t.message = n.message AND t.number = 1
WHERE a.id > $1
"""
"""Where the time goes, by the database's own stamps: seconds."""


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Alerts with pauses at random, so that they meet every phase of every poll."""
    async with receiving() as receiver, running(receiver.url) as stack:
        await _one_after_the_other(stack, range(WARM_UP), scale.told_gap_s)
        await _arrivals(receiver, range(WARM_UP))
        say(f"{scale.told} alerts to an idle stack")
        last = await stack.db.fetchval("SELECT max(id) FROM tierline.alert")
        numbers = range(WARM_UP, WARM_UP + scale.told)
        began = await _one_after_the_other(stack, numbers, scale.told_gap_s)
        told = await _arrivals(receiver, numbers)
        waits = [(told[number] - began[number]) * 1000 for number in numbers]
        return [*_rows(waits), *await _steps(stack, last)]


async def _arrivals(receiver: Receiver, numbers: range) -> dict[int, float]:
    """The instant each of these alerts was first received, once all were."""

    async def all_told() -> bool:
        return (await receiver.seen(HOOK)).first.keys() >= set(numbers)

    await until(all_told, TOLD_SECONDS, 0.1)
    return (await receiver.seen(HOOK)).first


async def _one_after_the_other(stack: Stack, numbers: range, gap_s: float) -> dict[int, float]:
    """Send each alert by itself; gives the instant (monotonic seconds) before each."""
    began = {}
    for number in numbers:
        await asyncio.sleep(random.uniform(gap_s / 3, gap_s))
        began[number] = time.monotonic()
        await send(stack.port("intake"), one_by_one(stack.key, iter([number])), 1)
    return began


def _rows(waits: list[float]) -> list[Row]:
    return [
        Row(
            name="alert to webhook received, idle, p50",
            measured=quantile(waits, 0.5),
            unit="ms",
            target=10.0,
            rival=3200.0,
            rival_name="GoAlert",
            note="Alertmanager 0.9 ms, alerta 10 ms",
        ),
        Row(
            name="... p99",
            measured=quantile(waits, 0.99),
            unit="ms",
            target=50.0,
            rival=5000.0,
            rival_name="GoAlert",
            note="Alertmanager 16 ms, alerta 14 ms",
        ),
        Row(name="... longest", measured=max(waits), unit="ms"),
    ]


async def _steps(stack: Stack, last: int) -> list[Row]:
    """The median of each step, as far as the outcomes are recorded by now."""
    await asyncio.sleep(0.5)
    steps = [row for row in await stack.db.fetch(STEPS, last) if row["sent"] is not None]
    names = {
        "triaged": "accepted to triaged",
        "judged": "triaged to notices written",
        "begun": "notices written to send begun",
        "sent": "send begun to outcome recorded",
    }
    return [
        Row(
            name=f"... {said}, p50",
            measured=quantile([float(row[step]) for row in steps], 0.5) * 1000,
            unit="ms",
        )
        for step, said in names.items()
        if steps
    ]
