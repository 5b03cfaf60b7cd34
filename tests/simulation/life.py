"""One seed from its beginning to its end: a storm, a calm, and everything must drain."""

import asyncio
import contextlib
import gc
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from unittest.mock import patch

import structlog

from notifier import keys
from tests.simulation.broken import breaking
from tests.simulation.faults import STORM_S
from tests.simulation.furnish import compile_once, policy_source_module
from tests.simulation.invariants.drained import left, wrong_at_the_end
from tests.simulation.operator import operate
from tests.simulation.paces import slower_polls
from tests.simulation.world import World

PATIENCE_S = 240.0
"""Virtual seconds within which everything drains once nothing goes wrong."""

LOOK_S = 0.5
SPEEDS = (60.0, 120.0, 300.0)
"""Policy seconds a real second, at the beginning."""

EASE_S = 3.0
"""After the storm policy time runs on for this long, then stands still."""


ROUNDS_TO_END = 5
"""Times that what is left at the end is cancelled: some tasks tidy up first."""


@dataclass(slots=True)
class Result:
    """What became of one seed.

    Attributes:
        violations: what did not hold, as `name: detail`; empty: all did.
        digest: hash over the whole trace.
        lines: the end of the trace, or all of it.
        policy_s: policy seconds that passed.
        cpu_s: processor seconds it took.
    """

    seed: int
    violations: list[str]
    digest: str
    lines: list[str]
    classes: list[str]
    counts: Counter[str] = field(default_factory=Counter)
    policy_s: float = 0.0
    cpu_s: float = 0.0


def live(seed: int, *, everything: bool = False) -> Result:
    """Run the world of one seed."""
    began = time.process_time()
    with _quiet(), _seeded(seed), slower_polls(seed), breaking() as triage:
        world = World(seed, everything=everything)
        world.triage = triage
        begin = world.policy_now()
        try:
            world.loop.run_until_complete(_all(world))
            passed = (world.policy_now() - begin).total_seconds()
        finally:
            _finish(world)
            world.loop.close()
    world.counts["commits"] = world.watch.commits
    world.counts["steps"] = world.loop.steps
    return Result(
        seed,
        world.violations,
        world.trace.digest,
        list(world.trace.lines),
        world.mix.classes,
        world.counts,
        passed,
        time.process_time() - began,
    )


async def _all(world: World) -> None:
    """The story: everybody starts, the storm, the calm, the questions at the end."""
    story = world.loop.create_task(_story(world))
    over = world.loop.create_task(world.over.wait())
    await asyncio.wait([story, over], return_when=asyncio.FIRST_COMPLETED)
    if story.done():
        story.result()
    story.cancel()
    over.cancel()


async def _story(world: World) -> None:
    world.set_clock(speed=Random(f"{world.seed} speed").choice(SPEEDS))
    for process in world.processes.values():
        process.start()
    world.faults.plan()
    world.senders.start()
    world.people.start()
    world.loop.create_task(operate(world))
    await asyncio.sleep(STORM_S + EASE_S)
    world.set_clock(speed=1.0, held=True)
    if not await _drained(world):
        world.violate("everything drains", left(world))
        return
    await _ask_again(world)
    await _drained(world)
    for name, detail in wrong_at_the_end(world):
        world.violate(name, detail)


async def _drained(world: World) -> bool:
    until = world.loop.time() + PATIENCE_S
    while left(world):
        if world.loop.time() > until:
            return False
        await asyncio.sleep(LOOK_S)
    return True


async def _ask_again(world: World) -> None:
    """Every command once more under its key: the same answer, and nothing happens."""
    events = sum(len(told) for told in world.watch.tickets.told.values())
    for request, _ in list(world.people.answers.values()):
        await world.people.ask(request)
    after = sum(len(told) for told in world.watch.tickets.told.values())
    if after != events:
        world.violate("a repeated command does nothing", f"{after - events} events")


def _finish(world: World) -> None:
    """End every task, so that nothing of this world is left for the next."""
    world.loop.run_until_complete(_end(world))


async def _end(world: World) -> None:
    for process in world.processes.values():
        if process.life is not None and process.life.alive:
            process.life.end()
            world.postgres.kill(process.life)
    for _ in range(ROUNDS_TO_END):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=1.0)


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draws of the product itself come from the seed, and nothing is collected in between."""
    state, collects = random.getstate(), gc.isenabled()
    random.seed(f"{seed} product")
    drawn = Random(f"{seed} keys")
    gc.disable()
    try:
        with (
            patch.object(keys, "secrets", _Secrets(drawn)),
            patch.object(policy_source_module, "compile_document", compile_once),
        ):
            yield
    finally:
        random.setstate(state)
        if collects:
            gc.enable()


class _Secrets:
    """Stands for the module `secrets` where keys of messages are drawn."""

    def __init__(self, drawn: Random) -> None:
        self._drawn = drawn

    def token_hex(self, size: int) -> str:
        """`size` bytes, from the seed."""
        return self._drawn.randbytes(size).hex()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The product logs what goes wrong, which is all the time here."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
