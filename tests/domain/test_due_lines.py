"""`tierline due --jsonl`, line by line: worked cases, the slow walk, the schema, every refusal."""

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.oracle import Oracle
from tests.domain.test_business_time_properties import durations, settings_here, situations
from tierline.domain.instants import Interval
from tierline.messages.due_lines import question
from tierline.messages.due_lines.answer import answer_line
from tierline.messages.due_lines.limits import MINUTES_MAX, PAUSES_MAX, REASON_MAX
from tierline.messages.due_lines.schema import due_lines_schema

GOLDEN_BY = "TIERLINE_GOLDEN_CASES"
GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "business_time.json"
FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "business_time.json").read_text())
OFFICE = FIXTURE["calendars"]["office-berlin"]
SCHEMA = due_lines_schema()
DAY = timedelta(days=1)
START = "2026-11-20T16:30:00+01:00"


def validator(name):
    return jsonschema_rs.validator_for({**SCHEMA, "$ref": f"#/$defs/{name}"})


INPUT, OUTPUT = validator("input"), validator("output")


def line(**changed):
    asked = {"calendar": OFFICE, "start": START, "target_minutes": 60, **changed}
    return {name: value for name, value in asked.items() if value is not ...}


def answered(asked):
    """The answer to a line, sums read exactly; both lines fit the schema."""
    INPUT.validate(asked)
    said, good = answer_line(json.dumps(asked).encode(), 1)
    assert good, said
    OUTPUT.validate(json.loads(said))
    return json.loads(said, parse_float=Decimal)


def refused(asked, number=3):
    text = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    said, good = answer_line(text, number)
    assert not good, said
    found = json.loads(said)
    OUTPUT.validate(found)
    assert found["line"] == number
    assert found["error"]["reason"]
    assert found["error"]["remedy"]
    return found


def instant(text):
    return datetime.fromisoformat(text)


def check_ledger(found, asked, target_s):
    """Contiguous from the start to the due instant, summing exactly to the target."""
    ledger = found["ledger"]
    total = sum((Decimal(one["counted_s"]) for one in ledger), Decimal())
    for before, after in pairwise(ledger):
        assert before["end"] == after["start"]
    if ledger:
        assert instant(ledger[0]["start"]) == instant(asked["start"])
    if found["due"] is None:
        assert ledger[-1]["end"] is None
        assert ledger[-1]["kind"] == "held"
        assert total <= target_s
    else:
        assert total == target_s
        assert not ledger or ledger[-1]["end"] == found["due"]
    for one in ledger:
        if one["end"]:
            length = (instant(one["end"]) - instant(one["start"])) / timedelta(microseconds=1)
            counts = one["kind"] == "counted"
            assert Decimal(one["counted_s"]) * 1_000_000 == (int(length) if counts else 0)


@pytest.mark.parametrize("case", FIXTURE["cases"], ids=lambda case: case["name"])
def test_a_worked_case_passes_through_a_line(case):
    asked = line(
        calendar=FIXTURE["calendars"][case["calendar"]],
        start=case["start"],
        target_minutes=case["target_seconds"] / 60,
        pauses=case["holds"],
    )
    found = answered(asked)
    due = case["due"] and instant(case["due"])
    assert (found["due"] and instant(found["due"])) == due
    check_ledger(found, asked, Decimal(str(case["target_seconds"])))


def test_every_case_of_a_given_file_passes_through_a_line():
    """Cases worked by somebody else."""
    file = Path(os.environ.get(GOLDEN_BY) or GOLDEN)
    if not file.exists():
        pytest.skip(f"no file of worked cases: set {GOLDEN_BY} to its business_time.json")
    given_file = json.loads(file.read_text())
    assert given_file["cases"]
    for case in given_file["cases"]:
        calendar = given_file["calendars"][case["calendar"]]
        asked = line(**{key: case[key] for key in ("start", "target_minutes", "pauses")})
        asked["calendar"] = calendar
        found = answered(asked)
        assert found["due"] == case["due"], case["name"]
        check_ledger(found, asked, case["target_minutes"] * 60)


def written(holds):
    return [[hold.start.isoformat(), hold.end and hold.end.isoformat()] for hold in holds]


