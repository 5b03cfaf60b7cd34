"""A log as commands of the router's API: for each case the steps, and where it must end."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tierline.domain.terms import State
from tierline.replay.log import NO_CLIENT, TITLE_MAX, Log, LogError, Row
from tierline.replay.mapping import JOINT, LogMapping
from tierline.replay.places import Change, changes
from tierline.replay.steps import OPEN, commands
from tierline.replay.unmapped import Notes, Unmapped, Why


@dataclass(frozen=True, slots=True)
class Step:
    """One command: `verb` is the router's sub-resource of a ticket, or `open`; `fields` its body.

    `row`: the row of the log that asks for it; `at`: when (UTC); `by`: the login of whom the row
    names, empty for nobody.
    """

    row: int
    at: datetime
    verb: str
    fields: Mapping[str, Any]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """Where the log says a case ends, and how often finished work was owed again.

    `anew` of the `reopened` are rows that finish a finished case once more: with another team or
    person, or back from closed to resolved. Here that is work taken up and ended at one instant.
    """

    status: State
    tier: str
    group: str
    owner: str
    reopened: int
    anew: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One incident: its steps in the order they are to be applied, and where it must end."""

    key: str
    client: str
    steps: tuple[Step, ...]
    expected: Expected


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """A team of the log as a group of one tier."""

    name: str
    tier: str


@dataclass(frozen=True, slots=True)
class PlanPerson:
    """Somebody the log names, and the login that stands for them."""

    name: str
    login: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole log as commands.

    `cases` are ordered by their first instant; `start` and `end` are the first and the last instant
    of the log (UTC); `unmapped` lists what could not be taken, `reasons` counts all of it by column
    and reason, `values` by what stands there; `rows` read, `filtered` of them left out by the
    mapping.
    """

    cases: tuple[Case, ...]
    groups: tuple[PlanGroup, ...]
    people: tuple[PlanPerson, ...]
    tiers: tuple[str, ...]
    clients: tuple[str, ...]
    start: datetime
    end: datetime
    unmapped: tuple[Unmapped, ...]
    reasons: Mapping[tuple[str, str], int]
    rows: int
    filtered: int
    values: Mapping[Why, Mapping[str, int]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Commands in all."""
        return sum(len(case.steps) for case in self.cases)


def plan(log: Log, mapping: LogMapping, *, cases_max: int | None = None) -> Plan:
    """Turn a log into commands.

    Args:
        log: as `read_log` gives it.
        mapping: what it was read by.
        cases_max: take only that many cases, the earliest ones.

    Raises:
        LogError: no row could be taken.
    """
    rows_of = sorted(log.cases.items(), key=lambda item: (item[1][0].at, item[0]))[:cases_max]
    if not rows_of:
        raise LogError(_nothing(log))
    planned = [_case(key, rows, mapping) for key, rows in rows_of]
    found = tuple(case for case, _ in planned)
    notes = Notes.going_on(log.unmapped, log.reasons, log.values)
    for one in (one for _, listed in planned for one in listed):
        notes.add(one.row, one.column, one.value, one.reason)
    return Plan(
        cases=found,
        groups=tuple(PlanGroup(name, tier) for name, tier in log.groups.items()),
        people=tuple(PlanPerson(name, login) for name, login in log.people.items()),
        tiers=mapping.tiers,
        clients=tuple(dict.fromkeys(case.client for case in found)),
        start=rows_of[0][1][0].at,
        end=max(rows[-1].at for _, rows in rows_of),
        unmapped=tuple(notes.listed),
        reasons=dict(notes.reasons),
        rows=log.rows,
        filtered=log.filtered,
        values=notes.values,
    )


def _nothing(log: Log) -> str:
    """Why there is nothing to replay, with the first row that shows it."""
    said = "nothing to replay: no row of the log could be taken"
    if not log.unmapped:
        left = f": all {log.rows} rows are left out by `only` and `skip`" if log.filtered else ""
        return said + left
    first = log.unmapped[0]
    return f"{said}; row {first.row}, {first.column} `{first.value}` {first.reason}"


def _case(
    key: str, rows: tuple[Row, ...], mapping: LogMapping
) -> tuple[Case, tuple[Unmapped, ...]]:
    """A case, and what of its rows no step came of."""
    first = rows[0]
    made = tuple(changes(rows))
    columns = mapping.columns
    client, others = _first_named(rows, "client", columns.client)
    title, retitled = _first_named(rows, "title", JOINT.join(columns.title))
    service, moved = _first_named(rows, "service", columns.service)
    opening = {
        "type": mapping.type,
        "title": _title(key, title or service),
        "client": client,
        "priority": made[0].place.priority.value,
        "start": first.group,
        "service": service,
    }
    steps = (Step(first.number, first.at, OPEN, opening, first.owner), *_steps(made))
    unused = _unused(made, {step.row for step in steps}, mapping)
    return Case(key, client, steps, _expected(made)), (*others, *retitled, *moved, *unused)


def _first_named(rows: Iterable[Row], what: str, column: str) -> tuple[str, tuple[Unmapped, ...]]:
    """What the first row says that says it, and the rows that say something else."""
    said = [(row, getattr(row, what)) for row in rows]
    named = [(row, value) for row, value in said if value and value != NO_CLIENT]
    kept = named[0][1] if named else said[0][1]
    other = (Unmapped(row.number, column, value, CHANGES) for row, value in named if value != kept)
    return kept, tuple(other)


def _expected(made: tuple[Change, ...]) -> Expected:
    last = made[-1].place
    again = [change for change in made if change.again]
    return Expected(
        status=last.state,
        tier=last.tier,
        group=last.group,
        owner=last.owner,
        reopened=len(again),
        anew=sum(change.place.finished for change in again),
    )


CHANGES = "is another than the case began with: that one stays"
IDLE = "the case is closed already: nothing is done"
WAITS = "the case is finished: its priority changes once it is worked on again"


def _unused(
    made: Iterable[Change], used: AbstractSet[int], mapping: LogMapping
) -> Iterator[Unmapped]:
    columns = mapping.columns
    for change in made:
        row = change.row
        if row.number not in used:
            yield Unmapped(row.number, JOINT.join(columns.status), row.status, IDLE)
        if change.waits:
            said = row.priority.value if row.priority else ""
            yield Unmapped(row.number, columns.priority, said, WAITS)


def _title(key: str, about: str) -> str:
    return f"{key}: {about}"[:TITLE_MAX] if about else key


def _steps(made: tuple[Change, ...]) -> Iterator[Step]:
    before = None
    for change in made:
        row = change.row
        for said in commands(before, change):
            yield Step(row.number, row.at, said.verb, said.fields, row.owner)
        before = change.place
