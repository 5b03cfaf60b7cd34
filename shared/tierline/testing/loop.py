# ruff: noqa: SLF001 - a loop is made of the handles' own fields, as asyncio's base loop is
"""An asyncio event loop whose time is virtual and whose order is drawn from a seed.

Nothing waits: where nobody is ready, time jumps to the next timer. Of those that are ready, whose
turn it is next is drawn; what belongs to one task stays in order. The same seed gives the same run,
given that no thread, socket or clock outside has a say, and none can be had here.
"""

import asyncio
from asyncio import events
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import Context, ContextVar
from heapq import heappop
from random import Random
from typing import Any, TypeVar, TypeVarTuple, Unpack

STEP_S = 0.000_02
"""How long one callback takes, in virtual seconds: so no two instants are the same."""

STEPS_MAX = 2_000_000
"""A run that takes more steps than this goes round in circles."""

PACE: ContextVar[float] = ContextVar("pace", default=1.0)
"""What the delays of the tasks of one process are multiplied by: above 1 it is slow."""


T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class StuckError(RuntimeError):
    """The loop has nothing left to do, or never comes to an end."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop for one thread, without input or output.

    Args:
        random: draws whose turn it is.
        start_s: the loop's time at its beginning, in seconds.
    """

    def __init__(self, random: Random, *, start_s: float = 1_000.0) -> None:
        super().__init__()
        self._draw = random.random
        self._now = start_s
        self.steps = 0

    def time(self) -> float:
        """Virtual seconds; they never run backwards."""
        return self._now

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Like any loop's, with the delay from now multiplied by the caller's PACE."""
        pace = PACE.get()
        if pace != 1.0:
            when = self._now + (when - self._now) * pace
        return super().call_at(when, callback, *args, context=context)

    def _run_once(self) -> None:
        """One callback of one of those that are ready; time passes, or jumps if nobody is."""
        ready: Any = self._ready  # type: ignore[attr-defined]
        self._now += STEP_S
        self._collect_due(ready)
        if not ready:
            self._jump()
            self._collect_due(ready)
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise StuckError(f"no end after {STEPS_MAX} steps")
        handle = ready.popleft() if len(ready) == 1 else self._take(ready)
        if not handle._cancelled:
            handle._run()

    def _take(self, ready: Any) -> Any:
        """Draw one; where its task has an earlier callback waiting, that one."""
        index = int(self._draw() * len(ready))
        owner = ready[index]._context
        for earlier in range(index):
            if ready[earlier]._context is owner:
                index = earlier
                break
        handle = ready[index]
        del ready[index]
        return handle

    def _collect_due(self, ready: Any) -> None:
        scheduled: Any = self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._when <= self._now:
            handle = heappop(scheduled)
            handle._scheduled = False
            if not handle._cancelled:
                ready.append(handle)

    def _jump(self) -> None:
        scheduled: Any = self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heappop(scheduled)._scheduled = False
        if not scheduled:
            raise StuckError("nobody is ready and no timer is set")
        self._now = max(self._now, scheduled[0]._when)

    def _timer_handle_cancelled(self, handle: events.TimerHandle) -> None:
        """Cancelled timers are dropped as they come up."""

    def _write_to_self(self) -> None:
        """There is no other thread to be woken by."""

    def _process_events(self, event_list: Any) -> None:
        """There are no events from outside."""

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[Unpack[Ts]], T],
        *args: *Ts,
    ) -> "asyncio.Future[T]":
        """Threads are refused: they would have a say in the order. Raises RuntimeError."""
        raise RuntimeError("a virtual loop has no threads")
