"""What is counted of the bus, for Prometheus."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import TopicPartition
from prometheus_client import Counter, Gauge, Histogram

LAG = Gauge(
    "tierline_consumer_lag_messages",
    "Messages that a group has yet to commit, of the partitions this process reads.",
    ["topic", "group", "partition"],
)
DELAY_SECONDS = Histogram(
    "tierline_consumer_delay_seconds",
    "How long the oldest message of a batch lay at the broker before it was handled.",
    ["topic", "group"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600),
)
CONSUMER_TROUBLES = Counter(
    "tierline_consumer_troubles_total",
    "Batches handed over again (batch), and clients begun anew (client).",
    ["topic", "group", "what"],
)
RELAYED = Counter(
    "tierline_outbox_relayed_total",
    "Outbox rows that left: the broker has them (sent), or never takes them (refused).",
    ["outcome"],
)
RELAY_FAILURES = Counter(
    "tierline_outbox_failures_total", "Passes of the relay that sent nothing and are run again."
)


class Watch:
    """Counts what one member of a group does and how far it is behind.

    Args:
        topic: what it reads.
        group: its name.
        shown: False for a group that commits nothing: it is behind nothing, and may have a name of
            its own, one more label at each start.
    """

    def __init__(self, topic: str, group: str, *, shown: bool) -> None:
        self._topic = topic
        self._group = group
        self._shown = shown
        self._reached: dict[TopicPartition, int] = {}
        self._series: set[TopicPartition] = set()

    def trouble(self, what: str) -> None:
        """Count a `batch` handed over again, or a `client` begun anew."""
        if self._shown:
            CONSUMER_TROUBLES.labels(self._topic, self._group, what).inc()

    def came(self, batch: Mapping[TopicPartition, Iterable[Any]]) -> None:
        """Count how long the oldest of `batch` lay at the broker, where the broker kept that."""
        sent = [
            stamp
            for records in batch.values()
            for record in records
            if (stamp := getattr(record, "timestamp", None)) and stamp > 0
        ]
        if sent and self._shown:
            oldest_s = max(0.0, time.time() - min(sent) / 1000)
            DELAY_SECONDS.labels(self._topic, self._group).observe(oldest_s)

    def reached(self, offsets: Mapping[TopicPartition, int]) -> None:
        """What is handled next of each partition."""
        self._reached.update(offsets)

    def show(self, client: Any) -> None:
        """Show how far behind `client` is in what it is assigned; the rest is others' to show.

        Of a partition of which nothing came yet, nothing waits that is known.
        """
        if not self._shown:
            return
        assigned = client.assignment()
        for gone in (self._series | self._reached.keys()) - assigned:
            self._forget(gone)
        for partition in assigned:
            end = client.highwater(partition)
            if end is not None:
                behind = max(0, end - self._reached.get(partition, end))
                LAG.labels(self._topic, self._group, partition.partition).set(behind)
                self._series.add(partition)

    def close(self) -> None:
        """Show nothing any more."""
        for partition in self._series | self._reached.keys():
            self._forget(partition)

    def _forget(self, partition: TopicPartition) -> None:
        self._reached.pop(partition, None)
        if partition in self._series:
            self._series.discard(partition)
            LAG.remove(self._topic, self._group, partition.partition)
