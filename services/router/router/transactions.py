"""A write transaction that is run again where somebody else was in the way."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog

from router.context import Context
from router.limits import RETRY_WAIT_S, TRIES
from tierline.store.database import REPLAYABLE
from tierline.store.replays import Connection, running_replay
from tierline.web.problems import ProblemError

T = TypeVar("T")

log = structlog.get_logger(__name__)


async def write(
    context: Context, work: Callable[[Any], Awaitable[T]], *, recorded: bool = False
) -> T:
    """Run `work(connection)` in one transaction, then wake the relay.

    Args:
        context: its database and relay are used.
        work: does everything and nothing outside the transaction, so that it can run again.
        recorded: it belongs to the replay that is running; everybody else waits for its end.

    Returns:
        What `work` returned, committed.

    Raises:
        ProblemError: 409 `replay_running` for whoever is not the replay.
        One of REPLAYABLE after TRIES runs, and whatever `work` raises: nothing is written then.
    """
    for tried in range(1, TRIES + 1):
        try:
            async with context.db.transaction() as connection:
                if context.development and not recorded:
                    await _refuse_during_replay(connection)
                done = await work(connection)
        except REPLAYABLE as error:
            if tried == TRIES:
                raise
            log.info("transaction replayed", reason=type(error).__name__)
            await asyncio.sleep(random.uniform(0, RETRY_WAIT_S))  # noqa: S311 - only spreads
        else:
            context.relay.nudge()
            return done
    raise AssertionError("unreachable: the last try returns or raises")


async def _refuse_during_replay(connection: Connection) -> None:
    """History has one writer: what somebody else did now would be recorded years ago."""
    name = await running_replay(connection)
    if name is not None:
        raise ProblemError(
            409,
            "replay_running",
            f"the replay of {name} is running here: reading is fine, writing waits for its end;"
            " use another data folder (--home) meanwhile",
            replay=name,
        )
