"""The topics, and how many partitions each has (more partitions reorder keys: see the runbook)."""

from collections.abc import Mapping
from zlib import crc32

ALERTS = "alerts.received"
EVENTS = "tickets.events"
TOPICS = (ALERTS, EVENTS)
PARTITIONS = 4
"""A metadata request on the embedded broker makes a missing topic with this many."""

GROUPS: Mapping[str, str] = {"triage": ALERTS, "notifier": EVENTS}
"""The consumer groups that commit what they have read, and the topic of each.

The router's reads from the latest on, while somebody listens, and commits nothing.
"""

SHARDS = 16
"""An outbox row's shard is crc32(key) % SHARDS; one relay at a time sends a shard, in order."""

EVENT_BYTES_MAX = 256 * 1024
"""No message is larger; bodies travel by reference."""


def shard_of(key: str) -> int:
    """The outbox shard of a message key."""
    return crc32(key.encode()) % SHARDS
