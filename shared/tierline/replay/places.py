"""Where the log says a case stands after each of its rows: what commands must bring about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tierline.domain.terms import HoldReason, Priority, State
from tierline.replay.log import Row
from tierline.replay.meaning import Kind

FINISHED = frozenset({State.RESOLVED, State.CLOSED})

DEFAULT_PRIORITY = Priority.P3
"""Of a case until a row names one."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a hold of the log is: its reason, and who is waited for."""

    reason: HoldReason
    of: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands. `hold` is set exactly where `state` is on hold."""

    state: State
    tier: str
    group: str
    owner: str
    priority: Priority
    hold: Wait | None = None

    @property
    def finished(self) -> bool:
        """Whether no work is owed."""
        return self.state in FINISHED


@dataclass(frozen=True, slots=True)
class Change:
    """One row and what it makes of a case. `again`: work that was finished is owed again.

    `later`: the row touches a finished case that the rows after it take up again; what it says of
    team and owner is taken from them. `waits`: so does its priority, which only work can have.
    """

    row: Row
    kind: Kind
    place: Place
    again: bool = False
    later: bool = False
    waits: bool = False


def changes(rows: Sequence[Row]) -> Iterator[Change]:
    """What each row of a case, in time order, makes of it."""
    before: Place | None = None
    priority = DEFAULT_PRIORITY
    owed = [i for i, row in enumerate(rows) if row.meaning.kind in _OWED]
    last_owed = owed[-1] if owed else -1
    for i, row in enumerate(rows):
        priority = row.priority or priority
        found = _change(before, row, priority, taken_up=i < last_owed)
        before = found.place
        yield found


_OWED = frozenset({Kind.QUEUED, Kind.WORKING, Kind.HOLD})
"""Kinds of rows that say that work is owed."""


def _change(before: Place | None, row: Row, priority: Priority, *, taken_up: bool) -> Change:
    kind = row.meaning.kind
    if kind is Kind.SAME:
        kind = _kind_of(before)
    place = _place(before, row, kind, priority)
    if before is None or not before.finished:
        return Change(row, kind, place)
    if not place.finished:
        return Change(row, kind, place, again=True)
    anew = _finished_anew(before, place, kind)
    if anew and not taken_up:
        return Change(row, kind, place, again=True)
    waits = place.priority is not before.priority
    kept = before if anew else replace(place, priority=before.priority)
    return Change(row, kind, kept, later=anew, waits=waits)


def _kind_of(before: Place | None) -> Kind:
    """What a row that says nothing of the state leaves it at."""
    if before is None:
        return Kind.QUEUED
    return Kind(_KINDS[before.state])


_KINDS = {
    State.QUEUED: Kind.QUEUED,
    State.WORKING: Kind.WORKING,
    State.ON_HOLD: Kind.HOLD,
    State.RESOLVED: Kind.RESOLVED,
    State.CLOSED: Kind.CLOSED,
}
_STATES = {
    Kind.QUEUED: State.QUEUED,
    Kind.WORKING: State.WORKING,
    Kind.HOLD: State.ON_HOLD,
    Kind.RESOLVED: State.RESOLVED,
    Kind.CLOSED: State.CLOSED,
    Kind.DONE: State.CLOSED,
    Kind.CANCELLED: State.CLOSED,
}


def _place(before: Place | None, row: Row, kind: Kind, priority: Priority) -> Place:
    owner = _owner(before, row, kind)
    state = _STATES[kind]
    if state is State.WORKING and not owner:
        state = State.QUEUED
    return Place(
        state=state,
        tier=row.tier,
        group=row.group,
        owner=owner,
        priority=priority,
        hold=_hold(before, row) if kind is Kind.HOLD else None,
    )


def _hold(before: Place | None, row: Row) -> Wait | None:
    if row.meaning.reason is not None:
        return Wait(row.meaning.reason, row.meaning.of)
    return before.hold if before else None


def _owner(before: Place | None, row: Row, kind: Kind) -> str:
    """Who has it after the row: nobody in a queue; who closes a case does not come to own it."""
    kept = before.owner if before else ""
    if kind is Kind.QUEUED:
        return ""
    if kind in {Kind.CLOSED, Kind.CANCELLED}:
        return kept
    return row.owner or (kept if kind in {Kind.RESOLVED, Kind.DONE} else "")


def _finished_anew(before: Place, now: Place, kind: Kind) -> bool:
    """Whether finished work was finished again: elsewhere, by another, or after it was closed."""
    if now.group != before.group or now.owner != before.owner:
        return True
    return before.state is State.CLOSED and kind is Kind.RESOLVED
