"""Polls of the loops made longer: what they do is the same, an hour holds fewer idle looks.

The loops are nudged after commits; the poll is what they fall back on. Drawn for each seed, so that
some run as often as in production.
"""

import contextlib
from collections.abc import Iterator
from random import Random
from unittest.mock import patch

from notifier import handlers, record
from sla_timer import tick
from tierline.bus import consumer, relay
from tierline.policy import source
from tierline.store import floor

POLLS = (
    (tick, "POLL_S", 0.4, 2.0),
    (relay, "RELAY_POLL_S", 0.5, 3.0),
    (consumer, "GET_WAIT_MS", 1_000, 4_000),
    (floor, "FLOOR_EVERY_S", 4.0, 10.0),
    (source, "REFRESH_S", 10.0, 30.0),
    (handlers, "LEASE_S", 12.0, 12.0),
    (record, "LEASE_S", 12.0, 12.0),
)
"""Module, constant, and between what it is drawn, in the constant's own unit."""


@contextlib.contextmanager
def slower_polls(seed: int) -> Iterator[None]:
    """The world of `seed` looks less often."""
    random = Random(f"{seed} polls")
    with contextlib.ExitStack() as stack:
        for module, name, least, most in POLLS:
            drawn = random.uniform(least, most)
            value = round(drawn) if name.endswith("_MS") else drawn
            stack.enter_context(patch.object(module, name, value))
        yield
