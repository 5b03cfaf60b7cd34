"""What happened, in order, and a hash over all of it: the same seed gives the same."""

import asyncio
import hashlib
from collections import deque

LAST = 60
"""Lines shown of a run that failed."""


class Trace:
    """Takes lines.

    Args:
        loop: whose time is put before each.
        everything: keep all lines, not only the last.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, everything: bool = False) -> None:
        self._loop = loop
        self._hash = hashlib.blake2b(digest_size=8)
        self.lines: deque[str] = deque(maxlen=None if everything else LAST)

    def say(self, line: str) -> None:
        """Take one line."""
        line = f"{self._loop.time():.5f} {line}"
        self._hash.update(line.encode())
        self.lines.append(line)

    @property
    def digest(self) -> str:
        """The hash over all lines so far."""
        return self._hash.hexdigest()
