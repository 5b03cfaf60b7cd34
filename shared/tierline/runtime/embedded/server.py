"""What both embedded servers share: start until ready, stop, kill, start again."""

import asyncio
import time
from abc import ABC, abstractmethod

from tierline.runtime.errors import UpError
from tierline.runtime.process import Child, ChildSpec, log_tail

START_TIMEOUT_SECONDS = 60.0
EARLY_EXITS_ALLOWED = 20
EARLY_EXIT_PAUSE_SECONDS = 0.25
EARLY_EXIT_PAUSE_MOST_SECONDS = 2.0
EARLY_EXIT_PAUSE_GROWTH = 1.3
PROBE_PAUSE_SECONDS = 0.05


class EmbeddedServer(ABC):
    """A server run as a child by a test or a script; `tierline up` supervises its spec itself."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._child: Child | None = None

    @abstractmethod
    def spec(self) -> ChildSpec:
        """Say how to run this server, for a supervisor or for `start`."""

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        if self._child is None or self._child.exit_code is not None:
            return None
        return self._child.pid

    async def start(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Start it and wait until it is ready. Does nothing when it runs already.

        Args:
            timeout_seconds: at most this long until it answers.

        Raises:
            UpError: it did not come up.
        """
        if self.pid is not None:
            return
        spec = self.spec()
        deadline = time.monotonic() + timeout_seconds
        pause = EARLY_EXIT_PAUSE_SECONDS
        for _ in range(EARLY_EXITS_ALLOWED):
            if spec.prepare is not None:
                await spec.prepare()
            self._child = Child(spec)
            if await _became_ready(self._child, spec, deadline):
                return
            await self._child.kill()
            if time.monotonic() >= deadline:
                break
            # What a killed predecessor left (a port, shared memory) is gone in a moment, on a busy
            # machine in a longer one.
            await asyncio.sleep(pause)
            pause = min(pause * EARLY_EXIT_PAUSE_GROWTH, EARLY_EXIT_PAUSE_MOST_SECONDS)
        raise UpError(
            f"The embedded {spec.name} did not come up on port {self.port}.",
            f"Its last words: {log_tail(spec.log) or 'none'}",
        )

    async def stop(self) -> None:
        """Stop it gracefully; what it keeps on disk stays."""
        if self._child is not None:
            await self._child.stop()
            self._child = None

    async def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        if self._child is not None:
            await self._child.kill()
            self._child = None

    async def restart(self) -> None:
        """Stop it gracefully and start it again on the same port."""
        await self.stop()
        await self.start()


async def _became_ready(child: Child, spec: ChildSpec, deadline: float) -> bool:
    """Probe until ready (True), or until the child has ended or time is up (False)."""
    while child.exit_code is None and time.monotonic() < deadline:
        if spec.ready is None or await spec.ready() is None:
            return True
        await asyncio.sleep(PROBE_PAUSE_SECONDS)
    return False
