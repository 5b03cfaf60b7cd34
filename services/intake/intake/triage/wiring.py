"""Triage, put together: its consumer, its sweep and the floor it decides on."""

import asyncio
from collections.abc import Callable

from intake.triage.consumer import GROUP, TriageConsumer
from intake.triage.triager import Triager
from tierline.bus.consumer import Connect, Consumer, kafka_client
from tierline.messages.topics import ALERTS
from tierline.policy.source import PolicySource
from tierline.runtime.service import Loop
from tierline.store.database import Database
from tierline.store.floor import FloorSource


def triage_loops(
    bootstrap: str,
    db: Database,
    policy: PolicySource,
    committed: Callable[[], None],
    *,
    connect: Connect = kafka_client,
) -> list[tuple[str, Loop]]:
    """The loops of triage; `committed` is called after each transaction, to wake the relay.

    `connect` makes the broker's client.
    """
    floor = FloorSource(db)
    triager = Triager(db, lambda: policy.current, lambda: floor.current, committed)
    triage = TriageConsumer(db, triager)
    consumer = Consumer(bootstrap, ALERTS, GROUP, triage.handle, connect=connect)

    async def sweep(stop: asyncio.Event) -> None:
        await triage.sweep(stop, consumer.lagging)

    return [("floor", floor.run), ("triage", consumer.run), ("sweep", sweep)]
