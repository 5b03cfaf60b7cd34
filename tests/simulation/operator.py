"""Whoever operates the deployment: resumes subscriptions that were disabled, once they answer, and
sends dead letters on their way again, once what was wrong is mended."""

import asyncio
from random import Random
from typing import TYPE_CHECKING

from notifier.subscriptions import resume
from router.replay import replay
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database

if TYPE_CHECKING:
    from tests.simulation.world import World

LOOK_S = (0.5, 4.0)
AGAIN = ("outbox:", "consumer:triage")
"""Sources, by their beginning, of what is sent again: it can be processed by now."""


def waiting_letters(world: "World") -> list[int]:
    """Dead letters that are still to be sent again; poison is not."""
    return [
        row["id"]
        for row in world.postgres.rows("dead_letter")
        if row["replayed_at"] is None
        and row["source"].startswith(AGAIN)
        and row["body"] not in world.watch.poison
    ]


async def _send_again(world: "World", db: Database) -> None:
    for number in waiting_letters(world):
        try:
            async with db.transaction() as connection:
                await replay(connection, number)
        except (*UNREACHABLE, *REPLAYABLE) as error:
            world.trace.say(f"not sent again: {type(error).__name__}")
            continue
        world.counts["dead letters sent again"] += 1
        world.trace.say(f"dead letter {number} is sent again")


async def operate(world: "World") -> None:
    """Look now and then, for as long as the world goes on."""
    random = Random(f"{world.seed} operator")
    db: Database = world.postgres.database("operator")
    while True:
        await asyncio.sleep(random.uniform(*LOOK_S))
        if not world.faults.storm:
            await _send_again(world, db)
        for row in world.postgres.rows("subscription"):
            if row["disabled_at"] is None or row["name"] in world.faults.gone:
                continue
            try:
                async with db.transaction() as connection:
                    again = await resume(connection, row["name"])
            except (*UNREACHABLE, *REPLAYABLE) as error:
                world.trace.say(f"not resumed: {type(error).__name__}")
                continue
            world.counts["subscriptions resumed"] += 1
            world.trace.say(f"{row['name']} is resumed, {again} messages wait")
