"""Pauses between pieces of work in a row, so that what comes meanwhile goes together.

Each pass of a relay and each batch of a consumer costs a transaction and some requests to the
broker, whatever it carries. Taken as soon as anything is there, a steady stream is carried in
pieces of one; with pauses as long as the work itself, in pieces as large as the load makes them.
"""

import asyncio
import contextlib


class Gathering:
    """Knows how long ago the last piece of work ended.

    Args:
        longest_s: the longest pause; work that begins later than this after the last is the first
            of its kind, and is followed by no pause.
    """

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._began = self._ended = float("-inf")
        self._in_a_row = False

    def begin(self) -> None:
        """A piece of work begins."""
        self._began = asyncio.get_running_loop().time()
        self._in_a_row = self._began - self._ended <= self._longest_s

    async def end(self, stop: asyncio.Event, *, full: bool) -> None:
        """It has ended: pause, unless it was the first, it was `full` (more waits), or `stop`."""
        now = asyncio.get_running_loop().time()
        if self._in_a_row and not full:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), min(now - self._began, self._longest_s))
            now = asyncio.get_running_loop().time()
        self._ended = now
