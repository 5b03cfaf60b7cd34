"""Whether a loop lives: it has a pulse, which beats as it goes round and as its work goes on.

A loop is at one piece of work from one beat to the next. It beats each time it asks whether it is
to stop, and each time a connection to the database is had or given back, so that a long row of
short steps is no silence. While it waits to be told to stop it is not at work, and may be silent
for ever. Where no pulse is felt (a request, a test, a simulated service) nothing here does a
thing.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final, Literal


class Pulse:
    """The pulse of one loop.

    Args:
        name: the loop's.
        allowed_s: seconds at one piece of work after which it counts as stuck for ever.
    """

    def __init__(self, name: str, allowed_s: float) -> None:
        self.name = name
        self.allowed_s = allowed_s
        self.silent_s = 0.0
        self._waits = 0
        self._works = 0

    def beat(self) -> None:
        """It goes on."""
        self.silent_s = 0.0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """For as long as the block runs it waits for the stop, which would wake it."""
        self.beat()
        self._waits += 1
        try:
            yield
        finally:
            self._waits -= 1
            self.beat()

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """For as long as the block runs it is at work, although its stop is waited for beside."""
        self.beat()
        self._works += 1
        try:
            yield
        finally:
            self._works -= 1
            self.beat()

    def pass_time(self, seconds: float) -> None:
        """So many seconds went by in which it could have gone on."""
        if self._works or not self._waits:
            self.silent_s += seconds

    @property
    def stuck(self) -> bool:
        """Whether it has been silent for longer than is allowed."""
        return self.silent_s > self.allowed_s


class Stop(asyncio.Event):
    """The event that tells one loop to stop; each look at it is a beat."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse = pulse

    def is_set(self) -> bool:
        """Whether the loop is to stop."""
        self._pulse.beat()
        return super().is_set()

    async def wait(self) -> Literal[True]:
        """Wait for the stop."""
        with self._pulse.waiting():
            return await super().wait()


_FELT: Final[ContextVar[Pulse | None]] = ContextVar("pulse", default=None)


def feel(pulse: Pulse) -> None:
    """From here on it is the pulse of this task, and of the tasks that it makes."""
    _FELT.set(pulse)


def beat() -> None:
    """The work of this loop goes on."""
    pulse = _FELT.get()
    if pulse is not None:
        pulse.beat()


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """See `Pulse.working`."""
    pulse = _FELT.get()
    if pulse is None:
        yield
    else:
        with pulse.working():
            yield
