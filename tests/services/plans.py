"""Plans: a connection that explains what it is asked to run, and what to read in the answer."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from tests.services.interleavings.world import World

Plan = dict[str, Any]


class Explaining:
    """Runs EXPLAIN ANALYZE of every statement and keeps the plans; answers nothing."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.plans: list[Plan] = []

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        text = await self._real.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *args)
        self.plans.append(json.loads(text)[0]["Plan"])
        return []


async def plans_of(world: World, work: Callable[[Any], Awaitable[object]]) -> list[Plan]:
    """The plans of the statements that `work(connection)` runs, with what they really did."""
    async with world.db.transaction() as connection:
        explaining = Explaining(connection)
        await work(explaining)
    return explaining.plans


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


_PART = re.compile(r"^(alert|event|notice)_(?:[0-9]+|rest)(?=_|$)")


def indexes(plans: list[Plan]) -> set[str]:
    """Indexes that are used, those of partitions by the name of the whole table's."""
    found = {n["Index Name"] for plan in plans for n in nodes(plan) if "Index Name" in n}
    return {_PART.sub(r"\1", name) for name in found}


def looked_at(plans: list[Plan], table: str) -> int:
    """Rows of `table` that the scans of these plans read, kept or not."""
    return sum(
        (n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"]
        for plan in plans
        for n in nodes(plan)
        if _PART.sub(r"\1", n.get("Relation Name", "")) == table
    )
