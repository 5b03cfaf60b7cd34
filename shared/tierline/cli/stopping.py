"""How a command that runs a stack is stopped: Ctrl-C, a signal, a closed terminal."""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from typing import Any

from tierline.runtime.stack import Stack


async def unless_stopped(work: Coroutine[Any, Any, Any], stop: asyncio.Event) -> Any:
    """Await some work, or cancel it and return None when a stop is asked first."""
    task, asked = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for pending in (task, asked):
            pending.cancel()
        await asyncio.gather(task, asked, return_exceptions=True)


def listen_for_signals(stop: asyncio.Event, stacks: Sequence[Stack]) -> None:
    """First signal: stop in order. Second: kill what still runs. A closed terminal is a signal."""

    def asked() -> None:
        if stop.is_set():
            for stack in stacks:
                stack.supervisor.kill_now()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked)
