"""What a router's reactions bring, without a broker: events as they stand in the store."""

from dataclasses import dataclass, field
from typing import Any

from router.reactions.consumer import NAME, reaction_inbox
from router.reactions.reactor import Reactor
from tests.services.router.world import World
from tierline.messages.events import TicketMessage, decode_event

ROUNDS_MAX = 20

UNSEEN = """
SELECT e.body FROM tierline.event e
LEFT JOIN tierline.progress p ON p.consumer = $1 AND p.ticket = e.ticket
WHERE e.seq > coalesce(p.seq, 0) ORDER BY e.ticket, e.seq
"""


@dataclass
class Reactions:
    """The reactions of one router."""

    world: World
    reactor: Reactor = field(init=False)

    def __post_init__(self) -> None:
        context = self.world.context
        self.reactor = Reactor(
            context.db,
            lambda: context.source.current,
            lambda: context.floor.current,
            context.relay.nudge,
            context.floor.fold,
        )

    async def hear(self, messages: list[TicketMessage] | None = None) -> int:
        """Take in the events given, else all that are new; how many those are."""
        if messages is None:
            async with self.world.db.connection() as connection:
                rows = await connection.fetch(UNSEEN, NAME)
            messages = [decode_event(row["body"]) for row in rows]
        await reaction_inbox(self.world.db, self.reactor).take(messages)
        return len(messages)

    async def settle(self) -> None:
        """React until nothing follows any more."""
        for _ in range(ROUNDS_MAX):
            heard = await self.hear()
            done = 0
            while step := await self.reactor.step():
                done += step
            if not heard and not done:
                return
        raise AssertionError("reactions feed themselves")

    async def outcomes(self, kind: str) -> list[tuple[int, str]]:
        """Target and state of all reactions of a kind, in order."""
        async with self.world.db.connection() as connection:
            rows: list[Any] = await connection.fetch(
                "SELECT target, state FROM tierline.reaction WHERE kind = $1 ORDER BY id", kind
            )
        return [(row["target"], row["state"]) for row in rows]