@settings_here
@given(situations(), st.none() | durations(4 * DAY))
def test_any_line_agrees_with_the_slow_walk_and_its_ledger_adds_up(situation, open_after):
    _, obj, start, target, holds = situation
    if open_after is not None:
        holds = [*holds, Interval(start + open_after)]
    asked = line(
        calendar=obj,
        start=start.isoformat(),
        target_minutes=target / timedelta(minutes=1),
        pauses=written(holds),
    )
    found = answered(asked)
    pairs = [(hold.start, hold.end) for hold in holds]
    expected = Oracle(obj).boundary_walk(start, target, pairs)
    assert (found["due"] and instant(found["due"])) == expected
    target_us = target // timedelta(microseconds=1)
    check_ledger(found, asked, Decimal(target_us) / 1_000_000)
    if expected is None:
        counted = Oracle(obj).open_between(start, max(start, pairs[-1][0]), pairs)
        total = sum((Decimal(one["counted_s"]) for one in found["ledger"]), Decimal())
        assert total == Decimal(counted // timedelta(microseconds=1)) / 1_000_000


def test_instants_come_back_in_utc_with_microseconds_only_where_there_are_any():
    assert answered(line())["due"] == "2026-11-23T08:30:00Z"
    found = answered(line(start="2026-11-20T10:00:00.000001+01:00", target_minutes=0.5))
    assert found["due"] == "2026-11-20T09:00:30.000001Z"


def test_a_fraction_of_a_minute_counts_to_the_microsecond():
    found = answered(line(start="2026-11-20T10:00:00Z", target_minutes=0.00001))
    assert found["due"] == "2026-11-20T10:00:00.000600Z"
    assert found["ledger"][0]["counted_s"] == Decimal("0.000600")


def test_a_target_of_zero_is_due_at_its_start_and_has_no_ledger():
    assert answered(line(target_minutes=0)) == {"due": "2026-11-20T15:30:00Z", "ledger": []}


def test_an_open_pause_leaves_no_due_instant_and_ends_the_ledger_held():
    pauses = [["2026-11-20T16:40:00+01:00", None, "client"]]
    found = answered(line(pauses=pauses))
    assert found["due"] is None
    assert [(one["kind"], one["counted_s"]) for one in found["ledger"]] == [
        ("counted", 600),
        ("held", 0),
    ]
    assert found["ledger"][-1] == {
        "start": "2026-11-20T15:40:00Z",
        "end": None,
        "kind": "held",
        "reason": "client",
        "counted_s": 0,
    }


def test_an_open_pause_from_before_the_start_holds_from_the_start():
    found = answered(line(pauses=[["2026-11-01T00:00:00Z", None]]))
    assert [(one["start"], one["kind"]) for one in found["ledger"]] == [
        ("2026-11-20T15:30:00Z", "held")
    ]


def test_an_open_pause_after_the_due_instant_does_not_keep_it():
    assert answered(line(pauses=[["2026-11-23T08:30:00Z", None]]))["due"] == "2026-11-23T08:30:00Z"


def test_reasons_of_pauses_and_dates_of_holidays_are_in_the_ledger():
    calendar = {**OFFICE, "holidays": ["2026-11-23"]}
    pauses = [["2026-11-20T16:30:00+01:00", "2026-11-20T16:40:00+01:00", "vendor"]]
    found = answered(line(calendar=calendar, pauses=pauses))["ledger"]
    assert [(one["kind"], one.get("reason")) for one in found] == [
        ("held", "vendor"),
        ("counted", None),
        ("closed", None),
        ("holiday", "2026-11-23"),
        ("closed", None),
        ("counted", None),
    ]


@pytest.mark.parametrize(
    "given_id", ["a", "", 7, 1.50, 12345678901234567890123, True, None, "\u00e9"]
)
def test_an_id_comes_back_as_it_was_written_with_answers_and_errors(given_id):
    for asked in (line(id=given_id), line(id=given_id, start="soon")):
        said, _ = answer_line(json.dumps(asked).encode(), 1)
        assert json.loads(said)["id"] == given_id
    for asked in (line(), line(start="soon")):
        assert "id" not in json.loads(answer_line(json.dumps(asked).encode(), 1)[0])


BAD = {
    "no calendar": (line(calendar=...), "calendar", "missing"),
    "no start": (line(start=...), "start", "missing"),
    "no target": (line(target_minutes=...), "target_minutes", "missing"),
    "an unknown field": (line(holds=[]), "holds", "no such field"),
    "a naive start": (line(start="2026-11-20T16:30:00"), "start", "no offset"),
    "a start that is none": (line(start="soon"), "start", "not an ISO 8601"),
    "a start too early": (line(start="1999-12-31T23:59:59Z"), "start", "outside"),
    "a start on no day": (line(start="0001-01-01T00:00:00+14:00"), "start", "outside"),
    "a start too fine": (line(start="2026-11-20T16:30:00.1234567Z"), "start", "finer"),
    "a start that is a number": (line(start=1), "start", "Expected `str`"),
    "a target below zero": (line(target_minutes=-1), "target_minutes", "not between"),
    "a target too long": (line(target_minutes=MINUTES_MAX + 1), "target_minutes", "not between"),
    "a target beyond all": (line(target_minutes=10**30), "target_minutes", "not between"),
    "a target that is a text": (line(target_minutes="60"), "target_minutes", "Expected"),
    "a target that is true": (line(target_minutes=True), "target_minutes", "Expected"),
    "an unreachable due": (line(target_minutes=MINUTES_MAX), "target_minutes", "search ends"),
    "a pause of one part": (line(pauses=[["x"]]), "pauses[0]", "1 parts"),
    "a pause with a naive end": (
        line(pauses=[[START, START], [START, "2026-11-20T17:00"]]),
        "pauses[1][1]",
        "no offset",
    ),
    "a pause that starts nowhere": (line(pauses=[[None, START]]), "pauses[0][0]", "not an ISO"),
    "a pause turned round": (
        line(pauses=[[START, "2026-11-20T16:29:00+01:00"]]),
        "pauses[0]",
        "before it starts",
    ),
    "a pause with a long reason": (
        line(pauses=[[START, None, "x" * (REASON_MAX + 1)]]),
        "pauses[0][2]",
        "too long",
    ),
    "too many pauses": (line(pauses=[[START, START]] * (PAUSES_MAX + 1)), "pauses", "too many"),
    "pauses that are a number": (line(pauses=5), "pauses", "Expected"),
    "an id that is a list": (line(id=[1]), "id", "plain value"),
    "a calendar that is a list": (line(calendar=[]), "calendar", "cannot be read"),
    "a calendar without a zone": (line(calendar={}), "calendar.timezone", "not an IANA"),
    "an unknown key of a calendar": (
        line(calendar={**OFFICE, "zone": "x"}),
        "calendar.zone",
        "unknown",
    ),
    "a window that is none": (
        line(calendar={**OFFICE, "hours": {"mon": ["9-17"]}}),
        "calendar.hours.mon[0]",
        "not a window",
    ),
    "a holiday that is none": (
        line(calendar={**OFFICE, "holidays": ["yule"]}),
        "calendar.holidays[0]",
        "not a date",
    ),
    "an array": (b"[1, 2]", "", "Expected `object`"),
    "no JSON": (b"when?", "", "malformed"),
    "half a line": (b'{"calendar": {', "", "truncated"),
    "no UTF-8": (b'{"start": "\xff"}', "", "utf-8"),
    "a nest": (b'{"calendar": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", "", "deeply"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_line_names_the_field_the_reason_and_the_remedy(bad):
    asked, field, words = bad
    error = refused(asked)["error"]
    assert error["field"] == field
    assert words in error["reason"]


def test_a_bad_zone_is_told_with_the_one_that_may_be_meant():
    error = refused(line(calendar={**OFFICE, "timezone": "Europe/Berln"}))["error"]
    assert error["remedy"] == "did you mean Europe/Berlin?"


def test_a_calendar_that_comes_again_is_read_once():
    question._calendar_or_fault.cache_clear()
    for start in ("2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z"):
        answered(line(start=start))
        refused(line(calendar={"timezone": "Nowhere"}, start=start))
    assert question._calendar_or_fault.cache_info().misses == 2


def test_an_instant_may_have_any_offset():
    same = ["2026-11-20T15:30:00Z", "2026-11-20T21:15:00+05:45", "2026-11-20T05:30:00-10:00"]
    assert {answered(line(start=start))["due"] for start in same} == {"2026-11-23T08:30:00Z"}
    assert datetime(2026, 11, 23, 8, 30, tzinfo=UTC) == instant(answered(line())["due"])
