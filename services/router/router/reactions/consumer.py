"""What brings events to reactions: each once and in order, from the broker and by sweep."""

import asyncio
from collections.abc import Sequence
from typing import Any

from router.reactions.reactor import Reactor
from router.reactions.register import BY_EVENT
from router.reactions.waiting import note
from tierline.bus.consumer import Connect, Consumer, kafka_client
from tierline.bus.feed import Feed
from tierline.bus.inbox import Committed, Inbox
from tierline.messages.broker import Where
from tierline.messages.events import TicketMessage
from tierline.messages.topics import EVENTS
from tierline.store.database import Database

NAME = "reactions"
"""Of the consumer group, which all routers share, and of its progress."""


def reaction_inbox(db: Database, reactor: Reactor) -> Inbox:
    """What notes reactions of each event once, with progress, and then tells `reactor`."""

    async def react(connection: Any, messages: Sequence[TicketMessage]) -> Committed | None:
        wanted = [
            (message, reaction)
            for message in messages
            for reaction in BY_EVENT.get(type(message.event.what), ())
            if reaction.concerns(message)
        ]
        if not wanted or not await note(connection, wanted):
            return None
        return reactor.nudge

    return Inbox(db, NAME, react)


def reaction_feed(
    where: Where, db: Database, reactor: Reactor, *, connect: Connect = kafka_client
) -> Feed:
    """What finds out what events mean for other tickets, and does it.

    Args:
        where: the broker.
        db: what is to be done and progress are written in one transaction.
        reactor: is told when something waits.
        connect: makes the broker's client.
    """
    inbox = reaction_inbox(db, reactor)
    consumer = Consumer(where, EVENTS, NAME, inbox.handle, connect=connect)

    async def sweep(stop: asyncio.Event) -> None:
        await inbox.sweep(stop, consumer.lagging)

    loops = [
        ("reactions consumer", consumer.run),
        ("reactions sweep", sweep),
        ("reactions", reactor.run),
    ]
    return Feed(loops, consumer.alive)
