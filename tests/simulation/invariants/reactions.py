"""At the end: what an event meant for other tickets was done, on each of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tierline.domain.events import ChildJoined, ChildLeft, Event, ProblemCalled, Resolved
from tierline.domain.ticket import Ticket

if TYPE_CHECKING:
    from tests.simulation.world import World

Wrong = tuple[str, str]


def wrong_in_reacting(world: "World") -> list[Wrong]:
    """What should have followed from events, and has not: name and detail."""
    tickets = world.watch.tickets.folded
    return [*_membership(tickets), *_resolutions(world), *_problems(world)]


def _membership(tickets: dict[int, Ticket]) -> Iterator[Wrong]:
    """Parent and child agree who is under whom."""
    name = "parent and child agree"
    for ticket in tickets.values():
        under = ticket.under
        if under is not None:
            parent = tickets[under.parent]
            if parent.major is None or ticket.id not in parent.major.numbers:
                yield name, f"{ticket.id} is under {parent.id}, which does not know it"
        for child in ticket.major.numbers if ticket.major else ():
            found = tickets[child].under
            if found is None or found.parent != ticket.id:
                yield name, f"{ticket.id} has {child} under it, which is not"


def _resolutions(world: "World") -> Iterator[Wrong]:
    """Whatever was under a major incident when it was resolved has heard of it."""
    for number, told in world.watch.tickets.told.items():
        under: set[int] = set()
        for message in told:
            event = message.event
            if isinstance(event.what, ChildJoined):
                under.add(event.what.child)
            elif isinstance(event.what, ChildLeft):
                under.discard(event.what.child)
            elif isinstance(event.what, Resolved):
                for child in under:
                    yield from _heard(world, child, event, number)


def _heard(world: "World", child: int, event: Event, parent: int) -> Iterator[Wrong]:
    """The child was resolved with it or left; or it was not under it, or over, by then."""
    cause = f"{parent}/{event.seq}"
    told = world.watch.tickets.told[child]
    if any(message.event.cause == cause for message in told):
        return
    rows = world.postgres.rows("reaction")
    of_it = [r for r in rows if (r["ticket"], r["seq"], r["target"]) == (parent, event.seq, child)]
    settled = any(row["state"] == "refused" for row in of_it)
    left = any(type(message.event.what).__name__ == "MajorLeft" for message in told)
    if not settled and not left:
        yield "a child is not forgotten", f"{child} did not hear of {cause}"


def _problems(world: "World") -> Iterator[Wrong]:
    """Where a problem was asked for, there is one."""
    for number, told in world.watch.tickets.told.items():
        called = any(isinstance(message.event.what, ProblemCalled) for message in told)
        if called and not world.watch.tickets.folded[number].problem:
            yield "a problem that is asked for is opened", f"ticket {number} has none"
