"""The made-up history as another help desk would export it: by another mapping the same history."""

import csv
import io
from datetime import datetime

import pytest

from tests.replay.histories import History, made_up
from tierline.replay.check import compare, place_of
from tierline.replay.log import read_log
from tierline.replay.mapping import parse_mapping
from tierline.replay.oracle import run_cases
from tierline.replay.plan import Plan, plan
from tierline.replay.policy import generate

NAMES = {
    "case": "Ticket",
    "at": "Changed on",
    "team": "Queue",
    "tier": "Level",
    "org_line": "Customer",
    "impact": "Urgency",
    "product": "Subject",
    "agent": "Assignee",
}
STATES = {
    "Queued / Awaiting Assignment": "Incoming",
    "Unmatched / Unmatched": "Incoming (nobody)",
    "Accepted / In Progress": "On it",
    "Accepted / Assigned": "On it, soon",
    "Accepted / Wait": "Planned",
    "Accepted / Wait - User": "Waiting for caller",
    "Accepted / Wait - Customer": "Waiting for payer",
    "Accepted / Wait - Vendor": "Waiting for maker",
    "Accepted / Wait - Implementation": "In change",
    "Completed / Resolved": "Done",
    "Completed / Closed": "Filed",
    "Completed / In Call": "Done at once",
    "Completed / Cancelled": "Dropped",
    "Accepted / Parked": "Hm",
}
MAPPING = parse_mapping("""\
file: {separator: ";", encoding: cp1252, order: newest first, missing: n/a}
columns:
  case: Ticket
  at: Changed on
  status: State
  team: Queue
  tier: Level
  owner: Assignee
  priority: Urgency
  client: Customer
  service: Subject
instants: {formats: ["%d.%m.%Y, %I:%M:%S %p"], zone: Europe/Brussels}
statuses:
  Incoming*: queued
  On it*: working
  Planned: {hold: scheduled}
  Waiting for caller: {hold: client, of: the user}
  Waiting for payer: {hold: client, of: the customer}
  Waiting for maker: {hold: vendor, of: the vendor}
  In change: {hold: change}
  Done: resolved
  Filed: closed
  Done at once: done
  Dropped: cancelled
tiers: {L1: level 1, L2: level 2, L3: [level 3, level 2/3]}
priorities: {4 *: P1, 3 *: P2, 2 *: P3, 1 *: P4}
skip: {Queue: Tests}
""")
URGENCY = {"Major": "4 major", "High": "3 high", "Medium": "2 medium", "Low": "1 low"}


def other_export(log: str) -> bytes:
    """Semicolons, newest rows first, other names and words, hours of twelve, a row of a test."""
    rows = list(csv.DictReader(io.StringIO(log)))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["", *NAMES.values(), "State"], delimiter=";")
    writer.writeheader()
    for number, row in enumerate(reversed(rows)):
        other = {name: row[column] or "n/a" for column, name in NAMES.items()}
        other["Changed on"] = _written(row["at"])
        other["State"] = STATES[f"{row['status']} / {row['sub_status']}"]
        other["Level"] = row["tier"].replace("L", "level ").replace("/level ", "/")
        other["Urgency"] = URGENCY.get(row["impact"], row["impact"])
        writer.writerow({"": number, **other})
    first = rows[0]
    test = {name: first[column] for column, name in NAMES.items()} | {"Queue": "tests"}
    writer.writerow({"": len(rows), **test, "State": "On it"})
    return text.getvalue().encode("cp1252")


def _written(at: str) -> str:
    try:
        return f"{datetime.fromisoformat(at):%d.%m.%Y, %I:%M:%S %p}"
    except ValueError:
        return at


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> History:
    return made_up(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def other(made, tmp_path_factory) -> Plan:
    path = tmp_path_factory.mktemp("other") / "other.csv"
    path.write_bytes(other_export(made.file.read_text()))
    return plan(read_log(path, MAPPING), MAPPING)


def shape(found: Plan) -> dict[str, list[tuple[object, ...]]]:
    names = {person.login: person.name for person in found.people}
    return {
        case.key: [
            (s.at, s.verb, names.get(s.by), s.fields.get("to_group"), s.fields.get("priority"))
            for s in case.steps
        ]
        for case in found.cases
    }


def test_it_is_the_same_history_step_by_step(made, other):
    assert shape(other) == shape(made.plan)
    for one, two in zip(other.cases, made.plan.cases, strict=True):
        assert (one.key, one.client) == (two.key, two.client)
        mine, theirs = one.expected, two.expected
        assert (mine.status, mine.tier, mine.group) == (theirs.status, theirs.tier, theirs.group)
        assert (mine.reopened, mine.anew) == (theirs.reopened, theirs.anew)


def test_as_much_of_it_could_not_be_taken(made, other):
    assert other.filtered == 1
    assert sorted(other.reasons.values()) == sorted(made.plan.reasons.values())
    assert {reason for _, reason in other.reasons} == {
        reason.replace("%Y-%m-%d %H:%M:%S", "%d.%m.%Y, %I:%M:%S %p")
        for _, reason in made.plan.reasons
    }


def test_it_runs_through_the_core_and_ends_where_it_says(other):
    ran = run_cases(other, generate(other, MAPPING).policy)
    assert compare(other, {it.case.key: place_of(it.ticket) for it in ran}) == ()
