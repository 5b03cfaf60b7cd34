"""At the end: limits that ran out together were gathered into one storm, told once, followed."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tierline.domain.storm import StormDecided, StormJoined, StormTold
from tierline.domain.ticket import STORM

if TYPE_CHECKING:
    from tests.simulation.world import World

Wrong = tuple[str, str]


def wrong_in_storms(world: "World") -> Iterator[Wrong]:
    """What is wrong with storms: name and detail."""
    told: Counter[int] = Counter()
    joined: set[tuple[int, int]] = set()
    decided: list[tuple[str, int]] = []
    for number, messages in world.watch.tickets.told.items():
        for message in messages:
            what = message.event.what
            if isinstance(what, StormTold):
                told[what.storm] += 1
            elif isinstance(what, StormJoined):
                joined.add((what.storm, number))
            elif isinstance(what, StormDecided):
                cause = f"{number}/{message.event.seq}"
                decided += [(cause, each) for each in (*what.moved, *what.kept)]
    for storm, count in told.items():
        if count > 1:
            yield "a storm is told once", f"storm {storm} was told {count} times"
    for row in world.postgres.rows("storm_ticket"):
        if (row["storm"], row["ticket"]) not in joined:
            yield "who is gathered knows it", f"{row['ticket']} is not told of {row['storm']}"
    yield from _waiting(world)
    yield from _followed(world, decided)


def _waiting(world: "World") -> Iterator[Wrong]:
    """What waits for a storm waits in one that is known, or for the end of its time."""
    for ticket in world.watch.tickets.folded.values():
        proposal = ticket.proposal
        if proposal is None or proposal.choice != STORM or not ticket.active:
            continue
        if not proposal.storm and ticket.under is None:
            yield "what is gathered is in a storm", f"{ticket.id} waits in none"


def _followed(world: "World", decided: list[tuple[str, int]]) -> Iterator[Wrong]:
    """Whatever was decided has happened to the ticket, or it did not wait any more."""
    settled = {
        (f"{row['ticket']}/{row['seq']}", row["target"]): row["state"]
        for row in world.postgres.rows("reaction")
    }
    for cause, number in decided:
        if settled.get((cause, number)) not in {"done", "refused"}:
            yield "a decision is followed", f"{number} did not follow {cause}"
