"""Waiting until everything that was recorded has been told to everybody concerned."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tierline.cli.failures import FailureError
from tierline.cli.replaying.database import Backlog, Books
from tierline.cli.replaying.limits import (
    LOOK_EVERY_S,
    OUTBOX_MAX,
    RETRY_MAX_S,
    SILENT_MAX_S,
    STUCK_MAX_S,
)
from tierline.store.database import UNREACHABLE

T = TypeVar("T")


async def make_room(books: Books, room: asyncio.Event) -> None:
    """Clear `room` while too much waits for the broker, set it again at half of that; for ever."""
    while True:
        waiting = await patiently(lambda: books.outbox(OUTBOX_MAX))
        if waiting >= OUTBOX_MAX:
            room.clear()
        elif waiting <= OUTBOX_MAX // 2:
            room.set()
        await asyncio.sleep(LOOK_EVERY_S)


async def drain(
    books: Books, said: Callable[[Backlog], None], stuck_max_s: float = STUCK_MAX_S
) -> None:
    """Wait until time has passed everywhere, every consumer has seen all, every notice is settled.

    Args:
        books: looked into each LOOK_EVERY_S.
        said: hears what is left.
        stuck_max_s: real seconds without any headway.

    Raises:
        FailureError: nothing moved for that long; says what is left.
    """
    least, since = None, time.monotonic()
    while True:
        left = await patiently(books.backlog)
        said(left)
        if not left.total:
            return
        if least is None or left.total < least:
            least, since = left.total, time.monotonic()
        elif time.monotonic() - since >= stuck_max_s:
            raise FailureError(
                f"Nothing has moved for {stuck_max_s:g} s: {left.words()}.",
                "The same command waits again; look at the logs, and at dead letters, first.",
            )
        await asyncio.sleep(LOOK_EVERY_S)


async def patiently(look: Callable[[], Awaitable[T]]) -> T:
    """What `look` finds, tried again while Postgres is away; its error after SILENT_MAX_S."""
    deadline = time.monotonic() + SILENT_MAX_S
    while True:
        try:
            return await look()
        except UNREACHABLE:
            if time.monotonic() >= deadline:
                raise
            await asyncio.sleep(RETRY_MAX_S)
