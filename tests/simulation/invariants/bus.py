"""Outbox, broker and offsets: nothing leaves before it has arrived, and in order."""

from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from tierline.bus.producer import Outgoing
from tierline.messages.alert import decode_accepted
from tierline.messages.topics import ALERTS, EVENTS

if TYPE_CHECKING:
    from tests.simulation.world import World

Row = dict[str, Any]
Pairs = list[tuple[Row | None, Row | None]]


def seq_of(body: bytes) -> int:
    """The seq in the id of a ticket event's message (ticket/seq)."""
    return int(body.split(b'"', 4)[3].partition(b"/")[2])


class BusRules:
    """What was acked, what is gone from the outbox, how far each group says it is.

    Attributes:
        refused: bodies that the broker has refused for good.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self._acked: set[bytes] = set()
        self.refused: set[bytes] = set()
        self._sent: dict[str, int] = {}

    def appended(self, message: Outgoing, *, dropped: bool) -> None:
        """The broker acked a message; `dropped`: it has no log to keep it in."""
        self._acked.add(message.body)
        if dropped:
            self._world.counts["acked and dropped"] += 1
        self._in_order(message)

    def refuse(self, message: Outgoing) -> None:
        """The broker refused a message for good: it has had its turn."""
        self.refused.add(message.body)
        self._in_order(message)

    def _in_order(self, message: Outgoing) -> None:
        if message.topic != EVENTS:
            return
        seq, last = seq_of(message.body), self._sent.get(message.key, 0)
        if seq > last + 1:
            self._world.violate(
                "events of a ticket go out in order", f"{message.key}/{seq} after {last}"
            )
        self._sent[message.key] = max(seq, last)

    def outbox(self, rows: Pairs, letters: Pairs) -> None:
        """Rows came or went."""
        buried = {new["body"] for _, new in letters if new is not None}
        for old, new in rows:
            if new is None and old is not None and old["body"] not in self._acked | buried:
                self._world.violate(
                    "the outbox keeps what was not sent", f"{old['topic']} {old['key']}"
                )

    def offset_committed(
        self, group: str, partition: TopicPartition, before: int, after: int
    ) -> None:
        """Everything below `after` must have had its effects."""
        logs = self._world.broker.topics.get(partition.topic)
        if logs is None:
            return
        for record in logs[partition.partition][before:after]:
            if record.value in self._world.watch.poison:
                continue
            if not self._handled(group, record.topic, record.key, record.value):
                self._world.violate(
                    "an offset is committed after its effects",
                    f"{group} {partition.topic}/{partition.partition}/{record.offset}",
                )
                return

    def _handled(self, group: str, topic: str, key: bytes, body: bytes) -> bool:
        world = self._world
        if topic == ALERTS:
            row = world.postgres.row("alert", decode_accepted(body).id)
            if row is None:
                return False
            # Set aside, and perhaps sent on its way again since.
            return (
                row["outcome"] is not None
                or ("consumer:triage", str(row["id"])) in world.watch.aside
            )
        row = world.postgres.row("progress", (group, int(key)))
        return row is not None and bool(row["seq"] >= seq_of(body))
