"""Brokers for tests of the relay: what was sent, in what order, and what goes wrong on demand."""

import asyncio
from collections.abc import Callable, Sequence

from tierline.bus.producer import NotSentError, Outgoing


class RecordingSender:
    """Takes everything and remembers it, in order.

    Attributes:
        sent: every message taken, oldest first.
        away: while true, nothing is taken (NotSentError).
        refuses: messages for which this is true are refused for good.
        stall_s: how long a send takes (real seconds), by its messages.
    """

    def __init__(
        self,
        *,
        refuses: Callable[[Outgoing], bool] = lambda _: False,
        stall_s: Callable[[Sequence[Outgoing]], float] = lambda _: 0.0,
    ) -> None:
        self.sent: list[Outgoing] = []
        self.away = False
        self.refuses = refuses
        self.stall_s = stall_s

    async def send(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        """Take all, or none while `away`; returns by id what is refused for good."""
        await asyncio.sleep(self.stall_s(messages))
        if self.away:
            raise NotSentError("the broker is away")
        refused = {message.id: "too large" for message in messages if self.refuses(message)}
        self.sent += [message for message in messages if message.id not in refused]
        return refused

    def bodies(self, key: str) -> list[bytes]:
        """What was taken under `key`, oldest first."""
        return [message.body for message in self.sent if message.key == key]
