"""The bounce ledger: which groups send each other tickets that come straight back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Bounce:
    """A ticket that went from one group to another and straight back (A, B, A).

    Attributes:
        seq: the event that brought it back.
        sent_by: A, which sent it and got it back.
        sent_to: B.
        went_at: when it came to B (UTC).
        back_at: when it was back with A (UTC).
        reason: why B gave it back.
        by: who gave it back; empty where time did.
    """

    ticket: int
    seq: int
    client: str
    title: str
    sent_by: str
    sent_to: str
    went_at: datetime
    back_at: datetime
    reason: str = ""
    by: str = ""

    @property
    def lost(self) -> timedelta:
        """What the way there and back cost, by the clock on the wall."""
        return max(timedelta(0), self.back_at - self.went_at)


@dataclass(frozen=True, slots=True)
class Edge:
    """All bounces between two groups in one direction. `lost_s`: seconds; the newest come first."""

    sent_by: str
    sent_to: str
    lost_s: int
    bounces: tuple[Bounce, ...]

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.bounces)


def edges_of(bounces: Iterable[Bounce]) -> tuple[Edge, ...]:
    """The bounces by edge; the edge with the most of them first, then the one that lost most."""
    found: dict[tuple[str, str], list[Bounce]] = {}
    for bounce in bounces:
        found.setdefault((bounce.sent_by, bounce.sent_to), []).append(bounce)
    edges = [
        Edge(
            sent_by,
            sent_to,
            round(sum((one.lost for one in of), timedelta(0)).total_seconds()),
            tuple(sorted(of, key=lambda one: (one.back_at, one.ticket, one.seq), reverse=True)),
        )
        for (sent_by, sent_to), of in found.items()
    ]
    return tuple(sorted(edges, key=lambda e: (-e.count, -e.lost_s, e.sent_by, e.sent_to)))
