"""kill -9 of every part in the middle of a burst: what was accepted, what was told?

Each alert is posted until it got a 2xx, at a steady rate; the parts die one after the other. In
the end every accepted alert must have its ticket, and the receiver must have heard of it. The
fault runs of tests/faults ask far more; this part is the row beside the rivals' numbers.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import asyncpg
import httpx

from bench.receiver import Receiver, receiving
from bench.rows import Row, Say
from bench.scale import Scale
from bench.stack import HOOK, SERVICES, Stack, running
from bench.waiting import until

VICTIMS = (*SERVICES, "broker", "postgres")
RATE_PER_S = 150
WORKERS = 16
WARM_UP = 30
FIRST = 1_000
TRIES_MAX = 400
POST_SECONDS = 10.0
BACK_SECONDS = 60
TOLD_SECONDS = 180
UNTOLD_LOOK_S = 0.25

RIVALS = "Alertmanager lost 951 of 6,000, Keep 8 of 600, GoAlert none"

LEFT = """
SELECT (SELECT count(*) FROM tierline.alert WHERE outcome IS NULL)
    + (SELECT count(*) FROM tierline.notice WHERE state = 'pending')
    + (SELECT count(*) FROM tierline.message WHERE state = 'pending')
    + (SELECT count(*) FROM tierline.outbox)
"""
LOST = """
SELECT count(*) FROM unnest($1::bigint[]) AS u(id) LEFT JOIN tierline.alert a USING (id)
WHERE a.ticket IS NULL
"""
TWICE = """
SELECT count(*) FROM (SELECT FROM tierline.ticket GROUP BY client, problem_key
    HAVING count(*) > 1) AS x
"""


@dataclass
class Burst:
    """What was posted: alert ids by number, tries, and parts killed."""

    accepted: dict[int, int] = field(default_factory=dict)
    tries: int = 0
    killed: int = 0


async def measure(scale: Scale, say: Say) -> list[Row]:
    """One death of each part, spread over the burst; then everything must drain."""
    done = Burst()
    async with receiving() as receiver, running(receiver.url) as stack:
        await _post_all(stack, done, iter(range(FIRST - WARM_UP, FIRST)))
        say(f"{scale.killed} alerts, {len(VICTIMS)} parts killed meanwhile")
        numbers = range(FIRST, FIRST + scale.killed)
        killing = asyncio.create_task(_kill_each(stack, done, len(numbers), say))
        await _post_all(stack, done, iter(numbers))
        await killing
        ended = time.monotonic()
        untold = await _untold(receiver, done, numbers)
        drained_s = time.monotonic() - ended
        lost, twice, left = await _judged(stack, done)
    return _rows(scale, done, lost, untold, twice, left, drained_s)


async def _post_all(stack: Stack, done: Burst, numbers: Iterator[int]) -> None:
    began, first = time.monotonic(), len(done.accepted)

    async def worker(http: httpx.AsyncClient) -> None:
        for number in numbers:
            posted = len(done.accepted) - first
            await asyncio.sleep(max(0.0, posted / RATE_PER_S - (time.monotonic() - began)))
            done.accepted[number] = await _post(http, number, done)

    headers = {"Authorization": f"Bearer {stack.key}"}
    async with httpx.AsyncClient(
        base_url=stack.url("intake"), headers=headers, timeout=POST_SECONDS
    ) as http:
        await asyncio.gather(*(worker(http) for _ in range(WORKERS)))


async def _post(http: httpx.AsyncClient, number: int, done: Burst) -> int:
    """Post one alert until it is taken; gives its id."""
    body = {"dedup_key": str(number), "title": f"bench-{number}", "client": "Harbour Dental"}
    for tried in range(TRIES_MAX):
        done.tries += 1
        # AttributeError is how anyio words a connection that was gone before it was looked at.
        with contextlib.suppress(httpx.TransportError, AttributeError):
            answer = await http.post("/v1/alerts", json=body)
            if answer.is_success:
                return int(answer.json()["id"])
        await asyncio.sleep(min(0.05 * (tried + 1), 0.5))
    raise RuntimeError(f"alert {number} was never accepted")


async def _kill_each(stack: Stack, done: Burst, alerts: int, say: Say) -> None:
    """One part after the other, spread evenly over the alerts."""
    for place, victim in enumerate(VICTIMS, start=1):
        at = WARM_UP + alerts * place // (len(VICTIMS) + 1)
        await until(lambda at=at: _reached(done, at), BACK_SECONDS * 5)  # type: ignore[misc]
        await until(lambda victim=victim: _runs(stack, victim), BACK_SECONDS)  # type: ignore[misc]
        os.kill(stack.pids()[victim], signal.SIGKILL)
        done.killed += 1
        say(f"killed {victim} at alert {len(done.accepted) - WARM_UP}")


async def _reached(done: Burst, count: int) -> bool:
    return len(done.accepted) >= count


async def _runs(stack: Stack, part: str) -> bool:
    with contextlib.suppress(KeyError, ValueError, ProcessLookupError):
        os.kill(stack.pids()[part], 0)
        return True
    return False


async def _untold(receiver: Receiver, done: Burst, numbers: range) -> int:
    """How many of the accepted alerts the receiver never heard of, after waiting for them."""

    async def all_told() -> bool:
        return (await receiver.seen(HOOK)).first.keys() >= set(numbers)

    with contextlib.suppress(TimeoutError):
        await until(all_told, TOLD_SECONDS, UNTOLD_LOOK_S)
    return len(done.accepted.keys() & set(numbers) - (await receiver.seen(HOOK)).first.keys())


async def _judged(stack: Stack, done: Burst) -> tuple[int, int, int]:
    """By the database: accepted without a ticket, problems with two tickets, what still waits."""
    db = await asyncpg.connect(stack.database_url)
    try:

        async def settled() -> bool:
            return not await db.fetchval(LEFT)

        with contextlib.suppress(TimeoutError):
            await until(settled, TOLD_SECONDS, UNTOLD_LOOK_S)
        lost = await db.fetchval(LOST, list(done.accepted.values()))
        return lost, await db.fetchval(TWICE), await db.fetchval(LEFT)
    finally:
        await db.close()


def _rows(
    scale: Scale, done: Burst, lost: int, untold: int, twice: int, left: int, drained_s: float
) -> list[Row]:
    return [
        Row(
            name=f"kill -9 of {done.killed} parts in {scale.killed:,} alerts: lost",
            measured=lost,
            unit="alerts",
            target=0,
            note=f"{done.tries - len(done.accepted)} posts were tried again; {RIVALS}",
        ),
        Row(name="... untold", measured=untold, unit="alerts", target=0),
        Row(name="... problems with two tickets", measured=twice, unit="problems", target=0),
        Row(name="... left without an outcome", measured=left, unit="rows", target=0),
        Row(name="... all told after the last alert", measured=drained_s, unit="s"),
    ]
