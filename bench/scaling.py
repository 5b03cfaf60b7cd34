"""More replicas, more throughput? The same work for one and for two of every service.

All replicas share the cores of this machine with PostgreSQL, the broker and the load: where one of
each already fills the cores, two cannot do more, and the CPU rows say so.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice

from bench.backlog import UNSEEN
from bench.commands import give, tickets_of, worked_on
from bench.crowd import settled
from bench.late import let_climb
from bench.rows import Row, Say
from bench.scale import Scale
from bench.sender import Sent, in_arrays, send
from bench.servers import Servers, serving
from bench.waiting import until

SERVICES = ("intake", "router", "sla-timer", "notifier")
ARRAY = 100
WARM_UP = 1_000
REBALANCED_S = 8.0
"""After this both replicas have their partitions."""

SEEN_SECONDS = 300
FIRST_CLIMBING = 600_000_000


@dataclass
class Rates:
    """What so many replicas did, a second, by kind of work; and the cores that alerts kept busy."""

    by_work: dict[str, float]
    cores: float


async def measure(scale: Scale, say: Say) -> list[Row]:
    """One of each, then two of each, on servers of their own."""
    one = await _with_replicas(1, scale, say)
    two = await _with_replicas(2, scale, say)
    rows = []
    for work, rate in one.by_work.items():
        unit = "/s"
        rows.append(Row(name=f"{work}, one of each", measured=rate, unit=unit, lower=False))
        rows.append(
            Row(
                name="... two of each",
                measured=two.by_work[work],
                unit=unit,
                lower=False,
                rival=rate,
                rival_name="one of each",
            )
        )
    rows.append(Row(name="cores busy with alerts, one of each", measured=one.cores, unit="cores"))
    return [*rows, Row(name="... two of each", measured=two.cores, unit="cores")]


async def _with_replicas(replicas: int, scale: Scale, say: Say) -> Rates:
    numbers = count()
    async with serving() as servers:
        worked = await worked_on(servers, tickets_of(scale.commands))
        for replica in range(1, replicas + 1):
            await servers.start_all(SERVICES, replica)
        await asyncio.sleep(REBALANCED_S)
        await _post(servers, islice(numbers, WARM_UP))
        await settled(servers)
        await _all_judged(servers)
        say(f"{scale.scaling:,} alerts, {replicas} of each service")
        before, began = sum(servers.cpu().values()), time.monotonic()
        await _post(servers, islice(numbers, scale.scaling))
        await settled(servers)
        ticketed = time.monotonic() - began
        await _all_judged(servers)
        judged = time.monotonic() - began
        cores = (sum(servers.cpu().values()) - before) / judged
        say(f"{scale.commands:,} commands")
        commands = await give(servers, worked, scale.commands, 0)
        say(f"{scale.due_at_once:,} due at one instant")
        late, _ = await let_climb(servers, FIRST_CLIMBING, scale.due_at_once, timedelta(0))
    work = {
        "alerts to tickets": scale.scaling / ticketed,
        "alerts judged by the notifier": scale.scaling / judged,
        "commands": len(commands.seconds) / commands.took_s,
        "tickets that fall due at once": scale.due_at_once / max(late),
    }
    return Rates(work, cores)


async def _post(servers: Servers, numbers: Iterator[int]) -> list[Sent]:
    """Post alerts in arrays, spread over all edges."""
    make = in_arrays(servers.key, numbers, ARRAY)
    edges = [port for name, port in servers.ports.items() if name.startswith("intake")]
    return await asyncio.gather(*(send(port, make, 4 // len(edges)) for port in edges))


async def _all_judged(servers: Servers) -> None:
    async def judged() -> bool:
        return not await servers.db.fetchval(UNSEEN)

    await until(judged, SEEN_SECONDS, 0.1)
