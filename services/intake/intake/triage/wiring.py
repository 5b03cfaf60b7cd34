"""Triage, put together: its consumer, its sweep, the floor it decides on, and its short way in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from intake.batch import Kept
from intake.triage.consumer import GROUP, TriageConsumer
from intake.triage.in_hand import InHand
from intake.triage.triager import Triager
from tierline.bus.consumer import Connect, Consumer, kafka_client
from tierline.bus.feed import Feed
from tierline.messages.broker import Where
from tierline.messages.topics import ALERTS
from tierline.policy.crew import crew_of
from tierline.policy.source import PolicySource
from tierline.store.database import Database
from tierline.store.floor import FloorSource
from tierline.store.on_call import read_rotas


@dataclass(frozen=True, slots=True)
class Triage:
    """What feeds triage, what the edge calls with what it has committed, what it decides on."""

    feed: Feed
    kept: Kept
    floor: FloorSource


def make_triage(
    where: Where,
    db: Database,
    policy: PolicySource,
    committed: Callable[[], None],
    *,
    connect: Connect = kafka_client,
) -> Triage:
    """Put triage together.

    Args:
        where: the broker.
        db: its pool.
        policy: the rules.
        committed: called after each transaction, to wake the relay.
        connect: makes the broker's client.
    """
    floor = FloorSource(db, read_rotas, crew_of(policy))
    triager = Triager(db, lambda: policy.current, lambda: floor.current, committed, floor.moved)
    triage = TriageConsumer(db, triager)
    consumer = Consumer(where, ALERTS, GROUP, triage.handle, connect=connect)

    async def sweep(stop: asyncio.Event) -> None:
        await triage.sweep(stop, consumer.lagging)

    in_hand = InHand(triager)
    loops = [
        ("floor", floor.run), ("triage", consumer.run), ("in hand", in_hand.run), ("sweep", sweep)
    ]  # fmt: skip
    return Triage(Feed(loops, consumer.alive), in_hand.offer, floor)
