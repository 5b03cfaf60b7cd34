"""The simulated world: real loops over fake stores, one seed, virtual time, faults."""

import asyncio
from collections import Counter
from contextvars import Context
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulation import tally
from tests.simulation.broken import Triage, is_broken
from tests.simulation.faults import Faults
from tests.simulation.furnish import BEGIN, furnish
from tests.simulation.invariants.watch import Watch
from tests.simulation.mix import Mix
from tests.simulation.people import People
from tests.simulation.process import LIFE, KilledError, Life, Process
from tests.simulation.receivers import Receivers
from tests.simulation.senders import Senders
from tests.simulation.services import REPLICAS, SERVICES
from tests.simulation.statements import REGISTRY
from tests.simulation.trace import Trace
from tierline.bus.limits import SESSION_TIMEOUT_MS
from tierline.messages.events import TicketMessage
from tierline.testing.broker import FakeBroker
from tierline.testing.loop import VirtualLoop
from tierline.testing.postgres.fake import FakePostgres

START_S = 1_000.0
RESTART_S = (0.2, 5.0)
"""How long a process stays dead, in seconds: at least and at most."""

SESSION_S = SESSION_TIMEOUT_MS / 1_000
PACES = (1.0, 3.0)


class World:
    """Stores, processes, receivers, and what goes wrong.

    Args:
        seed: draws everything.
        everything: keep the whole trace.
    """

    def __init__(self, seed: int, *, everything: bool = False) -> None:
        self.seed = seed
        self.random = Random(f"{seed} world")
        self.mix = Mix.draw(Random(f"{seed} mix"))
        self.loop = VirtualLoop(Random(f"{seed} order"), start_s=START_S)
        self.loop.set_exception_handler(lambda _loop, _context: None)
        self.loop.set_task_factory(_adopt)  # type: ignore[arg-type]
        self.trace = Trace(self.loop, everything=everything)
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.over = asyncio.Event()
        self.triage = Triage()
        self.faults = Faults(self)
        self.receivers = Receivers(self)
        self.watch = Watch(self)
        self.postgres = FakePostgres(
            self.at,
            self.now,
            REGISTRY.joined(tally.answered),
            shuffle=Random(f"{seed} shards").shuffle,
            tables=[tally.TABLE],
        )
        self.postgres.on_commit = self.watch.committed
        self.broker = FakeBroker(
            self.at, appended=self.watch.appended, committed=self.watch.offset_committed
        )
        self.senders = Senders(self)
        self.people = People(self)
        self.processes = self._processes()
        furnish(self.postgres)

    def _processes(self) -> dict[str, Process]:
        made = {}
        for name, build in SERVICES.items():
            for replica in range(1, REPLICAS + 1):
                pace = self.random.uniform(*PACES)
                pace = pace if self.mix.paces else 1.0
                made[f"{name}-{replica}"] = Process(self, f"{name}-{replica}", build, pace)
        return made

    # -- time

    def now(self) -> datetime:
        """Real (transport) time of the world, UTC."""
        return BEGIN + timedelta(seconds=round(self.loop.time() - START_S, 6))

    def policy_now(self) -> datetime:
        """Policy time, UTC."""
        return self.postgres.policy_now()

    def set_clock(self, *, speed: float, jump_s: float = 0.0, held: bool = False) -> None:
        """Policy time goes on from where it is, perhaps a step ahead, at another speed."""
        (row,) = self.postgres.rows("policy_clock")
        at = self.policy_now() + timedelta(seconds=jump_s)
        changed = {"anchor": at, "real_anchor": self.now(), "speed": speed, "held": held}
        self.postgres.put("policy_clock", {**row, **changed, "changed": row["changed"] + 1})

    def is_broken(self, message: TicketMessage) -> bool:
        """Whether that event can be read and not be counted."""
        return self.mix.broken and is_broken(message)

    # -- what may happen at a point

    async def at(self, label: str) -> None:
        """An awaited point of a process: it may die here, be held up, or meet an error."""
        life = LIFE.get()
        if life is None:
            return
        if not life.alive:
            raise KilledError
        self.trace.say(f"{life.name} {label}")
        await self.faults.at_point(life, label)
        if not life.alive:
            raise KilledError

    # -- life and death

    def replicas(self, service: str) -> list[Process]:
        """The processes of a service."""
        return [one for name, one in self.processes.items() if name.rpartition("-")[0] == service]

    def kill(self, process: Process, where: str) -> None:
        """The process dies now: what it did not commit is gone, what it had in hand as well."""
        life = process.life
        if life is None or not life.alive:
            return
        self.counts["crashes"] += 1
        self.counts[f"crash: {where}"] += 1
        self.trace.say(f"{process.name} dies: {where}")
        self.end_life(process, life)

    def end_life(self, process: Process, life: Life) -> None:
        """End a life and have the process start again after a while."""
        life.end()
        self.postgres.kill(life)
        for client in life.clients:
            self.loop.call_later(self.random.uniform(0.0, SESSION_S), client.die, context=Context())
        wait = self.random.uniform(*RESTART_S)
        self.loop.call_later(wait, self._restart, process, life, context=Context())

    def _restart(self, process: Process, life: Life) -> None:
        if process.life is life:
            process.start()

    # -- the verdict

    def violate(self, name: str, detail: str) -> None:
        """An invariant does not hold: the run is over."""
        self.trace.say(f"VIOLATED {name}: {detail}")
        self.violations.append(f"{name}: {detail}")
        self.over.set()


def _adopt(loop: asyncio.AbstractEventLoop, coro: Any, context: Context | None = None) -> Any:
    """Make a task and let the life that it belongs to know."""
    task = asyncio.Task(coro, loop=loop, context=context)
    life = context.get(LIFE) if context is not None else LIFE.get()
    if life is not None:
        life.adopt(task)
    return task
