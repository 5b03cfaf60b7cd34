"""Feeds a plan to the router: in order within a case, several requests at once across cases."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tierline.cli.replaying.limits import COMMANDS_A_REQUEST, TIME_EVERY_S
from tierline.replay.plan import Plan
from tierline.store.replays import LEAP_MAX

Post = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Asks the router; gives the JSON of its answer, however often it had to be sent."""

Due = Callable[[], Awaitable[int]]
"""Says on how many tickets time has yet to pass."""

COMMANDS, TIME = "/v1/replay/commands", "/v1/replay/time"


@dataclass(frozen=True, slots=True)
class Told:
    """One step of a plan with its key; `last` of its case."""

    key: str
    case: str
    at: datetime
    verb: str
    by: str
    fields: Any
    last: bool

    def body(self) -> dict[str, Any]:
        """As the router takes it."""
        return {
            "key": self.key,
            "case": self.case,
            "at": self.at.isoformat(),
            "verb": self.verb,
            "by": self.by,
            "fields": dict(self.fields),
        }


@dataclass(slots=True)
class Lane:
    """Cases whose steps go out in order of time, one request after the other."""

    steps: list[Told]
    done: int = 0

    @property
    def next_at(self) -> datetime | None:
        """The earliest instant that is not recorded yet; None where all is."""
        return self.steps[self.done].at if self.done < len(self.steps) else None


@dataclass(slots=True)
class Fed:
    """How far a replay has come: commands and cases recorded, the refusals among the former."""

    commands: int = 0
    cases: int = 0
    refused: int = 0
    sent: int = 0


@dataclass(slots=True)
class Feeder:
    """Records what of a plan is not recorded yet.

    Attributes:
        plan: what is to be recorded.
        post: asks the router.
        due: time goes on by more than LEAP_MAX only once it has passed everywhere.
        lanes: how the cases are shared out.
        fed: counts, those of earlier starts included; `sent` of this start alone.
        room: cleared while too much is on its way.
    """

    plan: Plan
    post: Post
    due: Due
    lanes: list[Lane]
    fed: Fed
    room: asyncio.Event = field(default_factory=asyncio.Event)
    now: datetime | None = None

    @classmethod
    def of(cls, plan: Plan, post: Post, due: Due, applied: Collection[str], jobs: int) -> "Feeder":
        """A feeder of `plan` in `jobs` lanes, without the steps whose keys are `applied`."""
        steps = [list[Told]() for _ in range(jobs)]
        fed = Fed()
        for position, case in enumerate(plan.cases):
            last = len(case.steps) - 1
            for n, step in enumerate(case.steps):
                key = f"{case.key}/{step.row}/{n}"
                told = Told(key, case.key, step.at, step.verb, step.by, step.fields, n == last)
                if key in applied:
                    fed.commands += 1
                    fed.cases += told.last
                else:
                    steps[position % jobs].append(told)
        for lane in steps:
            lane.sort(key=lambda told: told.at)  # stable: of one instant, in the plan's order
        feeder = cls(plan, post, due, [Lane(lane) for lane in steps], fed)
        feeder.room.set()
        return feeder

    @property
    def frontier(self) -> datetime:
        """The earliest instant that is not recorded yet (UTC); the log's end where all is."""
        waiting = [at for lane in self.lanes if (at := lane.next_at) is not None]
        return min(waiting, default=self.plan.end)

    async def run(self) -> None:
        """Record everything; policy time follows, and stands at the log's end afterwards."""
        follow = asyncio.create_task(self._follow())
        lanes = [asyncio.create_task(self._feed(lane)) for lane in self.lanes]
        try:
            done, _ = await asyncio.wait([follow, *lanes], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in (follow, *lanes):
                task.cancel()
            await asyncio.gather(follow, *lanes, return_exceptions=True)

    async def _follow(self) -> None:
        """Let time pass up to the frontier, again and again, until it has come to the end."""
        passed = self.plan.start  # so far time has passed on every ticket
        while self.now is None or self.now < self.plan.end:
            to = min(self.frontier, passed + LEAP_MAX)
            if self.now is None or to > self.now:
                answer = await self.post(TIME, {"to": to.isoformat()})
                self.now = datetime.fromisoformat(answer["now"])
            elif self.frontier > to and not await self.due():
                passed = self.now
            await asyncio.sleep(TIME_EVERY_S)

    async def _feed(self, lane: Lane) -> None:
        while lane.next_at is not None:
            await self.room.wait()
            batch = lane.steps[lane.done : lane.done + COMMANDS_A_REQUEST]
            answer = await self.post(COMMANDS, {"commands": [told.body() for told in batch]})
            self._count(batch, answer["answers"])
            lane.done += len(batch)

    def _count(self, batch: Sequence[Told], answers: Sequence[dict[str, Any]]) -> None:
        self.fed.sent += len(batch)
        self.fed.commands += len(batch)
        self.fed.cases += sum(told.last for told in batch)
        self.fed.refused += sum(answer["status"] >= 400 for answer in answers)
