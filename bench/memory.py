"""Memory of each service, idle and under a backlog whose every ticket is told."""

import asyncio

from bench.backlog import drained
from bench.processes import memory_mb, shared_memory_mb
from bench.receiver import receiving
from bench.rows import Row, Say
from bench.scale import Scale
from bench.stack import SERVICES, Stack, running

IDLE_S = 5.0
SERVICE_MB = 150.0


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Resident memory before the load, and the most during it."""
    async with receiving() as receiver, running(receiver.url) as stack:
        await asyncio.sleep(IDLE_S)
        idle = {name: memory_mb(stack.pids()[name])[0] for name in SERVICES}
        servers = _servers_mb(stack)
        await drained(stack, scale.backlog, say)
        loaded = {name: memory_mb(stack.pids()[name])[1] for name in SERVICES}
        servers_loaded = _servers_mb(stack)
    return [
        *(
            Row(
                name=f"memory of {name}, loaded",
                measured=loaded[name],
                unit="MB",
                target=SERVICE_MB,
                rival=68.0,
                rival_name="GoAlert",
                note=f"idle {idle[name]:.0f} MB; the most while {scale.backlog:,} alerts came in",
            )
            for name in SERVICES
        ),
        *(
            Row(
                name=f"memory of {name}, loaded",
                measured=servers_loaded[name],
                unit="MB",
                note=f"idle {servers[name]:.0f} MB; pages shared by its processes counted once",
            )
            for name in servers
        ),
    ]


def _servers_mb(stack: Stack) -> dict[str, float]:
    return {name: shared_memory_mb(stack.pids()[name]) for name in ("postgres", "broker")}
