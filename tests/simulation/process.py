"""Processes of the simulated world: started, killed at any await, started again from the stores."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tierline.policy.source import NoPolicyError
from tierline.runtime.service import Loop
from tierline.store.database import UNREACHABLE
from tierline.testing.loop import PACE

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")

PRUNE_AT = 200
"""Tasks remembered of one life before those that are done are forgotten."""

LIFE: "ContextVar[Life | None]" = ContextVar("life", default=None)
"""Whose code is running; None: the world's own (people, senders, the faults)."""


class KilledError(asyncio.CancelledError):
    """Raised in a process that was killed, wherever it touches anything: it goes no further."""


@dataclass(slots=True)
class Parts:
    """What a service is made of, once built: its loops, and what the world asks it to do."""

    loops: list[tuple[str, Loop]]
    edge: Any = None
    commands: Any = None


Build = Callable[["World", "Life"], Awaitable[Parts]]


@dataclass(slots=True, eq=False)
class Life:
    """One run of a process, from its start to its end."""

    name: str
    number: int
    pace: float
    alive: bool = True
    parts: Parts | None = None
    tasks: dict["asyncio.Task[Any]", None] = field(default_factory=dict)
    clients: list[Any] = field(default_factory=list)
    context: Context = field(default_factory=copy_context)

    def __post_init__(self) -> None:
        self.context.run(LIFE.set, self)
        self.context.run(PACE.set, self.pace)

    def end(self) -> None:
        """Nothing of it goes on: every task is cancelled, whoever is running raises by itself."""
        self.alive = False
        for task in self.tasks:
            if not task.done() and task is not asyncio.current_task():
                task.cancel()

    def adopt(self, task: "asyncio.Task[Any]") -> None:
        """Remember a task that was made by this life's code."""
        if not self.alive:
            task.cancel()
            return
        if len(self.tasks) >= PRUNE_AT:
            self.tasks = {one: None for one in self.tasks if not one.done()}
        self.tasks[task] = None


class Process:
    """A place where a service runs: one life after the other.

    Args:
        world: whose.
        name: `triage-1`.
        build: composes the service, as its `app.py` does.
        pace: what its delays are multiplied by.
    """

    def __init__(self, world: "World", name: str, build: Build, pace: float) -> None:
        self.world = world
        self.name = name
        self._build = build
        self._pace = pace
        self.lives = 0
        self.life: Life | None = None

    def start(self) -> None:
        """Begin a life; it reads what it needs from the stores."""
        self.lives += 1
        self.life = Life(self.name, self.lives, self._pace)
        self.world.trace.say(f"{self.name} starts, life {self.lives}")
        self.spawn(self._main(self.life))

    def spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Run `work` as a task of the present life."""
        life = self.life
        assert life is not None
        return self.world.loop.create_task(work, context=life.context.copy())

    async def _main(self, life: Life) -> None:
        try:
            parts = await self._build(self.world, life)
        except asyncio.CancelledError:
            raise
        except (*UNREACHABLE, NoPolicyError) as error:
            self.world.trace.say(f"{self.name} cannot start: {type(error).__name__}")
            self.world.end_life(self, life)
            return
        except BaseException as error:
            self.world.violate("services start", f"{self.name}: {error!r}")
            return
        life.parts = parts
        stop = asyncio.Event()
        for name, loop in parts.loops:
            self.spawn(self._loop(life, name, loop, stop))

    async def _loop(self, life: Life, name: str, loop: Loop, stop: asyncio.Event) -> None:
        try:
            await loop(stop)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # whatever it is, the loop is over
            said = f"{type(error).__name__}: {error}"
        else:
            said = "it returned"
        if life.alive:
            self.world.violate("loops go on", f"{life.name}: {name} ended: {said}")

    async def ask(self, work: Callable[[Parts], Awaitable[T]]) -> T:
        """Have the process do `work`, as a request over the network would.

        Raises:
            ConnectionRefusedError: it is not running.
            ConnectionResetError: it died meanwhile; what it did before may have counted.
        """
        life = self.life
        if life is None or not life.alive or life.parts is None:
            raise ConnectionRefusedError(self.name)
        task = self.spawn(_ask(work, life.parts))
        await asyncio.wait([task])
        if task.cancelled():
            raise ConnectionResetError(self.name)
        return task.result()


async def _ask(work: Callable[[Parts], Awaitable[T]], parts: Parts) -> T:
    return await work(parts)
