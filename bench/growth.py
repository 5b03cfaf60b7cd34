"""Does it get slower as events pile up? The same work with ten thousand stored, and with millions.

The stored events are those of tickets that were worked and closed; some tickets are open. Every
step measures accepting, triage, commands, ticks and the board, on services that were just started.
"""

import asyncio
import shutil
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice

import httpx

from bench.commands import give, tickets_of, worked_on
from bench.copies import FIRST_COPY, FIRST_ORIGINAL, fill
from bench.crowd import settled
from bench.late import fill_with_standing, let_climb
from bench.lives import closed
from bench.rows import Row, Say, quantile
from bench.scale import Scale
from bench.sender import for_seconds, in_arrays, one_by_one, send
from bench.servers import Servers, serving

ORIGINALS = 100
BYTES_PER_EVENT = 5_000
"""What an event takes on disk at most, with its index and its share of the ticket."""

SPARE_BYTES = 10 * 10**9
SERVICES = ("intake", "router", "sla-timer", "notifier")
NO_SLOWER = 1.25
"""Differences under 20 % mean nothing on a machine that others share."""

WARM_UP = 300
READS = 100
TICKED = 1_000
FIRST_WORKED, FIRST_CLIMBING = 500_000_000, 600_000_000
STEP_NUMBERS = 1_000_000
SETTLE_S = 3.0
FORGET_SECONDS = 600.0


FORGET = (
    "DELETE FROM tierline.event WHERE ticket < $1 OR ticket >= $2",
    "DELETE FROM tierline.problem WHERE ticket < $1 OR ticket >= $2",
    "DELETE FROM tierline.ticket WHERE id < $1 OR id >= $2",
)
"""What a step itself brought: else each would have more open tickets than the one before."""


@dataclass
class Step:
    """What one step measured, by name, with its unit; rates and times."""

    events: int
    size_gb: float
    rates: dict[str, float]
    times_ms: dict[str, float]


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Fill, measure, fill more, measure again."""
    steps: list[Step] = []
    async with serving() as servers:
        _refuse_a_small_disk(servers, max(scale.growth))
        await fill_with_standing(servers, scale.growth_open, say)
        for place, events in enumerate(scale.growth):
            await _fill_up_to(servers, events, say)
            steps.append(await _step(servers, scale, place, say))
    return [row for step in steps for row in _rows(step, steps[0])]


def _refuse_a_small_disk(servers: Servers, events: int) -> None:
    needed = events * BYTES_PER_EVENT + SPARE_BYTES
    free = shutil.disk_usage(servers.folder).free
    if free < needed:
        raise RuntimeError(
            f"{events:,} events need up to {needed / 1e9:.0f} GB, and {servers.folder} has"
            f" {free / 1e9:.0f} GB: set TMPDIR to a folder on a larger disk"
        )


async def _fill_up_to(servers: Servers, events: int, say: Say) -> None:
    """Closed tickets with their events, until so many events are stored."""
    stored = await servers.db.fetchval("SELECT count(*) FROM tierline.event")
    if stored >= events:
        return
    now = await servers.db.fetchval("SELECT tierline.policy_now()")
    originals = closed(servers.policy, ORIGINALS, now, FIRST_ORIGINAL)
    each = sum(len(life.events) for life in originals) / ORIGINALS
    await fill(servers.db, originals, round((events - stored) / each), say, events=True)


async def _step(servers: Servers, scale: Scale, place: int, say: Say) -> Step:
    """Start the services, measure each kind of work, and stop them again."""
    events = await servers.db.fetchval("SELECT count(*) FROM tierline.event")
    size = await servers.db.fetchval("SELECT pg_database_size(current_database())")
    worked = await worked_on(
        servers,
        tickets_of(scale.commands // 3) + tickets_of(WARM_UP),
        FIRST_WORKED + place * STEP_NUMBERS,
    )
    await servers.start_all(SERVICES)
    say(f"{events:,} events stored, {size / 1e9:.1f} GB")
    try:
        rates = await _rates(servers, scale)
        await asyncio.sleep(SETTLE_S)
        await give(servers, worked, WARM_UP, 50)
        commands = await give(servers, worked, scale.commands // 3, 50)
        ticked = min(TICKED, scale.due_at_once)
        late, _ = await let_climb(
            servers, FIRST_CLIMBING + place * STEP_NUMBERS, ticked, timedelta(0)
        )
        board = await _board(servers)
    finally:
        await servers.stop_all()
    for statement in FORGET:
        await servers.db.execute(statement, FIRST_COPY, FIRST_WORKED, timeout=FORGET_SECONDS)
    times = {
        "a command, p50": quantile(commands.seconds, 0.5) * 1000,
        "a command, p99": quantile(commands.seconds, 0.99) * 1000,
        f"{ticked:,} due at one instant, the last": max(late) * 1000,
        "the board, p50": quantile(board, 0.5) * 1000,
    }
    return Step(events, size / 1e9, rates, times)


async def _rates(servers: Servers, scale: Scale) -> dict[str, float]:
    """Alerts accepted one by one, and alerts in arrays until the last has its ticket."""
    numbers = count(int(time.time()) * 1000)  # problems that no earlier step has seen
    port, key = servers.port("intake"), servers.key
    await send(port, in_arrays(key, islice(numbers, WARM_UP), 100), 1)
    await settled(servers)
    single = await send(port, for_seconds(scale.crowd_s, one_by_one(key, numbers)))
    await settled(servers)
    alerts = scale.backlog // 4
    many = await send(port, in_arrays(key, islice(numbers, alerts), 100), 4)
    took = many.took_s + await settled(servers)
    return {
        "accepted one by one": len(single.latencies) / single.took_s,
        "alerts to tickets": alerts / took,
    }


async def _board(servers: Servers) -> list[float]:
    """Seconds of each of READS reads of the board, one after the other."""
    headers = {"Authorization": f"Bearer {servers.loaded['token']}"}
    url = f"http://127.0.0.1:{servers.port('router')}/v1/board"
    found = []
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        for _ in range(READS):
            began = time.perf_counter()
            (await http.get(url)).raise_for_status()
            found.append(time.perf_counter() - began)
    return found


def _rows(step: Step, first: Step) -> list[Row]:
    label = f"{step.events:,} events"
    rates = [
        Row(
            name=f"{label}: {name}",
            measured=rate,
            unit="alerts/s",
            target=None if step is first else first.rates[name] / NO_SLOWER,
            lower=False,
            note=f"the database has {step.size_gb:.1f} GB",
        )
        for name, rate in step.rates.items()
    ]
    return rates + [
        Row(
            name=f"{label}: {name}",
            measured=took,
            unit="ms",
            target=None if step is first else first.times_ms[name] * NO_SLOWER,
        )
        for name, took in step.times_ms.items()
    ]
