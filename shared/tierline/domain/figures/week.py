"""The manager's week in figures, from the events that were recorded in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

from tierline.domain.clock import FULL
from tierline.domain.events import Breached, Event, Lapsed, Paged, PlanSlipped, Resolved
from tierline.domain.figures.bounces import Bounce, Edge, edges_of
from tierline.domain.snapshot import Snapshot
from tierline.domain.terms import ClockName, TicketType

COUNTED: Final = (
    "breached",
    "claimed",
    "lapsed",
    "noted",
    "opened",
    "paged",
    "plan_slipped",
    "planned",
    "reopened",
    "resolved",
)
"""The types of event that the figures are made of, by wire name; bounces are read apart."""

_Cycle = tuple[int, str, int]
"""Ticket, clock, cycle: what a promise is told apart by, so that it counts once."""

_CALLED: Final = frozenset({TicketType.INCIDENT, TicketType.REQUEST})
"""Tickets that somebody called or wrote about: no alert, no problem."""


@dataclass(frozen=True, slots=True)
class Promises:
    """Promises to clients of one clock and priority that ended: kept, or broken."""

    clock: str
    priority: str
    kept: int
    broken: int


@dataclass(frozen=True, slots=True)
class Lapses:
    """Limits of one tier that ran out: claimed without a plan (skill), or unclaimed (capacity)."""

    tier: str
    skill: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something happened under one name."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """How long work of one priority took: medians in seconds, with and without pauses."""

    priority: str
    count: int
    gross_s: int
    net_s: int


@dataclass(frozen=True, slots=True)
class Woken:
    """Who was woken, how often, and for which occasions."""

    who: str
    count: int
    occasions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Every figure of one week; docs/reference/figures.md says what each counts.

    Attributes:
        events: how many events the figures are made of.
        first_contact: of `contacts` resolutions that somebody had called or written about, those at
            first contact.
        training: resolutions by what the tier below would have needed; `asked` of them answered.
        paged: pages to wake somebody for a closed group's ticket, by rung of the ladder.
    """

    events: int
    promises: tuple[Promises, ...]
    lapses: tuple[Lapses, ...]
    premature: tuple[Counted, ...]
    slips: tuple[Counted, ...]
    bounces: tuple[Edge, ...]
    training: tuple[Counted, ...]
    asked: int
    resolved: int
    self_healed: int
    contacts: int
    first_contact: int
    resolutions: tuple[Resolution, ...]
    paged: tuple[Counted, ...]
    woken: tuple[Woken, ...]


class Tally:
    """The figures of a stretch, event by event, so that none of them is kept."""

    def __init__(self) -> None:
        self._events = 0
        self._kept: dict[_Cycle, tuple[str, str]] = {}
        self._broken: dict[_Cycle, tuple[str, str]] = {}
        self._lapses: Counter[tuple[str, str]] = Counter()
        self._slips: Counter[str] = Counter()
        self._paged: Counter[str] = Counter()
        self._premature: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._times: dict[str, list[tuple[int, int]]] = {}
        self._self_healed = self._contacts = self._first_contact = 0

    def add(self, event: Event, ticket: Snapshot) -> None:
        """Count an event of one of the types COUNTED; `ticket` is as it stood after it."""
        self._events += 1
        for clock in event.clocks:
            if clock.to_client and clock.met_at == event.at and clock.breached_at is None:
                self._kept[event.ticket, clock.name, clock.cycle] = (clock.name, ticket.priority)
        match event.what:
            case Breached(clock=name, cycle=cycle, fraction=fraction) if fraction == FULL:
                self._broken[event.ticket, name, cycle] = (name, ticket.priority)
            case Lapsed(clock=ClockName.TIER, cause=cause):
                self._lapses[ticket.tier, cause] += 1
            case PlanSlipped(slips=1, grace_until=None):
                pass  # the end of a grace: the promise that ran out was counted before it
            case PlanSlipped():
                self._slips[ticket.group] += 1
            case Paged(of=rung):
                self._paged[rung] += 1
            case Resolved() as resolved:
                self._resolved(resolved, ticket)
            case _:
                pass

    def _resolved(self, what: Resolved, ticket: Snapshot) -> None:
        if what.self_healed:
            self._self_healed += 1
            return
        times = self._times.setdefault(ticket.priority, [])
        times.append((what.gross_s, what.gross_s - what.held_s))
        if ticket.type in _CALLED:
            self._contacts += 1
            self._first_contact += what.first_contact
        if what.premature:
            self._premature[ticket.category or "no category"] += 1
        if what.tier_below_could:
            self._answers[what.tier_below_could] += 1

    def week(self, bounces: Iterable[Bounce] = (), woken: Iterable[Woken] = ()) -> Week:
        """The figures so far, with the bounces and the notices at night of the same stretch."""
        tiers = sorted({tier for tier, _ in self._lapses})
        lapsed = self._lapses
        return Week(
            events=self._events,
            promises=_promises(Counter(self._kept.values()), Counter(self._broken.values())),
            lapses=tuple(Lapses(t, lapsed[t, "skill"], lapsed[t, "capacity"]) for t in tiers),
            premature=_counted(self._premature),
            slips=_counted(self._slips),
            bounces=edges_of(bounces),
            training=_counted(Counter({k: n for k, n in self._answers.items() if k != "no"})),
            asked=self._answers.total(),
            resolved=sum(len(times) for times in self._times.values()),
            self_healed=self._self_healed,
            contacts=self._contacts,
            first_contact=self._first_contact,
            resolutions=tuple(_resolution(p, times) for p, times in sorted(self._times.items())),
            paged=_counted(self._paged),
            woken=tuple(woken),
        )


def _promises(
    kept: Counter[tuple[str, str]], broken: Counter[tuple[str, str]]
) -> tuple[Promises, ...]:
    order = {str(name): place for place, name in enumerate(ClockName)}
    keys = sorted({*kept, *broken}, key=lambda key: (key[1], order[key[0]]))
    return tuple(Promises(*key, kept[key], broken[key]) for key in keys)


def _counted(counts: Counter[str]) -> tuple[Counted, ...]:
    """The most frequent first."""
    return tuple(Counted(*pair) for pair in sorted(counts.items(), key=lambda it: (-it[1], it[0])))


def _resolution(priority: str, times: list[tuple[int, int]]) -> Resolution:
    gross, net = zip(*times, strict=True)
    return Resolution(priority, len(times), round(median(gross)), round(median(net)))
