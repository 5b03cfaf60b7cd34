"""Whoever operates the deployment: resumes subscriptions that were disabled, once they answer."""

import asyncio
from random import Random
from typing import TYPE_CHECKING

from notifier.subscriptions import resume
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database

if TYPE_CHECKING:
    from tests.simulation.world import World

LOOK_S = (0.5, 4.0)


async def operate(world: "World") -> None:
    """Look now and then, for as long as the world goes on."""
    random = Random(f"{world.seed} operator")
    db: Database = world.postgres.database("operator")
    while True:
        await asyncio.sleep(random.uniform(*LOOK_S))
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
