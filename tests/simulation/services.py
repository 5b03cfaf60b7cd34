"""The services, composed as their `app.py` compose them, on the stores of the world."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from intake.accept import Acceptor
from intake.adapters.json import parse
from intake.batch import Batcher
from intake.client_of import Clients
from intake.keys import Integration
from intake.triage.wiring import make_triage
from notifier.backoff import Exponential, Schedule
from notifier.consumer import event_feed
from notifier.deliver import Deliverer
from notifier.directory import DirectorySource
from notifier.limits import Limits
from router.context import Context
from router.reactions.consumer import reaction_feed
from router.reactions.reactor import Reactor
from sla_timer.tick import Ticker
from tests.simulation.commands import Commands
from tests.simulation.process import Life, Parts
from tests.simulation.tally import tally_loops
from tierline.bus.consumer import Reading
from tierline.bus.relay import Relay
from tierline.policy.source import PolicySource
from tierline.runtime.service import Loop
from tierline.store.database import Database
from tierline.store.floor import FloorSource

if TYPE_CHECKING:
    from tests.simulation.world import World

BOOTSTRAP = "the broker of the world"

LIMITS = Limits(
    lease_s=12.0,
    send_s=8.0,
    poll_s=1.0,
    mail=Exponential(first_s=1.0, longest_s=8.0, attempts=9, age_s=600.0),
    chat=Exponential(first_s=1.0, longest_s=8.0, attempts=9, age_s=600.0),
    webhook=Schedule((1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0)),
)
"""The product's delivery with shorter waits: days of retries would only be days of polls."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What a sender reaches of intake."""

    acceptor: Acceptor

    async def accept(self, integration: Integration, body: bytes) -> Any:
        """Take a body in, as the address of alerts does."""
        return await self.acceptor.accept(integration, "json", parse, body, {})


@dataclass(slots=True)
class Ground:
    """What every service stands on."""

    db: Database
    policy: PolicySource
    floor: FloorSource
    relay: Relay

    @property
    def loops(self) -> list[tuple[str, Loop]]:
        """The loops that all of them have."""
        return [
            ("relay", self.relay.run),
            ("policy", self.policy.run),
            ("floor", self.floor.run),
        ]


def _ground(world: "World", life: Life) -> Ground:
    db: Any = world.postgres.database(life)
    return Ground(
        db, PolicySource(db), FloorSource(db), Relay(db, world.broker.sender(world.faults.refuses))
    )


def _connect(world: "World", life: Life) -> Any:
    def connect(reading: Reading) -> Any:
        client = world.broker.client(reading)
        life.clients.append(client)
        return client

    return connect


async def intake(world: "World", life: Life) -> Parts:
    """The edge and triage, with their relay."""
    on = _ground(world, life)
    await on.policy.refresh()
    triage = make_triage(BOOTSTRAP, on.db, on.policy, on.relay.nudge, connect=_connect(world, life))
    batcher = Batcher(on.db, on.relay.nudge, triage.kept)
    edge = Edge(Acceptor(Clients(on.db, asyncio.get_running_loop().time), batcher))
    return Parts(
        [("relay", on.relay.run), ("policy", on.policy.run), *triage.feed.loops], edge=edge
    )


async def router(world: "World", life: Life) -> Parts:
    """The commands and the reactions, with their relay."""
    on = _ground(world, life)
    reactor = Reactor(
        on.db, lambda: on.policy.current, lambda: on.floor.current, on.relay.nudge, on.floor.fold
    )
    reactions = reaction_feed(BOOTSTRAP, on.db, reactor, connect=_connect(world, life))
    nobody: Any = None
    context = Context(
        db=on.db,
        source=on.policy,
        floor=on.floor,
        relay=on.relay,
        hub=nobody,
        authenticator=nobody,
        people=nobody,
        passwords=nobody,
        wrong_passwords=nobody,
    )
    return Parts([*on.loops, *reactions.loops], commands=Commands(context))


async def sla_timer(world: "World", life: Life) -> Parts:
    """The tick, with its relay."""
    on = _ground(world, life)
    await on.policy.refresh()
    ticker = Ticker(
        on.db, lambda: on.policy.current, lambda: on.floor.current, on.relay.nudge, on.floor.moved
    )
    return Parts([("tick", ticker.run), *on.loops])


async def notifier(world: "World", life: Life) -> Parts:
    """Notices and their delivery; and a tally, whose effects would show what was applied twice."""
    on = _ground(world, life)
    await on.policy.refresh()
    directory = DirectorySource(on.db, asyncio.get_running_loop().time)
    await directory.refresh()
    deliverer = Deliverer(
        on.db,
        world.receivers.channels(),
        lambda: on.policy.current,
        directory,
        link="https://tierline.example",
        limits=LIMITS,
        rng=Random(world.random.random()),
    )
    connect = _connect(world, life)
    loops = [
        ("policy", on.policy.run),
        ("directory", directory.run),
        ("deliver", deliverer.run),
        *event_feed(BOOTSTRAP, on.db, on.policy, directory, deliverer, connect=connect).loops,
        *tally_loops(BOOTSTRAP, on.db, connect, world.is_broken),
    ]
    return Parts(loops)


SERVICES = {"intake": intake, "router": router, "sla-timer": sla_timer, "notifier": notifier}
REPLICAS = 2
