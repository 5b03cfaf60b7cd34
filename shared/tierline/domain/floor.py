"""What a decision may know of the moment beside the ticket."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from tierline.domain.business_time import is_open
from tierline.domain.events import Event, Lapsed, Moved
from tierline.domain.freezes import Freezes
from tierline.domain.people import Person
from tierline.domain.policy import Group
from tierline.domain.serving import Partners
from tierline.domain.terms import ClockName, Mode
from tierline.domain.ticket import Ticket

OnCall = Callable[[str, datetime], tuple[str, ...]]
"""Who is on call by the schedule of that name at an instant (UTC): logins, nobody where empty."""


def nobody_on_call(_schedule: str, _at: datetime) -> tuple[str, ...]:
    """The on-call schedules of a service without any."""
    return ()


class Turn(NamedTuple):
    """When somebody last had their turn (UTC, as recorded), and how often at that instant.

    What comes at once, as after an outage, is recorded at one instant: then that decides.
    """

    at: datetime
    times: int = 1


LAPSES_KEPT = 200
"""Of one group, the last so many: more than any policy takes for a storm."""

Turns = Mapping[tuple[str, str], Turn]
"""By group and login."""


def _holder(ticket: Ticket) -> str:
    """The group whose load the ticket is; empty once no work is owed."""
    return ticket.group if ticket.active else ""


def _in_hand(ticket: Ticket) -> str:
    """Whose load the ticket is: its owner's, or of who is asked to take it."""
    return (ticket.owner or ticket.offered_to) if ticket.active else ""


@dataclass(frozen=True, slots=True)
class Floor:
    """Open load by group and by person, as read at `as_of` (UTC), and what the records say.

    Who works here, who is on call, whom partners work on, when clients want nothing changed.
    Staffed hours, shifts, absences, schedules and freezes are judged at each instant. `beside`: by
    login, the tickets beside whose owner somebody has been put: they take room in the groups of
    whoever helps. `held` counts by login what somebody owns or is offered. `turns`: when somebody
    of a group was last offered a ticket of it, or claimed one that was not. `lapses`: by group,
    when (UTC) limits of its tickets ran out lately, the last LAPSES_KEPT of them as they were seen.
    """

    as_of: datetime
    load: Mapping[str, int] = field(default_factory=dict)
    on_call: OnCall = nobody_on_call
    beside: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    turns: Turns = field(default_factory=dict)
    lapses: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    partners: Partners = field(default_factory=dict)
    freezes: Freezes = field(default_factory=dict)

    def person(self, login: str) -> Person:
        """What the records say of `login`; of somebody they do not know, nothing but the login."""
        return self.people.get(login) or Person(login)

    def knowing(self, person: Person) -> "Floor":
        """The same floor with `person` as given, where something newer is known of them."""
        return replace(self, people={**self.people, person.login: person})

    def in_hand(self, login: str) -> int:
        """How many open tickets somebody owns, is offered, or stands beside the owner of."""
        return self.held.get(login, 0) + self.beside.get(login, 0)

    def staffed(self, group: Group, at: datetime) -> bool:
        """Whether `group`'s staffed hours cover the instant `at`."""
        return is_open(group.hours, at)

    def room(self, group: Group) -> int | None:
        """How many more open tickets `group` has room for; None where it has no limit."""
        if group.capacity is None:
            return None
        people = max(1, len(group.members)) if group.capacity_each else 1
        return group.capacity * people - self.load.get(group.name, 0) - self.helping(group)

    def helping(self, group: Group) -> int:
        """How often the members of `group` stand beside an owner."""
        return sum(self.beside.get(login, 0) for login in group.members) if self.beside else 0

    def full(self, group: Group) -> bool:
        """Whether `group` has no room for one more ticket."""
        room = self.room(group)
        return room is not None and room <= 0

    def lapses_around(self, group: str, at: datetime, within: timedelta) -> int:
        """How many limits of `group` ran out within one stretch of time that `at` lies in.

        `within`: how long a stretch is; of all of them the one with the most counts.
        """
        near = sorted(each for each in self.lapses.get(group, ()) if abs(each - at) < within)
        begins = [*(each for each in near if each <= at), at]
        return max(bisect_left(near, it + within) - bisect_left(near, it) for it in begins)

    def on_call_for(self, group: Group, at: datetime) -> tuple[str, ...]:
        """Who is on call for `group` at `at`; nobody where it names no schedule."""
        return self.on_call(group.on_call, at) if group.on_call else ()

    def after(self, before: Ticket | None, now: Ticket, events: Iterable[Event] = ()) -> "Floor":
        """The floor once a ticket that was as `before` (None: was not there) is as it is `now`.

        `events`: those that brought it there; limits that ran out are counted from them.
        """
        load = _counted(self.load, "" if before is None else _holder(before), _holder(now))
        held = _counted(self.held, "" if before is None else _in_hand(before), _in_hand(now))
        beside = _beside(self.beside, before.joined if before else (), now.joined)
        turns = _turned(self.turns, before, now)
        lapses = _lapsed(self.lapses, before, events)
        same = load is self.load and held is self.held and beside is self.beside
        if same and turns is self.turns and lapses is self.lapses:
            return self
        return replace(self, load=load, held=held, beside=beside, turns=turns, lapses=lapses)

    def seen(self, group: Group, at: datetime) -> dict[str, object]:
        """What an event keeps of the floor it was decided on."""
        kept: dict[str, object] = {
            "as_of": self.as_of.isoformat(),
            "group": group.name,
            "staffed": self.staffed(group, at),
            "load": self.load.get(group.name, 0),
        }
        if group.capacity is not None:
            kept["room"] = self.room(group)
        if helping := self.helping(group):
            kept["helping"] = helping
        if group.on_call and (on_call := self.on_call_for(group, at)):
            kept["on_call"] = list(on_call)
        return kept


