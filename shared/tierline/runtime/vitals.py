"""What a running service knows of itself, and tells its probes (`app.state.vitals`).

Time passes for the loops only as far as the event loop itself ran: a machine that was asleep for an
hour, or one task that held everything up, makes no loop look stuck that was given no turn.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import structlog
from prometheus_client import Gauge

from tierline.pulse import Pulse

log = structlog.get_logger(__name__)

TICK_S: Final = 1.0
"""From one look at the pulses to the next."""

LAG_TOLD_S: Final = 1.0
"""A look that comes later than this is told in the log."""

SILENCE_S: Final = 180.0
"""What a loop may be at one piece of work, unless its service says otherwise: longer than the worst
a slow database makes of one transaction (each statement ends within 15 s), so that only what would
never end is called stuck. Starting anew would mend no slow database."""

LAG = Gauge(
    "tierline_event_loop_lag_seconds",
    "How much later than due the event loop came to its last look",
)
SILENT = Gauge(
    "tierline_loop_silent_seconds", "How long a loop has been at one piece of work", ["loop"]
)
BLOCKS = Gauge(
    "tierline_python_blocks",
    "Blocks of memory that the program holds; where they stay level, growth is the allocator's",
)
BLOCKS.set_function(lambda: float(sys.getallocatedblocks()))


class Vitals:
    """The pulses of a service's loops, and whether it is on its way to its end.

    Attributes:
        stopping: its end has been asked for: it is not ready for anything new.
        ending: set when what never ends by itself (a live stream) is to end.
    """

    def __init__(self, pulses: Iterable[Pulse] = ()) -> None:
        self.stopping = False
        self.ending = asyncio.Event()
        self._pulses = {pulse.name: pulse for pulse in pulses}
        self._told: set[str] = set()

    @contextlib.contextmanager
    def minding(self, pulse: Pulse) -> Iterator[None]:
        """Look at `pulse` for as long as the block runs."""
        self._pulses[pulse.name] = pulse
        try:
            yield
        finally:
            del self._pulses[pulse.name]

    def stuck(self) -> Mapping[str, float]:
        """Seconds of silence of each loop that is stuck, by name."""
        return {name: pulse.silent_s for name, pulse in self._pulses.items() if pulse.stuck}

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds go by for every loop; who is stuck now is told once in the log."""
        for name, pulse in self._pulses.items():
            pulse.pass_time(seconds)
            SILENT.labels(name).set(pulse.silent_s)
        stuck = self.stuck()
        for name in stuck.keys() - self._told:
            log.error("a loop is stuck", loop=name, silent_s=round(stuck[name]))
        self._told = set(stuck)

    async def watch(self) -> None:
        """Look each TICK_S, until cancelled."""
        clock = asyncio.get_running_loop().time
        never = asyncio.Event()
        while True:
            began = clock()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await never.wait()
            lag_s = max(0.0, clock() - began - TICK_S)
            LAG.set(lag_s)
            if lag_s > LAG_TOLD_S:
                log.warning("the event loop was held up", lag_s=round(lag_s, 1))
            self.pass_time(TICK_S)
