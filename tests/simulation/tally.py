"""A second consumer of ticket events whose effects are not idempotent: it counts what it is given.

The notifier's own effects stand under a unique key, which would hide an event that was applied
twice; these do not. Inbox, consumer and sweep are the product's.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from tests.simulation.broken import BrokenError
from tierline.bus.consumer import Connect, Consumer
from tierline.bus.inbox import Inbox
from tierline.messages.events import TicketMessage
from tierline.messages.topics import EVENTS
from tierline.runtime.service import Loop
from tierline.store.database import Database
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.schema import IDENTITY, Table
from tierline.testing.postgres.transaction import Transaction

NAME = "tally"

COUNT = """
INSERT INTO simulation.tally (ticket, seq)
SELECT * FROM unnest($1::bigint[], $2::int[])
"""

TABLE = Table("tally", ("ticket", "seq"), {"id": IDENTITY}, ("id",))

answered = Registry()


@answered.answers(sys.modules[__name__], "COUNT")
async def count_all(tx: Transaction, tickets: Sequence[int], seqs: Sequence[int]) -> Reply:
    """A row for each event, whatever is there already."""
    for ticket, seq in zip(tickets, seqs, strict=True):
        await tx.insert(NAME, {"ticket": ticket, "seq": seq})
    return f"INSERT 0 {len(seqs)}"


def tally_loops(
    bootstrap: str, db: Database, connect: Connect, is_broken: Callable[[TicketMessage], bool]
) -> list[tuple[str, Loop]]:
    """The loops of the tally: from the broker, and by sweep what it did not bring.

    It counts what `is_broken`, too, and raises then: nothing of that may stay.
    """

    async def count(connection: Any, messages: Sequence[TicketMessage]) -> None:
        await connection.execute(
            COUNT,
            [message.event.ticket for message in messages],
            [message.event.seq for message in messages],
        )
        if any(is_broken(message) for message in messages):
            raise BrokenError("drawn: it cannot be counted")

    inbox = Inbox(db, NAME, count)
    consumer = Consumer(bootstrap, EVENTS, NAME, inbox.handle, connect=connect)

    async def sweep(stop: Any) -> None:
        await inbox.sweep(stop, consumer.lagging)

    return [("tally", consumer.run), ("tally sweep", sweep)]
