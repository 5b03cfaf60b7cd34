"""What goes in circles is freed in time, whatever the collector's own bounds are."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from tierline.runtime.collecting import THRESHOLDS, collect_now_and_then, collect_seldom


class Ring:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def untouched() -> Iterator[None]:
    """The collector as it was, afterwards."""
    before = gc.get_threshold()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


@pytest.fixture
def left_alone() -> Iterator[None]:
    """The collector never looks by itself."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def test_what_goes_in_circles_is_freed_in_time(left_alone: None, eventually) -> None:
    ring = weakref.ref(Ring())
    assert ring() is not None, "nothing but the collector frees it"
    stop = asyncio.Event()
    collecting = asyncio.create_task(collect_now_and_then(stop, 0.01))
    try:
        await eventually(lambda: ring() is None)
    finally:
        stop.set()
        await collecting


def test_what_a_service_was_built_of_is_not_looked_at(untouched: None) -> None:
    collect_seldom()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == THRESHOLDS
