"""Memory of each service over a long run at a steady rate: flat, or growing?

New problems, repeated ones and recoveries come at a steady rate; a webhook and the rooms are told.
The line through the second half of the samples says how much a service grows in an hour: its
memory, and the blocks that its program holds. Where only the first grows it is room that the
allocator keeps after a peak; a leak grows both. Leads
hear of unclaimed tickets after a minute instead of a quarter of an hour: else mail, which has
buffers of its own, would begin in the middle of that half and look like growth.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import httpx

from bench.processes import memory_mb
from bench.receiver import receiving
from bench.rows import Row, Say
from bench.scale import Scale
from bench.stack import SERVICES, Stack, running

FLAT_MB = 3.0
FLAT_SHARE = 0.03
"""Growth over the second half below either of these is flat: allocators breathe."""

TOLD_EVERY_S = 60.0
BLOCKS = "tierline_python_blocks"
REPEATED, RECOVERED = 3, 7
"""Each third alert repeats the problem before it; each seventh says that one is over."""


@dataclass
class Samples:
    """Seconds since the beginning, and resident MB and blocks held at each, by service."""

    at: list[float] = field(default_factory=list)
    mb: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SERVICES})
    blocks: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SERVICES})


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Alerts at a steady rate for so many minutes, memory sampled meanwhile."""
    async with (
        receiving() as receiver,
        running(receiver.url, rooms=True, only_opened=False, unclaimed="1m") as stack,
    ):
        stop = asyncio.Event()
        posting = asyncio.create_task(_post(stack, scale.soak_per_s, stop))
        samples = await _sample(stack, scale.soak_minutes * 60, scale.soak_every_s, say)
        stop.set()
        sent = await posting
        waiting = await stack.db.fetchval(
            "SELECT count(*) FROM tierline.alert WHERE outcome IS NULL"
        )
    rows = [_row(name, samples.at, mb) for name, mb in samples.mb.items()]
    rows += [_held_row(name, samples.at, held) for name, held in samples.blocks.items()]
    return [
        *rows,
        Row(name="alerts sent during the soak", measured=sent, unit="alerts"),
        Row(name="... without an outcome at its end", measured=waiting, unit="alerts"),
    ]


async def _post(stack: Stack, per_s: int, stop: asyncio.Event) -> int:
    """Alerts at a steady rate until `stop`; gives how many."""
    began, sent = time.monotonic(), 0
    headers = {"Authorization": f"Bearer {stack.key}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=stack.url("intake"), headers=headers, timeout=30) as http:
        for number in count():
            await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
            if stop.is_set():
                return sent
            answer = await http.post("/v1/alerts", content=_alert(number))
            sent += answer.is_success
    raise AssertionError("a count does not end")


def _alert(number: int) -> bytes:
    repeats = number % REPEATED == 0 or number % RECOVERED == 0
    alert = {
        "dedup_key": f"soak {number - 1 if repeats else number}",
        "title": f"The disk of srv-{number % 500} is nearly full",
        "client": "Harbour Dental",
        "host": f"srv-{number % 500}",
        "severity": "error",
        "status": "resolved" if number % RECOVERED == 0 else "firing",
    }
    return json.dumps(alert).encode()


async def _sample(stack: Stack, seconds: float, every_s: float, say: Say) -> Samples:
    samples, began, told = Samples(), time.monotonic(), 0.0
    while (passed := time.monotonic() - began) < seconds:
        pids = stack.pids()
        samples.at.append(passed)
        for name in SERVICES:
            samples.mb[name].append(memory_mb(pids[name])[0])
            samples.blocks[name].append(await _blocks(stack.url(name)))
        if passed - told >= TOLD_EVERY_S:
            told = passed
            now = ", ".join(f"{name} {mb[-1]:.0f}" for name, mb in samples.mb.items())
            say(f"{passed / 60:.0f} of {seconds / 60:g} minutes; MB: {now}")
        await asyncio.sleep(every_s)
    return samples


def _row(name: str, at: Sequence[float], mb: Sequence[float]) -> Row:
    """How much a service grew over the second half, by the line through its samples."""
    half = len(at) // 2
    slope = slope_of(at[half:], mb[half:])
    grown = slope * (at[-1] - at[half])
    most = max(FLAT_MB, FLAT_SHARE * mb[half])
    verdict = "growing" if grown > most else "flat"
    return Row(
        name=f"memory of {name}: growth in the second half",
        measured=grown,
        unit="MB",
        target=most,
        note=f"{verdict}: {slope * 3600:.1f} MB an hour; from {mb[0]:.0f} to {mb[-1]:.0f} MB",
    )


def _held_row(name: str, at: Sequence[float], blocks: Sequence[float]) -> Row:
    """Likewise of what its program holds: a share, as a block is a block."""
    half = len(at) // 2
    slope = slope_of(at[half:], blocks[half:])
    return Row(
        name=f"blocks held by {name}: growth in the second half",
        measured=100 * slope * (at[-1] - at[half]) / max(blocks[half], 1),
        unit="%",
        target=100 * FLAT_SHARE,
        note=f"from {blocks[0]:,.0f} to {blocks[-1]:,.0f} blocks",
    )


async def _blocks(url: str) -> float:
    """What the service's metrics say that its program holds."""
    async with httpx.AsyncClient(timeout=30) as http:
        lines = (await http.get(f"{url}/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{BLOCKS} "))


def slope_of(at: Sequence[float], values: Sequence[float]) -> float:
    """The slope of the least-squares line through points: units a second; 0 for fewer than two."""
    if len(at) < 2:
        return 0.0
    mean_at, mean = sum(at) / len(at), sum(values) / len(values)
    spread = sum((one - mean_at) ** 2 for one in at)
    return sum((a - mean_at) * (v - mean) for a, v in zip(at, values, strict=True)) / spread
