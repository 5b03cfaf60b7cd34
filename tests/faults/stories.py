"""A ticket's story, its events in order, against the state that is stored. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.faults.promises import ONE_CLAIM, Broken, broken
from tierline.domain.events import Breached, Claimed, Event, Lapsed, Reopened, Warned
from tierline.domain.evolve import evolve
from tierline.domain.ticket import Ticket

GAPLESS = "events without a gap"
FOLD = "stored state is the fold of the events"
ONCE = "each threshold fires once, in order, none skipped"
FIRED = "no threshold that has come is left, or overtaken"
NOT_EARLY = "nothing fires early, and its lateness is recorded"
ALERT_ONCE = "an alert takes effect once"

THRESHOLDS = (Warned, Breached, Lapsed)
COMMAND = "command/"
ALERT = "alert:"
ALERT_EVENTS = frozenset({"Opened", "AlertAttached", "Recovered", "Reopened"})
SLACK_S = 1e-3

OWN_EVENTS: Mapping[str, frozenset[str]] = {
    "claim": frozenset({"Claimed"}),
    "notes": frozenset({"Noted"}),
    "plan": frozenset({"Planned"}),
    "hold": frozenset({"Held"}),
    "resume": frozenset({"Resumed"}),
    "move": frozenset({"Escalated", "Returned", "Transferred"}),
    "release": frozenset({"Released"}),
    "resolve": frozenset({"Resolved"}),
    "confirm": frozenset({"Confirmed"}),
    "reject": frozenset({"Reopened"}),
    "reopen": frozenset({"Reopened"}),
}
"""The kind of event each command is answered 200 for."""


@dataclass(frozen=True, slots=True)
class Fired:
    """A threshold that fired: its clock, when it was due, policy seconds it says it is late."""

    clock: str
    due: datetime
    late_s: float


@dataclass(slots=True)
class Findings:
    """What the stories of many tickets came to.

    Attributes:
        cases: by promise, what broke it.
        fired: every threshold.
        alerts: by cause, the tickets that alerts had an effect on, each time.
        effects: by Idempotency-Key, names of the events it caused.
        owned: by Idempotency-Key of a claim that won, (ticket, how often an owner had gone before).
    """

    cases: dict[str, list[str]] = field(default_factory=dict)
    fired: list[Fired] = field(default_factory=list)
    alerts: dict[str, list[int]] = field(default_factory=dict)
    effects: dict[str, list[str]] = field(default_factory=dict)
    owned: dict[str, tuple[int, int]] = field(default_factory=dict)
    events: int = 0

    def add(self, promise: str, case: str) -> None:
        self.cases.setdefault(promise, []).append(case)

    def broken(self) -> list[Broken]:
        """The promises that were broken, each once."""
        return [one for promise, cases in self.cases.items() for one in broken(promise, cases)]


def read_story(stored: Ticket, events: Sequence[Event], found: Findings, now: datetime) -> None:
    """Judge one ticket.

    Args:
        stored: its row's state.
        events: in order of seq.
        found: what is wrong goes here.
        now: policy time up to which everything that time brings must have happened.
    """
    found.events += len(events)
    seqs = [event.seq for event in events]
    if seqs != list(range(1, stored.seq + 1)):
        found.add(GAPLESS, f"ticket {stored.id} at {stored.seq} has {_gap(seqs, stored.seq)}")
        return
    ticket = _fold(stored, events, found)
    due = _next(ticket)
    if due is not None and due <= now:
        found.add(FIRED, f"ticket {stored.id} at {stored.seq}: due {due}, and it is {now}")
    _once(events, found)
    _causes(stored, events, found)


def _gap(seqs: Sequence[int], last: int) -> str:
    missing = sorted(set(range(1, last + 1)) - set(seqs))
    return f"no {missing[:5]}" if missing else f"{len(seqs)} events"


def _fold(stored: Ticket, events: Sequence[Event], found: Findings) -> Ticket | None:
    """The fold itself; and on the way, that nobody claims what somebody owns."""
    ticket: Ticket | None = None
    losses, cause = 0, ""
    for event in events:
        owner = ticket.owner if ticket is not None else ""
        if isinstance(event.what, Claimed):
            if owner:
                found.add(ONE_CLAIM, f"{stored.id}/{event.seq}: {owner} had it already")
            if event.cause.startswith(COMMAND):
                found.owned[event.cause.removeprefix(COMMAND)] = (stored.id, losses)
        if ticket is not None:
            _threshold(ticket, event, found)
            if event.cause != cause:
                _overtaken(ticket, event, found)
        cause = event.cause
        ticket = evolve(ticket, event)
        losses += bool(owner and ticket.owner != owner)
    if ticket != stored:
        found.add(FOLD, f"ticket {stored.id} at {stored.seq}")
    return ticket


def _next(ticket: Ticket | None) -> datetime | None:
    """When the next threshold of any of its clocks is due, while it is open."""
    if ticket is None or not ticket.open:
        return None
    coming = [found[0] for clock in ticket.clocks.values() if (found := clock.next_threshold())]
    return min(coming, default=None)


def _overtaken(before: Ticket, event: Event, found: Findings) -> None:
    """Whatever begins something new finds every threshold fired that came before it."""
    due = _next(before)
    at = event.what.due if isinstance(event.what, THRESHOLDS) else event.at
    if due is not None and due < at:
        name = type(event.what).__name__
        found.add(FIRED, f"{before.id}/{event.seq}: {name} for {at} overtook what was due {due}")


def _threshold(before: Ticket, event: Event, found: Findings) -> None:
    """One that fired is the very next of its clock, told at or after its instant."""
    what = event.what
    if not isinstance(what, THRESHOLDS):
        return
    name = f"{before.id}/{event.seq}"
    clock = before.clocks.get(what.clock)
    expected = clock.next_threshold() if clock is not None and clock.cycle == what.cycle else None
    if expected != (what.due, what.fraction):
        found.add(ONCE, f"{name}: {what.clock} {what.fraction} at {what.due}, expected {expected}")
    lateness = (event.recorded_at - what.due) / timedelta(seconds=1)
    found.fired.append(Fired(what.clock, what.due, what.late_s))
    if lateness < 0 or abs(lateness - what.late_s) > SLACK_S or event.at < what.due:
        found.add(NOT_EARLY, f"{name}: {lateness:.3f} s late, said {what.late_s}")


def _once(events: Sequence[Event], found: Findings) -> None:
    """No threshold has two events."""
    seen: set[tuple[str, int, float]] = set()
    for event in events:
        what = event.what
        if isinstance(what, THRESHOLDS):
            identity = (what.clock, what.cycle, what.fraction)
            if identity in seen:
                found.add(ONCE, f"{event.ticket}/{event.seq}: {identity} again")
            seen.add(identity)


def _causes(stored: Ticket, events: Sequence[Event], found: Findings) -> None:
    for event in events:
        name = type(event.what).__name__
        if event.cause.startswith(COMMAND):
            found.effects.setdefault(event.cause.removeprefix(COMMAND), []).append(name)
        elif event.cause.startswith(ALERT) and name in ALERT_EVENTS:
            if isinstance(event.what, Reopened) and not event.what.alert:
                continue
            found.alerts.setdefault(event.cause, []).append(stored.id)


def alerts_once(
    went_to: Mapping[int, int | None], effects: Mapping[str, Sequence[int]]
) -> list[Broken]:
    """An alert has one event, on the ticket it went to; one that went to none has no event.

    Args:
        went_to: by alert, the ticket its row names.
        effects: by cause, the tickets whose events carry it.
    """
    cases = []
    for alert, ticket in went_to.items():
        seen = list(effects.get(f"{ALERT}{alert}", ()))
        if seen != ([] if ticket is None else [ticket]):
            cases.append(f"alert {alert} went to ticket {ticket}, its events are of {seen}")
    unknown = set(effects) - {f"{ALERT}{alert}" for alert in went_to}
    cases += [f"{cause} is no alert that is stored" for cause in sorted(unknown)]
    return broken(ALERT_ONCE, cases)


def own_effects(effects: Mapping[str, Sequence[str]], verbs: Mapping[str, str]) -> dict[str, int]:
    """By key, how many events of its command's own kind (`verbs`) it caused."""
    return {
        key: sum(name in OWN_EVENTS[verbs[key]] for name in names)
        for key, names in effects.items()
        if key in verbs
    }


def hand_overs(owned: Mapping[str, tuple[int, int]]) -> set[tuple[str, str]]:
    """Pairs of claims that both won one ticket, its owner having gone in between."""
    keys = sorted(owned)
    by_ticket: dict[int, list[str]] = {}
    for key in keys:
        by_ticket.setdefault(owned[key][0], []).append(key)
    return {
        (a, b)
        for same in by_ticket.values()
        for n, a in enumerate(same)
        for b in same[n + 1 :]
        if owned[a][1] != owned[b][1]
    }
