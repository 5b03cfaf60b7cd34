"""Whole histories through the pure core: every step possible, every end as the log says.

What the log says is read here a second time, in the plainest way, so that a slip in the plan cannot
agree with itself.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.replay.histories import History, made_up, recorded
from tierline.domain.events import TIME, Claimed, Held, Moved, Reopened
from tierline.domain.evolve import fold
from tierline.domain.ticket import Ticket
from tierline.replay.books import time_books
from tierline.replay.check import compare, place_of
from tierline.replay.oracle import run_case, run_cases, state_hash
from tierline.replay.plan import Case

WHOLE_LOG_S = 600
"""Tests that run the whole recorded log take minutes on a busy machine."""

pytestmark = pytest.mark.timeout(WHOLE_LOG_S)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> History:
    return made_up(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module", params=["made up", "recorded"])
def told(request, made) -> History:
    return recorded() if request.param == "recorded" else made


@cache
def raw(log: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of each case as they stand in the file."""
    opener = gzip.open if log.suffix == ".gz" else open
    found = defaultdict(list)
    with opener(log, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["case"]].append(row)
    return found


ENDS = {
    "Queued": "queued",
    "Unmatched": "queued",
    "Resolved": "resolved",
    "Closed": "closed",
    "In Call": "closed",
    "Cancelled": "closed",
    "In Progress": "working",
    "Assigned": "working",
}


def test_every_case_ends_where_the_log_says(told):
    places = {key: place_of(ran.ticket) for key, ran in told.ran.items()}
    assert compare(told.plan, places) == ()
    assert len(places) == len(told.plan.cases) == len(raw(told.file))


def test_status_team_tier_and_owner_are_those_of_the_last_row_of_the_file(told):
    names = {person.login: person.name for person in told.plan.people}
    for key, rows in raw(told.file).items():
        ticket, last = told.ran[key].ticket, rows[-1]
        wanted = ENDS.get(last["status"]) or ENDS.get(last["sub_status"], "on_hold")
        assert ticket.state == wanted, key
        assert ticket.group == last["team"], key
        assert ticket.tier in last["tier"], key
        works = [row for row in rows if row["sub_status"] not in {"Closed", "Cancelled"}]
        queued = works and works[-1]["status"] in {"Queued", "Unmatched"}
        owner = names.get(ticket.owner, "")
        assert owner == ("" if queued or not works else works[-1]["agent"]), key


def test_a_case_is_reopened_as_often_as_the_file_takes_it_up_again(told):
    """A `Completed` row before one that is not; finished anew at the very end is counted apart."""
    for case in told.plan.cases:
        kinds = [row["status"] == "Completed" for row in raw(told.file)[case.key]]
        taken_up = sum(before and not after for before, after in pairwise(kinds))
        assert case.expected.reopened - case.expected.anew == taken_up, case.key
        assert told.ran[case.key].ticket.reopened == case.expected.reopened, case.key


def test_time_in_tiers_holds_closed_hours_and_after_is_the_wall_time(told):
    calendars, end = told.loaded.policy.calendars, told.plan.end
    for key, ran in told.ran.items():
        books = time_books(ran.events, calendars, end)
        assert books.adds_up, (key, books)
        assert books.wall == end - ran.case.steps[0].at, key


def test_the_state_is_the_fold_of_its_events_and_seq_has_no_gap(told):
    for ran in told.ran.values():
        assert [event.seq for event in ran.events] == list(range(1, len(ran.events) + 1))
        assert fold(ran.events) == ran.ticket


def test_time_moves_closes_and_takes_nothing(told):
    changed = Counter(
        type(event.what).__name__
        for ran in told.ran.values()
        for event in ran.events
        if event.by == TIME
    )
    said = {"Warned", "Breached", "Lapsed", "EscalationProposed", "Reviewed"}
    assert set(changed) == said


def test_every_row_is_a_step_or_listed(told):
    used = {step.row for case in told.plan.cases for step in case.steps}
    listed = {one.row for one in told.plan.unmapped}
    assert used | listed == set(range(2, told.plan.rows + 2))


def test_run_again_the_hash_is_the_same(told):
    again = {ran.case.key: ran.ticket for ran in run_cases(told.plan, told.loaded.policy)}
    assert state_hash(again) == state_hash(tickets(told))


def tickets(history: History) -> dict[str, Ticket]:
    return {key: ran.ticket for key, ran in history.ran.items()}


