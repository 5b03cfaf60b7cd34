"""Consumer groups of the broker in memory: members, generations, who has what, how far they are."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiokafka import TopicPartition

if TYPE_CHECKING:
    from tierline.testing.broker_client import FakeClient


@dataclass(frozen=True, slots=True)
class Record:
    """One message in a log."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes


@dataclass(slots=True)
class Group:
    """One group of one topic.

    Attributes:
        generation: goes up whenever the partitions are dealt anew.
        members: those whose sessions live, in the order they joined.
        offsets: committed, by partition.
        dealt: the member that each partition belongs to.
    """

    name: str
    partitions: list[TopicPartition]
    generation: int = 0
    members: list["FakeClient"] = field(default_factory=list)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    dealt: dict[TopicPartition, "FakeClient"] = field(default_factory=dict)
    turn: int = 0

    def join(self, client: "FakeClient") -> None:
        """A new member: everything is dealt anew."""
        if client not in self.members:
            self.members.append(client)
            self.deal()

    def leave(self, client: "FakeClient") -> None:
        """A member goes, or is known to be dead."""
        if client in self.members:
            self.members.remove(client)
            self.deal()

    def expel(self, number: int) -> None:
        """End the session of one member, which does not know yet."""
        if self.members:
            self.leave(self.members[number % len(self.members)])

    def deal(self) -> None:
        """A new generation: partitions go round the members, each time beginning with another."""
        self.generation += 1
        self.turn += 1
        self.dealt = {
            partition: self.members[(number + self.turn) % len(self.members)]
            for number, partition in enumerate(self.partitions)
            if self.members
        }

    def of(self, client: "FakeClient") -> list[TopicPartition]:
        """The partitions that are `client`'s."""
        return [partition for partition, owner in self.dealt.items() if owner is client]

    def forget(self) -> None:
        """Offsets and members are gone; members join again when they hear of it."""
        self.offsets.clear()
        self.members.clear()
        self.deal()

    def take_back(self, count: int) -> None:
        """Committed offsets go back by `count`, and everybody begins there again."""
        self.offsets = {p: max(0, offset - count) for p, offset in self.offsets.items()}
        self.deal()
