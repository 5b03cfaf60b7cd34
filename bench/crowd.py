"""Is it slower with a full house? The same loads with no ticket open, and with many."""

import time
from itertools import count, islice

from bench.late import fill_with_standing
from bench.rows import Row, Say
from bench.scale import Scale
from bench.sender import for_seconds, in_arrays, one_by_one, send
from bench.servers import Servers, serving
from bench.waiting import until

ARRAY = 100
WARM_UP = 300
SERVICES = ("intake", "router", "sla-timer", "notifier")
DRAIN_SECONDS = 300
NO_SLOWER = 0.8
"""Differences under 20 % mean nothing on a machine that others share."""

WAITING = "SELECT EXISTS (SELECT FROM tierline.alert WHERE outcome IS NULL)"


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Alerts one by one and a backlog, empty and full, each on servers of its own."""
    empty = await _rates(scale, 0, say)
    full = await _rates(scale, scale.crowd, say)
    around = f"with {scale.crowd:,} open"
    return [
        Row(name="alerts to tickets, one by one, empty", measured=empty[0], unit="alerts/s"),
        Row(
            name=f"... {around}",
            measured=full[0],
            unit="alerts/s",
            target=empty[0] * NO_SLOWER,
            lower=False,
            rival=226,
            rival_name="GoAlert",
        ),
        Row(name="alerts to tickets, in arrays, empty", measured=empty[1], unit="alerts/s"),
        Row(
            name=f"... {around}",
            measured=full[1],
            unit="alerts/s",
            target=empty[1] * NO_SLOWER,
            lower=False,
        ),
    ]


async def _rates(scale: Scale, standing: int, say: Say) -> tuple[float, float]:
    """Alerts a second until the last has its outcome: sent one by one, and in arrays."""
    numbers = count()
    async with serving() as servers:
        if standing:
            await fill_with_standing(servers, standing, say)
        await servers.start_all(SERVICES)
        port, key = servers.port("intake"), servers.key
        await send(port, in_arrays(key, islice(numbers, WARM_UP), ARRAY), 1)
        await settled(servers)
        say(f"one by one, {standing:,} open")
        single = await send(port, for_seconds(scale.crowd_s, one_by_one(key, numbers)))
        one_by_one_s = await settled(servers)
        say(f"in arrays, {standing:,} open")
        alerts = scale.backlog // 2
        many = await send(port, in_arrays(key, islice(numbers, alerts), ARRAY), 4)
        arrays_s = await settled(servers)
    took = single.took_s + one_by_one_s
    return len(single.latencies) / took, alerts / (many.took_s + arrays_s)


async def settled(servers: Servers) -> float:
    """Wait until no alert is without an outcome; gives the seconds that took."""
    began = time.monotonic()

    async def nothing_waits() -> bool:
        return not await servers.db.fetchval(WAITING)

    await until(nothing_waits, DRAIN_SECONDS)
    return time.monotonic() - began