def test_the_hash_sees_one_step_less(made):
    first = made.plan.cases[0]
    shorter = replace(first, steps=first.steps[:-1])
    ran = run_case(shorter, made.loaded.policy, made.plan.end)
    changed = {**tickets(made), first.key: ran.ticket}
    assert state_hash(changed) != state_hash(tickets(made))


def test_neither_numbers_nor_order_nor_who_looked_when_change_the_hash(made):
    chance = Random(7)
    cases = chance.sample(made.plan.cases, len(made.plan.cases))
    found = {}
    for number, case in enumerate(cases, start=5_000):
        looks = tuple(looks_of(chance, made))
        found[case.key] = run_case(case, made.loaded.policy, made.plan.end, number, looks).ticket
    assert state_hash(found) == state_hash(tickets(made))


def looks_of(chance: Random, made: History) -> Iterator[datetime]:
    length = made.plan.end - made.plan.start
    yield from sorted(made.plan.start + chance.random() * length for _ in range(25))


def test_the_made_up_log_has_the_traits_of_a_real_one(made):
    happened = [event.what for ran in made.ran.values() for event in ran.events]
    edges = {(what.from_tier, what.to_tier) for what in happened if isinstance(what, Moved)}
    assert {("L1", "L3"), ("L3", "L1"), ("L1", "L1"), ("L1", "L2"), ("L2", "L1")} <= edges
    states = Counter(ran.ticket.state.value for ran in made.ran.values())
    assert set(states) == {"queued", "on_hold", "resolved", "closed"}
    assert max(ran.ticket.bounces for ran in made.ran.values()) >= 2
    assert max(ran.ticket.reopened for ran in made.ran.values()) >= 2
    assert max(ran.ticket.sideways for ran in made.ran.values()) >= 3
    holds = [case for case in made.plan.cases if verbs(case).count("hold") >= 3]
    assert holds
    assert any(verbs(case)[-2:] == ["resolve", "close"] for case in holds)
    reasons = Counter(
        (what.was, what.hold.reason) for what in happened if isinstance(what, Held) and what.was
    )
    changed = {pair for pair in reasons if pair[0] != pair[1]}
    assert len(changed) >= 8, "holds that change their reason, without work in between"
    assert len(made.plan.clients) == 3
    assert {column for column, _ in made.plan.reasons} == {
        *("status / sub_status", "at", "tier", "impact")
    }
    assert min(made.plan.reasons.values()) >= 16
    spans = [spans_a_change_of_clocks(case) for case in made.plan.cases]
    assert sum(spans) >= 40


def test_local_times_of_the_made_up_log_occur_twice_and_are_told_apart(made):
    """In the night that clocks go back: some are the second, which only the row before shows."""
    local = [step.at.astimezone(BRUSSELS) for case in made.plan.cases for step in case.steps]
    twice = {at for at in local if at.utcoffset() != at.replace(fold=1 - at.fold).utcoffset()}
    assert len(twice) >= 10
    assert sum(at.fold for at in twice) >= 3


BRUSSELS = ZoneInfo("Europe/Brussels")


def verbs(case: Case) -> list[str]:
    return [step.verb for step in case.steps]


def spans_a_change_of_clocks(case: Case) -> bool:
    offsets = {step.at.astimezone(BRUSSELS).utcoffset() for step in case.steps}
    return offsets == {timedelta(hours=1), timedelta(hours=2)}


def test_the_recorded_log_holds_what_is_known_of_it():
    """7,554 incidents, 65,533 events, 9,454 hand-overs, 3,469 of them from L1 to L1."""
    told = recorded()
    happened = [event.what for ran in told.ran.values() for event in ran.events]
    moves = [what for what in happened if isinstance(what, Moved)]
    assert (len(told.plan.cases), told.plan.rows, len(moves)) == (7_554, 65_533, 9_454)
    assert sum(what.from_tier == what.to_tier == "L1" for what in moves) == 3_469
    again = [case for case in told.plan.cases if case.expected.reopened > case.expected.anew]
    assert len(again) == 514
    assert sum(isinstance(what, Reopened) for what in happened) == 583
    assert sum(case.expected.anew for case in told.plan.cases) == 3
    assert sum(isinstance(what, Claimed) for what in happened) == 22_077
    assert sum(told.plan.reasons.values()) == 29, "rows on cases closed already"
