"""Does what became of the tickets agree with what the log says of its cases?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tierline.domain.terms import State
from tierline.domain.ticket import Ticket
from tierline.replay.plan import Expected, Plan

FIELDS = ("status", "tier", "group", "owner", "reopened")
"""What is compared."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket stands, as its row, its API answer or its state say."""

    status: State
    tier: str
    group: str
    owner: str
    reopened: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One field of one case in which log and ticket differ; `found` empty: there is no ticket."""

    case: str
    field: str
    expected: str
    found: str


def place_of(ticket: Ticket) -> Place:
    """Where `ticket` stands."""
    return Place(ticket.state, ticket.tier, ticket.group, ticket.owner, ticket.reopened)


def compare(plan: Plan, places: Mapping[str, Place]) -> tuple[Mismatch, ...]:
    """Every difference between the ends of the plan's cases and `places` (by case)."""
    return tuple(
        found
        for case in plan.cases
        for found in _one(case.key, case.expected, places.get(case.key))
    )


def _one(case: str, expected: Expected, place: Place | None) -> Iterator[Mismatch]:
    if place is None:
        yield Mismatch(case, "ticket", "one", "")
        return
    for field in FIELDS:
        wanted, found = getattr(expected, field), getattr(place, field)
        if wanted != found:
            yield Mismatch(case, field, str(wanted), str(found))
