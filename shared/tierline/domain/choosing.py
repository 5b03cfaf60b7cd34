"""Whom a ticket is offered to: who of the group is in and has room, and of those the first.

What sets them apart comes from stored data alone (load, last turns, records), so that any service
that decides would choose the same.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tierline.domain.floor import Floor, Turn
from tierline.domain.people import Person
from tierline.domain.policy import Group
from tierline.domain.terms import Assign
from tierline.domain.ticket import Ticket

FULL: Final = "full"
ASKED: Final = "asked before"

_NEVER: Final = Turn(datetime(1970, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is asked, and why them; `to` is empty where nobody can be, and `reason` says why not.

    `passed`: why each other member is not asked. `able`: of each who could be, what was compared.
    """

    to: str
    reason: str
    passed: Mapping[str, str]
    able: tuple[Mapping[str, Any], ...]


def choose(
    group: Group, ticket: Ticket, floor: Floor, at: datetime, tried: Collection[str]
) -> Choice:
    """Choose of `group` who is asked at `at` to take `ticket`, none of `tried` among them."""
    people = [floor.person(login) for login in group.members]
    passed = {p.login: why for p in people if (why := unable(p, group, ticket, floor, at, tried))}
    able = [person for person in people if person.login not in passed]
    if not able:
        return Choice("", _nobody(passed), passed, ())
    rank, named = _RULES[group.assign]
    first = min(able, key=lambda person: rank(person, group, ticket, floor))
    seen = tuple(_compared(person, group, floor) for person in able)
    passed.update({p.login: "not first" for p in able if p is not first})
    return Choice(first.login, named(first, group, ticket, floor), passed, seen)


def unable(
    person: Person,
    group: Group,
    ticket: Ticket,
    floor: Floor,
    at: datetime,
    tried: Collection[str],
) -> str:
    """Why `person` of `group` is not asked at `at` to take `ticket`; empty where they may be."""
    if person.login in tried:
        return ASKED
    if not person.sees(ticket.client):
        return f"does not see {ticket.client}"
    if why := person.not_in(at, group.hours):
        return why
    room, held = room_of(person, group), floor.in_hand(person.login)
    return f"{FULL}: {held} of {room}" if room is not None and held >= room else ""


def room_of(person: Person, group: Group) -> int | None:
    """How many open tickets they may hold: their own number, else the group's for each of it."""
    if person.capacity is not None:
        return person.capacity
    return group.capacity if group.capacity_each else None


def _nobody(passed: Mapping[str, str]) -> str:
    """Why nobody can be asked, in words."""
    reasons = set(passed.values())
    if not passed:
        return "nobody is in the group"
    if reasons == {ASKED}:
        return "everybody was asked"
    if all(why.startswith(FULL) for why in reasons):
        return "everybody is full"
    if any(why == ASKED for why in reasons):
        return "everybody else is off shift, away or full"
    if any(why.startswith(FULL) for why in reasons):
        return "who is on shift is full"
    return "nobody is on shift"


def _compared(person: Person, group: Group, floor: Floor) -> dict[str, Any]:
    last = floor.turns.get((group.name, person.login))
    return {
        "login": person.login,
        "load": floor.in_hand(person.login),
        "last_turn": last.at.isoformat() if last else "",
    }


Rank = Callable[[Person, Group, Ticket, Floor], tuple[Any, ...]]
Named = Callable[[Person, Group, Ticket, Floor], str]


def _turn(person: Person, group: Group, _ticket: Ticket, floor: Floor) -> tuple[Any, ...]:
    """Whose last turn in this group is longest ago comes first; members in order, before any."""
    last = floor.turns.get((group.name, person.login), _NEVER)
    return (last, group.members.index(person.login))


def _load(person: Person, group: Group, ticket: Ticket, floor: Floor) -> tuple[Any, ...]:
    """Who has the fewest open tickets comes first; of several, whose last turn is longest ago."""
    return (floor.in_hand(person.login), *_turn(person, group, ticket, floor))


def _skill(person: Person, group: Group, ticket: Ticket, floor: Floor) -> tuple[Any, ...]:
    """Who can handle its category comes first."""
    return (not _holds(person, ticket), *_load(person, group, ticket, floor))


def _usual(person: Person, group: Group, ticket: Ticket, floor: Floor) -> tuple[Any, ...]:
    """Who usually works for its client comes first."""
    return (not _knows(person, ticket), *_load(person, group, ticket, floor))


def _holds(person: Person, ticket: Ticket) -> bool:
    return bool(ticket.category) and ticket.category in person.skills


def _knows(person: Person, ticket: Ticket) -> bool:
    return ticket.client in person.usual_clients


def _by_turn(person: Person, group: Group, _ticket: Ticket, floor: Floor) -> str:
    last = floor.turns.get((group.name, person.login))
    if last is None:
        return "had no turn yet"
    return f"their last turn is longest ago: {last.at:%Y-%m-%d %H:%M} UTC"


def _by_load(person: Person, _group: Group, _ticket: Ticket, floor: Floor) -> str:
    return f"fewest open tickets: {floor.in_hand(person.login)}"


def _by_skill(person: Person, group: Group, ticket: Ticket, floor: Floor) -> str:
    rest = _by_load(person, group, ticket, floor)
    if _holds(person, ticket):
        return f"handles {ticket.category}; {rest}"
    wanted = f"nobody who is free handles {ticket.category}" if ticket.category else "no category"
    return f"{wanted}; {rest}"


def _by_usual(person: Person, group: Group, ticket: Ticket, floor: Floor) -> str:
    rest = _by_load(person, group, ticket, floor)
    if _knows(person, ticket):
        return f"usual technician of {ticket.client}; {rest}"
    return f"no usual technician of {ticket.client} is free; {rest}"


_RULES: Mapping[Assign, tuple[Rank, Named]] = {
    Assign.CLAIM: (_turn, _by_turn),
    Assign.ROUND_ROBIN: (_turn, _by_turn),
    Assign.LEAST_LOADED: (_load, _by_load),
    Assign.BY_SKILL: (_skill, _by_skill),
    Assign.USUAL_TECHNICIAN: (_usual, _by_usual),
}
"""How members are ordered, and how the first one is explained."""
