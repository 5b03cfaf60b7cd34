"""What goes wrong: at awaited points, and at drawn instants. Off, once the storm is over."""

import asyncio
import functools
from collections.abc import Callable
from contextvars import Context
from random import Random
from typing import TYPE_CHECKING

import asyncpg

from tests.simulation.furnish import SUBSCRIPTIONS
from tests.simulation.process import KilledError, Life
from tierline.bus.producer import NotSentError, Outgoing
from tierline.messages.topics import ALERTS, EVENTS

if TYPE_CHECKING:
    from tests.simulation.world import World

STORM_S = 25.0
"""How long things go wrong, in virtual seconds."""

GROUPS = ("triage", "notifier", "tally", "reactions")
YIELDS = 0.4
"""Chance that others get a turn at a point where nothing goes wrong."""

TAKES_TIME = 0.05
LATENCY_S = 0.02
DELAYED_S = (0.05, 4.0)
"""How long a delayed point takes: beyond the lock timeout, within a session."""

AWAY_S = (0.3, 6.0)
LOCKING = ("LOCK", "UPDATE", "INSERT", "SAVE", "SETTLE", "RECORD", "DISABLE", "NOTE", "MARK")
"""Parts of the labels of statements that can meet a deadlock or a lock timeout."""

IN_THE_WAY = (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
BROKER = "broker"


@functools.cache
def _locks(label: str) -> bool:
    return label.startswith("pg ") and any(word in label for word in LOCKING)


class Faults:
    """Draws what goes wrong from the world's mix. `storm`: whether anything does."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._random = Random(f"{world.seed} faults")
        self._refusals = Random(f"{world.seed} refusals")
        self._draw = self._random.random
        self.storm = True
        self.gone: set[str] = set()
        mix = world.mix
        self._crash = mix.crash_at_point
        self._delay = self._crash + mix.delayed_point
        self._takes = self._delay + TAKES_TIME
        self._yields = self._takes + YIELDS

    # -- at a point

    async def at_point(self, life: Life, label: str) -> None:
        """Maybe die, wait, or raise; and let others go on now and then."""
        if self.storm:
            self._maybe_raise(label)
            drawn = self._draw()
            if drawn < self._crash:
                world = self._world
                world.kill(world.processes[life.name], label)
                raise KilledError
            if drawn < self._delay:
                self._world.counts["delayed points"] += 1
                await asyncio.sleep(self._random.uniform(*DELAYED_S))
                return
        else:
            drawn = self._delay + self._draw()
        if drawn < self._takes:
            await asyncio.sleep(self._random.uniform(0.0, LATENCY_S))
        elif drawn < self._yields:
            await asyncio.sleep(0)

    def _maybe_raise(self, label: str) -> None:
        mix, world = self._world.mix, self._world
        if label == "broker acked":
            if mix.sent_untold and self._draw() < mix.sent_untold:
                world.counts["sent and not told"] += 1
                raise NotSentError("drawn: it was sent, and nobody said so")
        elif mix.in_the_way and _locks(label) and self._draw() < mix.in_the_way:
            world.counts["somebody in the way"] += 1
            raise self._random.choice(IN_THE_WAY)(f"drawn at {label}")

    def of_receiver(self) -> str:
        """What a receiver does with one send: nothing wrong (empty), `500`, `slow`, `untold`."""
        if not self.storm or self._draw() >= self._world.mix.receiver:
            return ""
        self._world.counts["bad receivers"] += 1
        return self._random.choice(("500", "slow", "untold"))

    def refuses(self, message: Outgoing) -> bool:
        """Whether the broker takes no message like this one, now or ever."""
        refused = self.storm and self._refusals.random() < self._world.mix.refused
        if refused:
            self._count("the broker refuses")
            self._world.watch.bus.refuse(message)
        return refused

    # -- at an instant

    def plan(self) -> None:
        """Set the timers of everything that goes wrong at an instant."""
        mix = self._world.mix
        self._several(mix.postgres_away, self._postgres_away)
        self._several(mix.broker_away, self._broker_away)
        self._several(mix.broker_forgets, self._broker_forgets)
        self._several(mix.rebalance, self._rebalance)
        self._several(mix.redelivery, self._redelivery)
        self._several(mix.gone, self._gone)
        self._several(mix.clock, self._clock)
        self._several(mix.poison, self._poison)
        if mix.crash_each_s:
            self._several(int(STORM_S / mix.crash_each_s), self._crash_one)
        self._later(STORM_S, self.calm)

    def calm(self) -> None:
        """Everything that was broken is mended, and nothing breaks any more."""
        self.storm = False
        self._world.triage.mended = True
        self._world.trace.say("calm")
        self._world.postgres.up()
        self.gone.clear()
        self._broker_back()

    def _several(self, count: int, what: Callable[[], None]) -> None:
        for _ in range(count):
            self._later(self._random.uniform(0.5, STORM_S), what)

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._world.loop.call_later(seconds, what, context=Context())

    def _count(self, what: str) -> None:
        self._world.counts[what] += 1
        self._world.trace.say(what)

    def _crash_one(self) -> None:
        world = self._world
        world.kill(self._random.choice(list(world.processes.values())), "at an instant")

    def _postgres_away(self) -> None:
        self._count("postgres goes away")
        self._world.postgres.down()
        self._later(self._random.uniform(*AWAY_S), self._world.postgres.up)

    def _broker_away(self) -> None:
        self._count("broker goes away")
        self._world.broker.down()
        self._later(self._random.uniform(*AWAY_S), self._world.broker.up)

    def _broker_forgets(self) -> None:
        self._count("broker forgets")
        broker = self._world.broker
        broker.forget()
        broker.confused = self._random.random() < 0.3
        self._later(self._random.uniform(*AWAY_S), self._broker_back)

    def _broker_back(self) -> None:
        self._world.broker.confused = False
        self._world.broker.create_topics()
        self._world.broker.up()

    def _rebalance(self) -> None:
        group = self._random.choice(GROUPS)
        if self._random.random() < 0.5:
            self._count(f"group {group} rebalances")
            self._world.broker.rebalance(group)
        else:
            self._count(f"a session of group {group} ends")
            self._world.broker.expel(group, self._random.randrange(4))

    def _redelivery(self) -> None:
        group = self._random.choice(GROUPS)
        self._count(f"group {group} is given again")
        self._world.broker.redeliver(group, self._random.randint(1, 20))

    def _gone(self) -> None:
        name = self._random.choice(list(SUBSCRIPTIONS))
        self._count("a subscriber is gone")
        self.gone.add(name)
        self._later(self._random.uniform(*AWAY_S), functools.partial(self.gone.discard, name))

    def _clock(self) -> None:
        world = self._world
        speed = self._random.choice((1.0, 60.0, 300.0, 900.0))
        jump_s = self._random.choice((0.0, 0.0, 600.0, 3_600.0, 20_000.0))
        self._count("policy clock changes")
        world.set_clock(speed=speed, jump_s=jump_s)

    def _poison(self) -> None:
        self._count("poison")
        topic = self._random.choice((ALERTS, EVENTS))
        body = b"\xff poison %d" % self._random.randrange(1_000_000)
        self._world.watch.poison.add(body)
        self._world.broker.put(topic, "poison", body)
