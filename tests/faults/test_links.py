"""The lines that fault runs harm do what their faults say."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from tests.faults.links import Fault, Links
from tests.faults.owners import NOBODY, owner_of

ME = "me"


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server that says back what it hears; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def links() -> AsyncIterator[Links]:
    made = Links(lambda: {ME: os.getpid()})
    yield made
    await made.close()


async def heard(reader: asyncio.StreamReader, seconds: float = 5.0) -> bytes | None:
    """What comes; None where nothing does for so long."""
    try:
        async with asyncio.timeout(seconds):
            return await reader.read(100)
    except TimeoutError:
        return None


async def test_a_line_carries_both_ways_and_knows_its_owner(echo: int, links: Links):
    port = await links.add("echo", echo)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    assert await heard(reader) == b"hello"
    assert links.owners("echo") == {ME}
    writer.close()


async def test_a_cut_line_is_reset_and_stays_so_until_mended(echo: int, links: Links):
    port = await links.add("echo", echo)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    await heard(reader)
    links.lay("echo", ME, Fault.CUT)
    with pytest.raises(ConnectionResetError):
        await heard(reader)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with pytest.raises(ConnectionResetError):
        await heard(reader)
    links.mend()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"there?")
    assert await heard(reader) == b"there?"
    writer.close()


async def test_a_black_hole_says_nothing_and_gives_all_back_when_mended(echo: int, links: Links):
    port = await links.add("echo", echo)
    old_reader, old = await asyncio.open_connection("127.0.0.1", port)
    old.write(b"before")
    await heard(old_reader)
    links.lay("echo", ME, Fault.BLACK_HOLE)
    new_reader, new = await asyncio.open_connection("127.0.0.1", port)
    old.write(b"old")
    new.write(b"new")
    assert await heard(old_reader, 0.2) is None
    assert await heard(new_reader, 0.2) is None
    links.mend()
    assert await heard(old_reader) == b"old"
    assert await heard(new_reader) == b"new"
    old.close()
    new.close()


async def test_a_half_open_line_stays_silent_even_when_mended(echo: int, links: Links):
    port = await links.add("echo", echo)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"before")
    await heard(reader)
    links.lay("echo", ME, Fault.HALF_OPEN)
    writer.write(b"anybody?")
    links.mend()
    assert await heard(reader, 0.2) is None
    fresh_reader, fresh = await asyncio.open_connection("127.0.0.1", port)
    fresh.write(b"fresh")
    assert await heard(fresh_reader) == b"fresh"
    writer.close()
    fresh.close()


async def test_a_fault_touches_its_owners_lines_alone(echo: int, links: Links):
    port = await links.add("echo", echo)
    links.lay("echo", "somebody else", Fault.CUT)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    assert await heard(reader) == b"hello"
    writer.close()


async def test_a_slow_line_still_carries_everything(echo: int, links: Links):
    port = await links.add("echo", echo)
    links.lay("echo", ME, Fault.SLOW)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"x" * 20_000)
    async with asyncio.timeout(20):
        assert await reader.readexactly(20_000) == b"x" * 20_000
    writer.close()


async def test_a_strangers_connection_has_no_owner(echo: int, links: Links):
    _, writer = await asyncio.open_connection("127.0.0.1", echo)
    mine = writer.get_extra_info("sockname")[1]
    assert owner_of(mine, echo, {ME: os.getpid()}) == ME
    assert owner_of(mine, echo, {"init": 1}) == NOBODY
    writer.close()