def _counted(counts: Mapping[str, int], left: str, came: str) -> Mapping[str, int]:
    """`counts` with one less for `left` and one more for `came`; the same where they are one."""
    if left == came:
        return counts
    changed = dict(counts)
    for name, count in ((left, -1), (came, 1)):
        if name:
            changed[name] = max(0, changed.get(name, 0) + count)
    return changed


def _beside(
    counts: Mapping[str, int], left: tuple[str, ...], came: tuple[str, ...]
) -> Mapping[str, int]:
    """`counts` without those of `left` and with those of `came`; the same where they are one."""
    if left == came:
        return counts
    changed = dict(counts)
    for logins, count in ((left, -1), (came, 1)):
        for login in logins:
            changed[login] = max(0, changed.get(login, 0) + count)
    return changed


def _lapsed(
    lapses: Mapping[str, tuple[datetime, ...]], before: Ticket | None, events: Iterable[Event]
) -> Mapping[str, tuple[datetime, ...]]:
    """`lapses` with the tier limits among `events` that ran out, each in the group it was then in.

    Under `watch` nothing moves, so nothing is gathered for it either.
    """
    if before is None or before.mode is Mode.WATCH:
        return lapses
    group, found = before.group, lapses
    for event in events:
        what = event.what
        if isinstance(what, Moved):
            group = what.to_group
        elif isinstance(what, Lapsed) and what.clock is ClockName.TIER:
            found = {**found, group: (*found.get(group, ()), event.at)[-LAPSES_KEPT:]}
    return found


def _turned(turns: Turns, before: Ticket | None, now: Ticket) -> Turns:
    """`turns` with those of who was asked, or claimed, between `before` and `now`."""
    had = set() if before is None else _asked(before)
    new = {login for login in _asked(now) - had if login}
    if not new:
        return turns
    taken = {(now.group, login): Turn(now.recorded_at) for login in new}
    return {**turns, **{key: _later(turns.get(key), turn) for key, turn in taken.items()}}


def _later(known: Turn | None, new: Turn) -> Turn:
    """The turn after `new`, where `known` was the last one."""
    if known is None or known.at < new.at:
        return new
    return Turn(known.at, known.times + 1) if known.at == new.at else known


def _asked(ticket: Ticket) -> set[str]:
    tried = ticket.offer.tried if ticket.offer else ()
    return {ticket.owner, ticket.offered_to, *tried}
