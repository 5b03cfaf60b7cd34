"""Everything one run shares: the stack, the load on it, and what its clients remember."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from router.policy_clock import move_clock, read_clock
from router.requests import ClockBody
from tests.faults.people import ClockReckoning, CommandRecord, People
from tests.faults.senders import AlertRecord, Senders
from tests.faults.stack import FaultStack

OFFICE = ZoneInfo("Europe/London")
OPENING_HOUR = 9
CLOSING_HOUR = 18
SATURDAY = 5
LAST_DAY = 2
"""Wednesday: the days after are open as well."""

MEMORY_EVERY_S = 5.0
PAGE_BYTES = 4096


@dataclass(slots=True)
class World:
    """One stack under load.

    Attributes:
        rate: alerts a second.
        speed: policy seconds a real second, so that promises run out while things break.
        poison: bodies that were sent to become dead letters, and what each is.
        harmless: bodies that may become dead letters but need not.
        kills: what was killed how often.
        memory: highest and latest resident megabytes by process.
    """

    stack: FaultStack
    rng: Random
    rate: float
    speed: float
    alerts: AlertRecord = field(default_factory=AlertRecord)
    commands: CommandRecord = field(default_factory=CommandRecord)
    poison: dict[bytes, str] = field(default_factory=dict)
    harmless: dict[bytes, str] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    memory: dict[str, tuple[float, float]] = field(default_factory=dict)
    clock: ClockReckoning = field(default_factory=ClockReckoning)

    async def open_office(self, for_s: float) -> None:
        """See to it that promises in office hours run too for the next `for_s` real seconds.

        Where the office closes before, jump to the next opening on one of the first weekdays.
        """
        connection = await self.stack.connect()
        try:
            jump_s = seconds_to_opening((await read_clock(connection))["now"], for_s * self.speed)
            if jump_s:
                await move_clock(connection, ClockBody(jump_s=jump_s))
        finally:
            await connection.close()
        await self.turn_clock(ClockBody(speed=self.speed))

    async def turn_clock(self, asked: ClockBody) -> None:
        """Hold the policy clock, let it run on, or set its speed."""
        connection = await self.stack.connect()
        try:
            async with connection.transaction():
                found = await move_clock(connection, asked)
        finally:
            await connection.close()
        self.clock.note(found["now"], 0.0 if found["held"] else found["speed"])

    @asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        """Alerts come and people act while the block runs, and until all of it was answered."""
        stack, stop = self.stack, asyncio.Event()
        senders = Senders(
            [stack.ports[name] for name in stack.replicas("intake")],
            stack.key("api"),
            self.rng,
            self.alerts,
        )
        passwords = {one["login"]: one["password"] for one in stack.loaded["people"]}
        people = People(
            [stack.ports[name] for name in stack.replicas("router")],
            passwords,
            self.rng,
            self.commands,
            self.clock,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(senders.run(self.rate, stop))
            group.create_task(people.run(stop))
            try:
                yield
            finally:
                stop.set()

    async def watch_memory(self) -> None:
        """Sample resident memory of every child until cancelled."""
        while True:
            for name, pid in self.stack.supervisor.pids().items():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                    now = pages * PAGE_BYTES / 2**20
                    self.memory[name] = (max(now, self.memory.get(name, (0.0, 0.0))[0]), now)
            await asyncio.sleep(MEMORY_EVERY_S)


def seconds_to_opening(now: datetime, for_s: float) -> float:
    """Policy seconds to the next opening; 0 while the office is open for `for_s` more."""
    local = now.astimezone(OFFICE)
    closing = local.replace(hour=CLOSING_HOUR, minute=0, second=0, microsecond=0)
    opened = local.weekday() < SATURDAY and local.hour >= OPENING_HOUR
    if opened and local + timedelta(seconds=for_s) < closing:
        return 0.0
    opening = local.replace(hour=OPENING_HOUR, minute=0, second=0, microsecond=0)
    opening += timedelta(days=1)
    while opening.weekday() > LAST_DAY:
        opening += timedelta(days=1)
    return (opening.astimezone(UTC) - now).total_seconds()


class Watch:
    """A stopwatch. `seconds` since it was made, to a tenth."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 1)


def share(counts: Mapping[str, float]) -> str:
    """Counts or seconds in words, the largest first."""
    found = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {count:g}" for name, count in found) or "none"
