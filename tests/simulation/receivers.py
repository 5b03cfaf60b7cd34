"""Who is told: mail relays, chat rooms, subscribers. They remember, and answer well or badly."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notifier.outcome import Delivered, Failed, Outcome, Retry
from notifier.parcel import CHAT, MAIL, WEBHOOK, Parcel

if TYPE_CHECKING:
    from tests.simulation.world import World

SLOW_S = 20.0
"""A slow receiver takes up to this long: longer than a send, and than a lease."""


@dataclass(slots=True)
class Receivers:
    """All of them.

    Attributes:
        got: how often each message was received, by its key.
        order: by subscription and ticket, the seqs in the order they were first received.
    """

    world: "World"
    got: dict[str, int] = field(default_factory=dict)
    order: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def channels(self) -> dict[str, Any]:
        """The ways out of one notifier, by name."""
        return {name: _Channel(name, self) for name in (MAIL, CHAT, WEBHOOK)}

    def take(self, channel: str, parcel: Parcel) -> None:
        """It arrived; whether the sender hears of it is another matter."""
        first = parcel.key not in self.got
        self.got[parcel.key] = self.got.get(parcel.key, 0) + 1
        self.world.trace.say(f"{channel} {parcel.address} receives of {parcel.ticket}")
        if channel == WEBHOOK and first:
            seq = int(parcel.body.split(b'"', 4)[3].partition(b"/")[2])
            self.order.setdefault((parcel.address, parcel.ticket), []).append(seq)
            self.world.watch.webhook_received(parcel.address, parcel.ticket, seq)


@dataclass(frozen=True, slots=True)
class _Channel:
    name: str
    receivers: Receivers

    async def send(self, parcel: Parcel) -> Outcome:
        """Try once."""
        world = self.receivers.world
        await world.at("channel send")
        world.watch.sends(parcel.key)
        if parcel.address in world.faults.gone:
            return Failed("410 drawn", disable=True)
        fault = world.faults.of_receiver()
        if fault == "500":
            world.trace.say(f"{self.name} answers 500")
            return Retry(0.0, "500 drawn")
        if fault == "slow":
            await asyncio.sleep(world.random.uniform(0.5, SLOW_S))
        self.receivers.take(self.name, parcel)
        await world.at("channel taken")
        if fault == "untold":
            await asyncio.sleep(world.random.uniform(0.5, SLOW_S))
            return Retry(0.0, "it took it and said nothing")
        return Delivered("204")

    async def close(self) -> None:
        """Nothing is kept open."""
