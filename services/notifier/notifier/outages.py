"""Going on where the database is away for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from notifier.limits import DATABASE_PAUSE_S
from tierline.store.database import REPLAYABLE, UNREACHABLE

log = structlog.get_logger(__name__)

PASSING: Final = (*UNREACHABLE, *REPLAYABLE)
"""Errors after which the same may be tried again."""

T = TypeVar("T")


async def through_outages(
    work: Callable[[], Awaitable[T]], stop: asyncio.Event | None = None
) -> T | None:
    """Do `work`, again and again while the database is away; None once `stop` is set instead."""
    pause, longest = DATABASE_PAUSE_S
    while stop is None or not stop.is_set():
        try:
            return await work()
        except PASSING as error:
            log.warning("the database is away", reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)
    return None
