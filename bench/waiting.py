"""Waiting for what is measured, by looking again and again, never longer than stated."""

import asyncio
import time
from collections.abc import Awaitable, Callable

LOOK_S = 0.02
"""The pause between two looks: what a measured end may be late by."""


async def until(
    look: Callable[[], Awaitable[bool]], seconds: float, every_s: float = LOOK_S
) -> None:
    """Look until it is so.

    Args:
        look: whether it is.
        seconds: the longest wait, real time.
        every_s: the pause between two looks.

    Raises:
        TimeoutError: it was not so in time.
    """
    deadline = time.monotonic() + seconds
    while not await look():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s")
        await asyncio.sleep(every_s)
