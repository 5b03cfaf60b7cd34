"""When Python's collector looks for what goes in circles, which counting references never frees."""

import asyncio
import contextlib
import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 20)
"""Objects, then collections of the generation below, after which the collector looks again."""

EVERY_S: Final = 20.0
"""...and at everything that came since the start at least so often: by those bounds alone hours
would pass, and what a mail leaves behind (its headers are classes of their own) would look like a
leak. It takes some milliseconds."""


def collect_seldom() -> None:
    """What stands now stays; little of what a batch makes goes in circles.

    With Python's own bounds the collector walks each batch several times over, for a twentieth of
    a service's processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


async def collect_now_and_then(every_s: float = EVERY_S) -> None:
    """Collect everything each `every_s` seconds, until cancelled."""
    never = asyncio.Event()
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await never.wait()
        gc.collect()
