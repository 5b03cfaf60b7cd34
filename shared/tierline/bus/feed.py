"""What feeds a service: the loops that bring messages in, and whether the broker brings any."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feed:
    """A topic, read.

    Attributes:
        loops: name and coroutine function; each runs until the event it is given is set.
        joined: None while the consumer is in its group, else what is amiss; for `/readyz`.
    """

    loops: Sequence[tuple[str, Callable[[asyncio.Event], Awaitable[None]]]]
    joined: Callable[[], Awaitable[str | None]]
