"""Keeps child processes up: starts them in order, restarts what dies, stops them in reverse."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tierline.runtime.errors import UpError
from tierline.runtime.process import Child, ChildSpec, log_tail


class ChildState(StrEnum):
    """Where a child stands."""

    STARTING = "starting"
    READY = "ready"
    DIED = "died"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of one child.

    Attributes:
        name: the child's.
        state: what it is now.
        pid: its process, where there is one.
        detail: for people: why it died and when it is tried again; else empty.
    """

    name: str
    state: ChildState
    pid: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How a child that ended is brought back; all in seconds.

    Attributes:
        first_pause_seconds: before the first restart; doubled each time.
        longest_pause_seconds: the pause never grows beyond this.
        healthy_seconds: ready for this long, a child starts again from the first pause.
        starts_before_giving_up: exits in a row that fail a child which was never ready; once it was
            ready it is brought back for ever.
        probe_seconds: at most this long for one readiness probe.
        probe_pause_seconds: between two probes.
    """

    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0
    healthy_seconds: float = 30.0
    starts_before_giving_up: int = 6
    probe_seconds: float = 10.0
    probe_pause_seconds: float = 0.1

    def pause_seconds(self, failures: int) -> float:
        """Return the pause before the next start.

        Args:
            failures: exits since it was last healthy, at least 1.
        """
        doubled: float = self.first_pause_seconds * 2.0 ** min(failures - 1, 30)
        return min(self.longest_pause_seconds, doubled)


@dataclass(slots=True)
class _Kept:
    """One child with the task that keeps it up."""

    spec: ChildSpec
    child: Child | None = None
    failures: int = 0
    why: str = "it has not been started"
    was_ready: asyncio.Event = field(default_factory=asyncio.Event)
    gave_up: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None


class Supervisor:
    """Supervises children in stages: a stage starts together and stops together.

    Must live in the main thread (see `Child`).

    Args:
        on_change: called with every transition, from the event loop; must not block.
        policy: how dead children are brought back.
    """

    def __init__(
        self, on_change: Callable[[Transition], None], policy: RestartPolicy | None = None
    ) -> None:
        self._on_change = on_change
        self._policy = policy or RestartPolicy()
        self._stages: list[list[_Kept]] = []

    def pids(self) -> dict[str, int]:
        """Return the process id of every running child by name."""
        return {
            kept.spec.name: kept.child.pid
            for stage in self._stages
            for kept in stage
            if kept.child is not None and kept.child.exit_code is None
        }

    async def start(self, specs: Sequence[ChildSpec], timeout_seconds: float) -> None:
        """Start children together, wait until all are ready, and keep them up from then on.

        Args:
            specs: one stage; it is stopped after the stages started later.
            timeout_seconds: at most this long until all are ready.

        Raises:
            UpError: one gave up or was not ready in time; stop() is still to be called.
        """
        stage = [_Kept(spec) for spec in specs]
        self._stages.append(stage)
        for kept in stage:
            kept.task = asyncio.create_task(self._keep(kept), name=f"keep {kept.spec.name}")
        deadline = time.monotonic() + timeout_seconds
        await asyncio.gather(*(self._await_ready(kept, deadline) for kept in stage))

    async def watch(self) -> None:
        """Wait for ever; ends only with the error of a keeper that failed unexpectedly."""
        tasks = [kept.task for stage in self._stages for kept in stage if kept.task is not None]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Stop all children gracefully, the last stage first. May be called more than once."""
        while self._stages:
            stage = self._stages[-1]
            await asyncio.gather(*(self._stop_one(kept) for kept in stage))
            self._stages.pop()

    def kill_now(self) -> None:
        """Send SIGKILL to every child at once: for a second Ctrl-C."""
        for stage in self._stages:
            for kept in stage:
                if kept.child is not None and kept.child.exit_code is None:
                    kept.child.kill_now()

    async def _await_ready(self, kept: _Kept, deadline: float) -> None:
        events = (kept.was_ready, kept.gave_up)
        waits = [asyncio.create_task(event.wait()) for event in events]
        tasks = [*waits, *([kept.task] if kept.task is not None else [])]
        try:
            await asyncio.wait(
                tasks,
                timeout=max(0.0, deadline - time.monotonic()),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for wait in waits:
                wait.cancel()
        if kept.task is not None and kept.task.done() and not kept.gave_up.is_set():
            kept.task.result()
        if not kept.was_ready.is_set():
            words = log_tail(kept.spec.log) or "none"
            raise UpError(
                f"{kept.spec.name} did not become ready: {kept.why}.",
                f"Its log is {kept.spec.log}; the last words: {words}",
            )

    async def _keep(self, kept: _Kept) -> None:
        while True:
            await self._run_once(kept)
            if (
                not kept.was_ready.is_set()
                and kept.failures >= self._policy.starts_before_giving_up
            ):
                kept.gave_up.set()
                return
            pause = self._policy.pause_seconds(kept.failures)
            self._tell(kept, ChildState.DIED, f"{kept.why}; starting again in {pause:g} s")
            await asyncio.sleep(pause)

    async def _run_once(self, kept: _Kept) -> None:
        """Start the child, see it ready, and return when it has ended."""
        try:
            if kept.spec.prepare is not None:
                await kept.spec.prepare()
            kept.child = Child(kept.spec)
        except (OSError, UpError) as error:
            kept.failures += 1
            kept.why = str(error)
            return
        self._tell(kept, ChildState.STARTING)
        ready_at = await self._until_ready_or_ended(kept, kept.child)
        if ready_at is not None:
            kept.was_ready.set()
            self._tell(kept, ChildState.READY)
        code = await kept.child.wait()
        await kept.child.kill()  # what it may have left running in its group
        if ready_at is not None and time.monotonic() - ready_at >= self._policy.healthy_seconds:
            kept.failures = 0
        kept.failures += 1
        kept.why = _how_it_ended(code)

    async def _until_ready_or_ended(self, kept: _Kept, child: Child) -> float | None:
        """Return the monotonic instant of readiness, or None when it ended before that."""
        while child.exit_code is None:
            why = await self._probe(kept.spec)
            if why is None:
                return time.monotonic()
            kept.why = why
            await asyncio.sleep(self._policy.probe_pause_seconds)
        return None

    async def _probe(self, spec: ChildSpec) -> str | None:
        if spec.ready is None:
            return None
        try:
            async with asyncio.timeout(self._policy.probe_seconds):
                return await spec.ready()
        except TimeoutError:
            return f"no answer within {self._policy.probe_seconds:g} s"

    async def _stop_one(self, kept: _Kept) -> None:
        if kept.task is not None:
            kept.task.cancel()
            await asyncio.gather(kept.task, return_exceptions=True)
        if kept.child is not None:
            self._tell(kept, ChildState.STOPPING)
            await kept.child.stop()
            self._tell(kept, ChildState.STOPPED)
            kept.child = None

    def _tell(self, kept: _Kept, state: ChildState, detail: str = "") -> None:
        pid = None if kept.child is None else kept.child.pid
        self._on_change(Transition(kept.spec.name, state, pid, detail))


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"it was ended by signal {-code}"
    return f"it ended with exit code {code}"
