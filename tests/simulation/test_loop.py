"""The virtual event loop: time jumps, order is drawn, a task's own steps stay in order."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from tierline.testing.loop import PACE, StuckError, VirtualLoop

HOUR_S = 3_600.0


def run(work: Callable[[], Awaitable[Any]], seed: int = 1) -> Any:
    loop = VirtualLoop(Random(seed))
    try:
        return loop.run_until_complete(work())
    finally:
        loop.close()


async def _order() -> str:
    said: list[str] = []

    async def count(name: str) -> None:
        for number in range(4):
            said.append(f"{name}{number}")
            await asyncio.sleep(0)

    await asyncio.gather(*(count(name) for name in "abc"))
    return " ".join(said)


def test_an_hour_passes_at_once() -> None:
    async def work() -> float:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(HOUR_S)
        return asyncio.get_running_loop().time() - began

    assert run(work) == pytest.approx(HOUR_S, abs=0.01)


def test_one_seed_gives_one_order_and_another_seed_another() -> None:
    orders = [run(_order, seed) for seed in (1, 1, 2, 3)]
    assert orders[0] == orders[1]
    assert len(set(orders)) > 1


def test_steps_of_one_task_stay_in_order() -> None:
    said = run(_order, 7).split()
    for name in "abc":
        assert [one for one in said if one[0] == name] == [f"{name}{n}" for n in range(4)]


def test_timeouts_and_cancellation_work() -> None:
    async def work() -> list[str]:
        said = []
        try:
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        except TimeoutError:
            said.append("late")
        task = asyncio.create_task(asyncio.sleep(HOUR_S))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return [*said, "cancelled" if task.cancelled() else "done"]

    assert run(work) == ["late", "cancelled"]


def test_a_slow_process_waits_longer() -> None:
    async def work() -> list[str]:
        said: list[str] = []

        async def wait(name: str) -> None:
            await asyncio.sleep(1.0)
            said.append(name)

        PACE.set(3.0)
        slow = asyncio.create_task(wait("slow"))
        PACE.set(1.0)
        await asyncio.gather(slow, wait("first"), wait("second"))
        return said

    assert run(work)[-1] == "slow"


def test_a_wait_for_nothing_is_told() -> None:
    async def work() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(StuckError):
        run(work)


def test_threads_are_refused() -> None:
    async def work() -> None:
        await asyncio.to_thread(print)

    with pytest.raises(RuntimeError, match="no threads"):
        run(work)
