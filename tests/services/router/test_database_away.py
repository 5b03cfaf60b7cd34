"""While Postgres is away every request says so and when to come back; then all goes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest_asyncio

from tests.services.router.world import World, router_world


class Wire:
    """A TCP connection's worth of distance to Postgres that can be cut and mended."""

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        far_reader, far_writer = await asyncio.open_connection(*self._there)
        self._open |= {writer, far_writer}
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        self._open -= {writer, far_writer}
        self._tasks.discard(task)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@pytest_asyncio.fixture(loop_scope="session")
async def cuttable(database_url: str) -> AsyncIterator[tuple[World, Wire]]:
    there = urlsplit(database_url)
    assert there.hostname
    assert there.port
    wire = Wire(there.hostname, there.port)
    await wire.mend()
    url = database_url.replace(f"{there.hostname}:{there.port}", f"127.0.0.1:{wire.port}")
    async with router_world(url) as world:
        yield world, wire
    await wire.cut()


async def test_a_cut_connection_is_a_503_and_comes_back_by_itself(cuttable, eventually):
    world, wire = cuttable
    number = await world.open()
    sam = world.as_("sam")
    await sam.get("/v1/me")  # its credential is known now
    await wire.cut()
    paths = ("/v1/tickets", f"/v1/tickets/{number}", "/v1/board", "/v1/clock")
    answers = [await sam.get(path) for path in paths]
    answers.append(await sam.post(f"/v1/tickets/{number}/notes", json={"text": "x"}))
    answers.append(await world.as_("leila").get("/v1/me"))  # not known: the gate itself must ask
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "2"
        assert answer.json()["code"] == "database_away"
    ready = await world.as_("").get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert (await world.as_("").get("/healthz")).status_code == 200
    await wire.mend()

    async def back():
        return (await sam.get("/v1/tickets")).status_code == 200

    await eventually(back)
    assert (await world.do("sam", number, "notes", text="x")).status_code == 200
    assert await world.sql("SELECT count(*) FROM tierline.event WHERE type = 'noted'") == 1
