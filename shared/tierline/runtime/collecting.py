"""When Python's collector looks for what goes in circles, which counting references never frees."""

import asyncio
import contextlib
import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 20)
"""Objects, then collections of the generation below, after which the collector looks again."""

EVERY_S: Final = 20.0
"""...and at everything that came since the start at least so often: by those bounds alone it is
long in coming, and what a mail leaves behind (its headers are classes of their own) looks like a
leak. At 30 alerts a second one took the notifier 10 to 18 ms, the others 1 to 7."""


def collect_seldom() -> None:
    """What stands now stays; little of what a batch makes goes in circles.

    With Python's own bounds the collector walks each batch several times over, for a twentieth of
    a service's processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


async def collect_now_and_then(stop: asyncio.Event, every_s: float = EVERY_S) -> None:
    """Collect everything each `every_s` seconds until `stop` is set."""
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await stop.wait()
        gc.collect()
