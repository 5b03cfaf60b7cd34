"""A balancer as a cluster has one: by the connection, to whoever says that it is ready."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import count

from tierline.runtime.probes import http_probe

LOOK_S = 0.03
PIECE_BYTES = 64 * 1024


class Balancer:
    """Passes each connection to the next backend that is ready.

    `ready`: ports of those that said so last. `refused`: connections nobody took.
    """

    def __init__(self, *ports: int) -> None:
        self.ready: set[int] = set()
        self.refused = 0
        self.port = 0
        self._ports = ports
        self._turn = count()

    async def look(self) -> None:
        """Ask everybody, again and again."""
        probes = {port: http_probe(f"http://127.0.0.1:{port}/readyz") for port in self._ports}
        while True:
            for port, probe in probes.items():
                if await probe() is None:
                    self.ready.add(port)
                else:
                    self.ready.discard(port)
            await asyncio.sleep(LOOK_S)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        there = sorted(self.ready)
        try:
            port = there[next(self._turn) % len(there)]
            onward = await asyncio.open_connection("127.0.0.1", port)
        except (OSError, ZeroDivisionError):
            self.refused += 1
            writer.close()
            return
        ways = (_pass(reader, onward[1]), _pass(onward[0], writer))
        await asyncio.gather(*ways, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def balancing(*ports: int) -> AsyncIterator[Balancer]:
    """A balancer before these ports, on a free one of its own."""
    balancer = Balancer(*ports)
    server = await asyncio.start_server(balancer.carry, "127.0.0.1", 0)
    balancer.port = server.sockets[0].getsockname()[1]
    looking = asyncio.create_task(balancer.look())
    try:
        yield balancer
    finally:
        looking.cancel()
        server.close()
        await asyncio.gather(looking, return_exceptions=True)
