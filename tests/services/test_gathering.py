"""How long a relay or a consumer pauses, on a loop whose time is virtual."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from tierline.bus.gathering import Gathering
from tierline.testing.loop import VirtualLoop

LONGEST_S = 0.05
ABOUT = 0.001


def on_virtual_time(work: Callable[[asyncio.Event], Awaitable[list[float]]]) -> list[float]:
    loop = VirtualLoop(Random(1))
    try:
        return loop.run_until_complete(work(asyncio.Event()))
    finally:
        loop.close()


async def piece(
    gathering: Gathering, took_s: float, stop: asyncio.Event, *, full: bool = False
) -> float:
    """Work for so long; gives the pause behind it."""
    gathering.begin()
    await asyncio.sleep(took_s)
    ended = asyncio.get_running_loop().time()
    await gathering.end(stop, full=full)
    return asyncio.get_running_loop().time() - ended


def test_the_first_after_a_silence_is_followed_by_no_pause_the_next_by_its_own_length() -> None:
    async def work(stop: asyncio.Event) -> list[float]:
        gathering = Gathering(LONGEST_S)
        pauses = [await piece(gathering, 0.01, stop), await piece(gathering, 0.02, stop)]
        await asyncio.sleep(1)
        return [*pauses, await piece(gathering, 0.01, stop)]

    assert on_virtual_time(work) == pytest.approx([0, 0.02, 0], abs=ABOUT)


def test_a_pause_is_bounded_and_a_full_piece_has_none() -> None:
    async def work(stop: asyncio.Event) -> list[float]:
        gathering = Gathering(LONGEST_S)
        await piece(gathering, 0.01, stop)
        return [
            await piece(gathering, 3.0, stop), await piece(gathering, 3.0, stop, full=True)
        ]  # fmt: skip

    assert on_virtual_time(work) == pytest.approx([LONGEST_S, 0], abs=ABOUT)


def test_a_stop_ends_the_pause() -> None:
    async def work(stop: asyncio.Event) -> list[float]:
        gathering = Gathering(LONGEST_S)
        await piece(gathering, 0.01, stop)
        asyncio.get_running_loop().call_later(0.025, stop.set)
        return [await piece(gathering, 0.02, stop)]

    assert on_virtual_time(work) == pytest.approx([0.005], abs=ABOUT)
