"""What drives the notifier: ticket events, each once and in order."""

import asyncio
from collections.abc import Sequence
from typing import Any

from notifier.deliver import Deliverer
from notifier.directory import DirectorySource
from notifier.handlers import write_notices
from notifier.metrics import WRITTEN
from notifier.tracing import Notified
from tierline.bus.consumer import Connect, Consumer, kafka_client
from tierline.bus.feed import Feed
from tierline.bus.inbox import Committed, Inbox
from tierline.messages.broker import Where
from tierline.messages.events import TicketMessage
from tierline.messages.topics import EVENTS
from tierline.policy.source import PolicySource
from tierline.store.database import Database

NAME = "notifier"
"""Of the consumer group, and of this consumer's progress."""


def event_feed(
    where: Where,
    db: Database,
    policy: PolicySource,
    directory: DirectorySource,
    deliverer: Deliverer,
    *,
    connect: Connect = kafka_client,
) -> Feed:
    """What brings events in: from the broker, and by sweep what it did not bring.

    Args:
        where: the broker.
        db: notices, messages and progress are written in one transaction.
        policy: who is told, at this moment.
        directory: who and where.
        deliverer: given, after each commit, what is to be sent.
        connect: makes the broker's client.
    """

    async def tell(connection: Any, messages: Sequence[TicketMessage]) -> Committed:
        claimed_at = asyncio.get_running_loop().time()
        known = await directory.get(connection)
        notified = Notified(messages)
        written = await write_notices(
            connection, notified.messages, policy.current, known, room=deliverer.room
        )

        def committed() -> None:
            WRITTEN.inc(written.messages)
            notified.end()
            deliverer.hand_over(written.handed, claimed_at)
            if written.left:
                deliverer.wake.set()

        return committed

    inbox = Inbox(db, NAME, tell)
    consumer = Consumer(where, EVENTS, NAME, inbox.handle, connect=connect)

    async def sweep(stop: Any) -> None:
        await inbox.sweep(stop, consumer.lagging)

    return Feed([("consumer", consumer.run), ("sweep", sweep)], consumer.alive)
