"""How a service ends: asked once, it finishes what it has begun; asked again, it is gone.

First it says that it is not ready, and serves on for `drain_seconds`, so that whoever sends to it
has heard before nobody answers. Then the server takes no more, and the loops are told; those that
others hand their work to are told last. What is not done after `stop_seconds` is cut off.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn

from tierline.pulse import Stop
from tierline.runtime.settings import ServiceSettings
from tierline.runtime.vitals import Vitals

CLOSE_SECONDS: Final = 5.0
"""What pools and clients may take to be closed, all together."""

LAST_RESORT_SECONDS: Final = 2.0
"""After all that may be waited for, the process ends in the midst of whatever it does."""

FIRST_SHARE: Final = 0.5
"""Of the time of a stop, what passes before the last loops are told although others still run."""

CLOSE_HEADER: Final = (b"connection", b"close")

Task = asyncio.Task[None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """A loop that runs, and what tells it to stop; `last`: after those that hand it their work."""

    task: Task
    stop: Stop
    last: bool


def hear_signals(asked: asyncio.Event, settings: ServiceSettings) -> None:
    """Set `asked` on the first SIGTERM or SIGINT; a second one ends the process at once."""

    def ask(number: int) -> None:
        if asked.is_set():
            log.warning("ended at once by a second signal", signal=number)
            leave(128 + number)
        asked.set()
        end_by(settings.drain_seconds + settings.stop_seconds + CLOSE_SECONDS + LAST_RESORT_SECONDS)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask, int(number))


def end_by(seconds: float) -> None:
    """End the process after so many seconds, whatever still goes on in it."""
    timer = threading.Timer(seconds, leave, (1,))
    timer.daemon = True
    timer.start()


def leave(code: int) -> None:
    """End the process here and now."""
    sys.stderr.flush()
    os._exit(code)


async def end_when_asked(
    asked: asyncio.Event,
    vitals: Vitals,
    server: uvicorn.Server,
    serving: Task,
    parts: Sequence[Part],
    settings: ServiceSettings,
) -> None:
    """Wait until the end is asked for, then bring it about.

    Args:
        asked: set by whoever wants the service to end.
        vitals: told, for the probes.
        server: the HTTP server.
        serving: its task.
        parts: the loops.
        settings: drain_seconds and stop_seconds are used.
    """
    await asked.wait()
    vitals.stopping = True
    _let_connections_go(server)
    log.info("stopping", drain_seconds=settings.drain_seconds, stop_seconds=settings.stop_seconds)
    tasks = [serving, *(part.task for part in parts)]
    if settings.drain_seconds and server.started:
        await asyncio.wait(tasks, timeout=settings.drain_seconds, return_when="FIRST_COMPLETED")
    vitals.ending.set()
    server.should_exit = True
    ends_at = asyncio.get_running_loop().time() + settings.stop_seconds
    first = [serving, *_tell(part for part in parts if not part.last)]
    await asyncio.wait(first, timeout=FIRST_SHARE * settings.stop_seconds)
    _tell(part for part in parts if part.last)
    left_s = ends_at - asyncio.get_running_loop().time()
    await _cut_off_after(tasks, max(0.0, left_s))


def _let_connections_go(server: uvicorn.Server) -> None:
    """Each answer from now on ends its connection, so that the client's next one goes elsewhere."""
    if not server.config.loaded:
        return  # nobody was served yet
    server.config.encoded_headers.append(CLOSE_HEADER)
    server.server_state.default_headers = [*server.server_state.default_headers, CLOSE_HEADER]


def _tell(parts: Iterable[Part]) -> list[Task]:
    """Tell them to stop; returns their tasks."""
    told = list(parts)
    for part in told:
        part.stop.set()
    return [part.task for part in told]


async def _cut_off_after(tasks: Sequence[Task], seconds: float) -> None:
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        log.warning("cut off at the end of the stop's time", loop=task.get_name())
        task.cancel()
