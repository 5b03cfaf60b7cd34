"""Rows into commands: one row may need none, one or several, in order, at one instant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.replay.test_mapping import SMALLEST
from tierline.domain.terms import HoldReason, Priority, State
from tierline.replay.log import NO_CLIENT, Log, LogError, Row
from tierline.replay.mapping import parse_mapping
from tierline.replay.meaning import Kind, Meaning
from tierline.replay.plan import CHANGES, IDLE, WAITS, Case, Expected, Plan, plan
from tierline.replay.unmapped import Unmapped

TWO_LINES = SMALLEST.replace("{T1: first}", "{T1: first, T2: second}")
MAPPING = parse_mapping(TWO_LINES)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)

QUEUED, WORKING = Meaning(Kind.QUEUED), Meaning(Kind.WORKING)
USER = Meaning(Kind.HOLD, HoldReason.CLIENT, "the user")
CUSTOMER = Meaning(Kind.HOLD, HoldReason.CLIENT, "the customer")
VENDOR = Meaning(Kind.HOLD, HoldReason.VENDOR)
RESOLVED, CLOSED = Meaning(Kind.RESOLVED), Meaning(Kind.CLOSED)
DONE, CANCELLED, SAME = Meaning(Kind.DONE), Meaning(Kind.CANCELLED), Meaning(Kind.SAME)


def rows(*told):
    """Rows an hour apart: (meaning, group, owner), with a priority as a fourth where it matters."""
    return tuple(
        Row(
            number=i + 2,
            case="C1",
            at=START + timedelta(hours=i),
            status=one[0].kind.value,
            meaning=one[0],
            group=one[1],
            tier="T2" if one[1].startswith("Up") else "T1",
            owner=one[2],
            priority=one[3] if len(one) > 3 else None,
            client="Elm Foods",
            title="",
            service="",
        )
        for i, one in enumerate(told)
    )


def planned(*told) -> Plan:
    made = rows(*told)
    log = Log({"C1": made}, {"Desk": "T1", "Up": "T2"}, {}, (), {}, len(made), 0)
    return plan(log, MAPPING)


def case(*told) -> Case:
    return planned(*told).cases[0]


def said(*told) -> list[str]:
    """What the last of the rows makes, as `verb` or `verb:main field`."""
    found = case(*told)
    last = len(told) + 1
    return [
        ":".join([step.verb, *(str(v) for k, v in step.fields.items() if k in MAIN)])
        for step in found.steps
        if step.row == last
    ]


MAIN = {"owner", "to_group", "of", "priority"}
ANN, BOB = "ann", "bob"

QUEUE = (QUEUED, "Desk", ANN)
WORK = (WORKING, "Desk", ANN)
HELD = (USER, "Desk", ANN)


@pytest.mark.parametrize(
    ("told", "verbs"),
    [
        ([QUEUE], ["open:P3"]),
        ([WORK], ["open:P3", "claim:ann"]),
        ([HELD], ["open:P3", "claim:ann", "hold:the user"]),
        ([(RESOLVED, "Desk", ANN)], ["open:P3", "claim:ann", "resolve"]),
        ([(DONE, "Desk", ANN)], ["open:P3", "claim:ann", "resolve", "confirm"]),
        ([QUEUE, WORK], ["claim:ann"]),
        ([WORK, WORK], ["notes"]),
        ([WORK, (SAME, "Desk", ANN)], ["notes"]),
        ([WORK, (WORKING, "Desk", BOB)], ["release", "claim:bob"]),
        ([WORK, (WORKING, "Desk", "")], ["release"]),
        ([WORK, QUEUE], ["release"]),
        ([QUEUE, (QUEUED, "Desk", BOB)], ["notes"]),
        ([WORK, (QUEUED, "Up", ANN)], ["move:Up"]),
        ([WORK, (WORKING, "Up", ANN)], ["move:Up", "claim:ann"]),
        ([WORK, HELD], ["hold:the user"]),
        ([QUEUE, HELD], ["claim:ann", "hold:the user"]),
        ([HELD, HELD], ["notes"]),
        ([HELD, (VENDOR, "Desk", ANN)], ["hold"]),
        ([HELD, (CUSTOMER, "Desk", ANN)], ["hold:the customer"]),
        ([HELD, (USER, "Desk", BOB)], ["release", "claim:bob"]),
        ([HELD, WORK], ["resume"]),
        ([HELD, (WORKING, "Desk", BOB)], ["resume", "release", "claim:bob"]),
        ([HELD, QUEUE], ["resume", "release"]),
        ([HELD, (QUEUED, "Up", ANN)], ["move:Up"]),
        ([HELD, (USER, "Up", BOB)], ["move:Up", "claim:bob", "hold:the user"]),
        ([HELD, (RESOLVED, "Desk", ANN)], ["resolve"]),
        ([HELD, (RESOLVED, "Desk", BOB)], ["release", "claim:bob", "resolve"]),
        ([HELD, (CLOSED, "Desk", BOB)], ["resolve", "close"]),
        ([WORK, (DONE, "Desk", ANN)], ["resolve", "confirm"]),
        ([WORK, (CANCELLED, "Desk", ANN)], ["close"]),
        ([(RESOLVED, "Desk", ANN), (CLOSED, "Desk", BOB)], ["close"]),
        ([(RESOLVED, "Desk", ANN), (DONE, "Desk", ANN)], ["confirm"]),
        ([(RESOLVED, "Desk", ANN), (CLOSED, "Desk", BOB), (SAME, "Desk", ANN)], []),
        ([(RESOLVED, "Desk", ANN), WORK], ["reopen", "claim:ann"]),
        ([(DONE, "Desk", ANN), (QUEUED, "Up", ANN)], ["reopen", "move:Up"]),
        ([(RESOLVED, "Desk", ANN), HELD], ["reopen", "claim:ann", "hold:the user"]),
        ([WORK, (WORKING, "Desk", ANN, Priority.P1)], ["priority:P1"]),
        ([(RESOLVED, "Desk", ANN), (RESOLVED, "Desk", ANN, Priority.P1)], ["notes"]),
    ],
    ids=lambda it: " ".join(it) if it and isinstance(it[0], str) else None,
)
def test_a_row_becomes_the_commands_between_two_places(told, verbs):
    assert said(*told) == verbs


def test_steps_of_a_row_share_its_instant_and_say_who():
    found = case(WORK, (WORKING, "Up", BOB)).steps
    assert [(s.row, s.at, s.by) for s in found[2:]] == [(3, START + timedelta(hours=1), BOB)] * 2


def test_a_finished_case_touched_before_it_is_taken_up_is_reopened_once_where_it_then_is():
    found = case((DONE, "Desk", ANN), (DONE, "Up", BOB), (WORKING, "Up", BOB))
    assert [(s.row, s.verb) for s in found.steps[4:]] == [
        (4, "reopen"),
        (4, "move"),
        (4, "claim"),
    ]
    assert (found.expected.reopened, found.expected.anew) == (1, 0)


@pytest.mark.parametrize(
    ("last", "verbs", "status"),
    [
        ((RESOLVED, "Up", BOB), ["reopen", "move:Up", "claim:bob", "resolve"], "resolved"),
        ((RESOLVED, "Desk", BOB), ["reopen", "claim:bob", "resolve"], "resolved"),
        ((RESOLVED, "Desk", ANN), ["reopen", "claim:ann", "resolve"], "resolved"),
        ((CLOSED, "Up", BOB), ["reopen", "move:Up", "claim:ann", "resolve", "close"], "closed"),
    ],
)
def test_a_case_that_ends_by_being_finished_anew_is_taken_up_for_an_instant(last, verbs, status):
    told = [(RESOLVED, "Desk", ANN), (CLOSED, "Desk", BOB), last]
    assert said(*told) == verbs
    tier = "T2" if last[1] == "Up" else "T1"
    owner = BOB if verbs[-2:] == ["claim:bob", "resolve"] else ANN
    assert case(*told).expected == Expected(State(status), tier, last[1], owner, 1, 1)


def test_rows_on_a_closed_case_are_listed():
    found = planned(WORK, (CLOSED, "Desk", ANN), (CLOSED, "Desk", BOB))
    assert [(it.row, it.reason) for it in found.unmapped] == [(4, IDLE)]
    assert list(found.reasons.values()) == [1]


def test_a_change_of_priority_on_a_finished_case_waits_for_work():
    closed = [(RESOLVED, "Desk", ANN), (CLOSED, "Desk", BOB, Priority.P1)]
    assert said(*closed, WORK) == ["reopen", "priority:P1", "claim:ann"]
    assert WAITS in [it.reason for it in planned(*closed).unmapped]


def test_only_the_earliest_cases_are_taken_where_a_limit_is_given():
    first, second = rows(WORK, WORK)
    log = Log({"B": (second,), "A": (first,)}, {"Desk": "T1"}, {}, (), {}, 2, 0)
    assert [it.key for it in plan(log, MAPPING).cases] == ["A", "B"]
    assert [it.key for it in plan(log, MAPPING, cases_max=1).cases] == ["A"]


@pytest.mark.parametrize("what", ["client", "title", "service"])
def test_what_a_case_keeps_is_that_of_the_first_row_that_says_it(what):
    """A ticket has one client, title and service; a row that says another is listed."""
    nothing = NO_CLIENT if what == "client" else ""
    told = rows(WORK, WORK, WORK, WORK)
    said = [nothing, "Elm", "Elm", "Oak"]
    made = tuple(replace(row, **{what: value}) for row, value in zip(told, said, strict=True))
    found = plan(Log({"C1": made}, {"Desk": "T1"}, {}, (), {}, 4, 0), MAPPING)
    opening = found.cases[0].steps[0].fields
    assert opening[what] == ("C1: Elm" if what == "title" else "Elm")
    assert [(it.row, it.value, it.reason) for it in found.unmapped] == [(5, "Oak", CHANGES)]
    assert sum(found.reasons.values()) == 1


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (Log({}, {}, {}, (), {}, 0, 0), "nothing to replay: no row of the log could be taken$"),
        (Log({}, {}, {}, (), {}, 9, 9), "all 9 rows are left out by `only` and `skip`"),
        (
            Log({}, {}, {}, (Unmapped(2, "at", "soon", "is not written like iso"),), {}, 1, 0),
            "row 2, at `soon` is not written like iso",
        ),
    ],
)
def test_a_log_without_a_single_row_is_refused_and_says_why(log, said):
    with pytest.raises(LogError, match=said):
        plan(log, MAPPING)
