"""The lines between services and what they lean on, as TCP proxies that can be harmed.

One proxy stands before each target; every connection through it has an owner, the service that made
it, so that a fault can be laid on one service's line alone.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.faults.owners import owner_of

CHUNK = 16 * 1024
SLOW_LATENCY_S = 0.1
SLOW_BYTES_PER_S = 400 * 1024
CONNECT_S = 5.0
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, 0 s: closing sends RST."""


class Fault(StrEnum):
    """What can be wrong with a line."""

    CUT = "cut"
    """Connections are reset, new ones too."""
    BLACK_HOLE = "black hole"
    """Connections are accepted and nothing passes; what was said passes once mended."""
    SLOW = "slow"
    """Every chunk is late and the line is narrow."""
    HALF_OPEN = "half open"
    """The far end is gone and the near end is never told, not even when the line is mended."""


@dataclass(eq=False, slots=True)
class _Line:
    """One connection through a proxy."""

    owner: str
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter | None = None
    dead: bool = False

    def reset(self) -> None:
        for side in (self.near, self.far):
            if side is not None:
                _reset(side)

    def lose_far_end(self) -> None:
        self.dead = True
        if self.far is not None:
            _reset(self.far)


@dataclass(slots=True)
class _Target:
    """One proxy: where it leads, its lines, and the faults laid on it by owner."""

    port: int
    server: asyncio.Server | None = None
    lines: set[_Line] = field(default_factory=set)
    faults: dict[str, Fault] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Links:
    """All proxies of a run.

    Args:
        pids: gives the processes that are told apart, by name.
    """

    def __init__(self, pids: Callable[[], Mapping[str, int]]) -> None:
        self._pids = pids
        self._targets: dict[str, _Target] = {}

    async def add(self, target: str, port: int, listen: int = 0) -> int:
        """A proxy before 127.0.0.1:`port`, on port `listen` (0: any); returns where it listens."""
        made = _Target(port)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(made, reader, writer)

        made.server = await asyncio.start_server(serve, "127.0.0.1", listen, backlog=512)
        self._targets[target] = made
        port_of: int = made.server.sockets[0].getsockname()[1]
        return port_of

    def lay(self, target: str, owner: str, fault: Fault) -> None:
        """Harm the lines of `owner` to `target`, those that are up and those to come."""
        found = self._targets[target]
        found.faults[owner] = fault
        self._change(found)
        for line in [line for line in found.lines if line.owner == owner]:
            if fault is Fault.CUT:
                line.reset()
            elif fault is Fault.HALF_OPEN:
                line.lose_far_end()

    def mend(self) -> None:
        """Take every fault off; what a black hole kept back passes now."""
        for target in self._targets.values():
            target.faults.clear()
            self._change(target)

    def owners(self, target: str) -> set[str]:
        """Who has a line to `target` now."""
        return {line.owner for line in self._targets[target].lines}

    async def close(self) -> None:
        """Stop listening and reset what is up."""
        self.mend()
        for target in self._targets.values():
            if target.server is not None:
                target.server.close()
            for line in list(target.lines):
                line.reset()

    def _change(self, target: _Target) -> None:
        target.changed.set()
        target.changed = asyncio.Event()

    async def _serve(
        self, target: _Target, reader: asyncio.StreamReader, near: asyncio.StreamWriter
    ) -> None:
        peer, own = near.get_extra_info("peername"), near.get_extra_info("sockname")
        line = _Line(owner_of(peer[1], own[1], self._pids()), near)
        target.lines.add(line)
        try:
            await self._join(target, line, reader)
        except (OSError, TimeoutError):
            pass
        finally:
            target.lines.discard(line)
            line.reset()

    async def _join(self, target: _Target, line: _Line, reader: asyncio.StreamReader) -> None:
        fault = target.faults.get(line.owner)
        if fault is Fault.CUT:
            return
        if fault is Fault.HALF_OPEN:
            line.dead = True
            await _swallow(reader)
            return
        await self._open(target, line)
        async with asyncio.timeout(CONNECT_S):
            back, line.far = await asyncio.open_connection("127.0.0.1", target.port)
        ways = {
            asyncio.create_task(self._pump(target, line, reader, line.far)),
            asyncio.create_task(self._pump(target, line, back, line.near)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        if line.dead:
            await _swallow(reader)

    async def _pump(
        self,
        target: _Target,
        line: _Line,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Carry one direction until either end is gone."""
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._open(target, line)
                if line.dead:
                    return
                if target.faults.get(line.owner) is Fault.SLOW:
                    await asyncio.sleep(SLOW_LATENCY_S + len(data) / SLOW_BYTES_PER_S)
                writer.write(data)
                await writer.drain()

    async def _open(self, target: _Target, line: _Line) -> None:
        """Wait while the line is a black hole."""
        while target.faults.get(line.owner) is Fault.BLACK_HOLE and not line.dead:
            await target.changed.wait()


async def _swallow(reader: asyncio.StreamReader) -> None:
    """Take what the near end says, and say nothing, until it gives up."""
    with contextlib.suppress(OSError):
        while await reader.read(CHUNK):
            pass


def _reset(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
