"""Business time against worked cases, and the questions beside `add`."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.domain.oracle import Oracle
from tierline.domain.business_time import (
    HorizonExceeded,
    InstantError,
    Interval,
    add,
    is_open,
    ledger,
    local_date,
    mean_open_per_weekday,
    next_closing,
    next_opening,
    open_between,
)
from tierline.domain.calendar import Calendar

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "business_time.json").read_text())
CALENDARS = {name: Calendar.from_json(obj) for name, obj in FIXTURE["calendars"].items()}
BERLIN = CALENDARS["office-berlin"]
NEW_YORK = CALENDARS["split-newyork"]
NIGHTS = CALENDARS["nights-berlin"]
ALWAYS = Calendar.always()
HOUR = timedelta(hours=1)
CASES = [pytest.param(case, id=case["name"]) for case in FIXTURE["cases"]]


def at(text):
    """An instant: local Berlin time in November 2026 as `23 09:00`, or ISO 8601."""
    if len(text) == 8:
        text = f"2026-11-{text[:2]}T{text[3:]}:00+01:00"
    return datetime.fromisoformat(text)


def hold(start, end=None, reason=""):
    return Interval(at(start), at(end) if end else None, reason)


def parts(case):
    holds = [(at(start), at(end) if end else None) for start, end in case["holds"]]
    due = at(case["due"]) if case["due"] else None
    return at(case["start"]), timedelta(seconds=case["target_seconds"]), holds, due


@pytest.mark.parametrize("case", CASES)
def test_worked_case(case):
    start, target, holds, due = parts(case)
    found = add(CALENDARS[case["calendar"]], start, target, [Interval(*h) for h in holds])
    assert found == due
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize("case", CASES)
def test_worked_case_agrees_with_both_slow_walks(case):
    start, target, holds, due = parts(case)
    oracle = Oracle(FIXTURE["calendars"][case["calendar"]])
    edges = [start, *(edge for pair in holds for edge in pair if edge)]
    step = timedelta(seconds=1 if any(edge.second for edge in edges) else 60)
    start = start.astimezone(UTC)
    assert oracle.boundary_walk(start, target, holds) == due
    assert oracle.walk(start, target, holds, step) == due


@pytest.mark.parametrize("case", [case for case in CASES if case.values[0]["due"]])
def test_ledger_of_a_worked_case_is_contiguous_and_sums_to_the_target(case):
    start, target, holds, due = parts(case)
    intervals = [Interval(*h) for h in holds]
    found = ledger(CALENDARS[case["calendar"]], start, target, intervals)
    edges = [start, *(segment.end for segment in found)]
    assert edges[-1] == due
    assert [segment.start for segment in found] == edges[:-1]
    assert sum((segment.counted for segment in found), timedelta()) == target


def test_due_instants_are_exact_to_the_microsecond():
    start = at("2026-11-23T15:59:59.999999+01:00")
    assert add(BERLIN, start, HOUR + timedelta(microseconds=2)) == at(
        "2026-11-24T09:00:00.000001+01:00"
    )


def test_hold_of_a_microsecond_moves_the_due_instant_by_a_microsecond():
    tiny = [hold("23 10:00", "2026-11-23T10:00:00.000001+01:00")]
    assert add(BERLIN, at("23 09:00"), 2 * HOUR, tiny) == at("2026-11-23T11:00:00.000001+01:00")


def test_empty_hold_changes_nothing():
    assert add(BERLIN, at("23 09:00"), HOUR, [hold("23 09:30", "23 09:30")]) == at("23 10:00")


def test_holds_may_come_from_an_iterator():
    holds = iter([hold("23 09:00", "23 10:00")])
    assert add(BERLIN, at("23 09:00"), HOUR, holds) == at("23 11:00")


def test_start_in_any_zone_is_the_same_instant():
    elsewhere = at("20 16:30").astimezone(timezone(timedelta(hours=-9)))
    assert add(BERLIN, elsewhere, HOUR) == add(BERLIN, at("20 16:30"), HOUR)


def test_search_without_an_answer_names_zone_start_and_bound():
    """A sparse calendar and a long target: 2,200 hours at two a week take 21 years."""
    start = datetime(2026, 11, 21, tzinfo=UTC)
    with pytest.raises(HorizonExceeded) as caught:
        add(CALENDARS["tuesday-only"], start, timedelta(hours=2200))
    assert (caught.value.zone, caught.value.start) == ("Europe/London", start)
    assert caught.value.bound == start + timedelta(days=20 * 366)
    assert all(part in str(caught.value) for part in ("Europe/London", "2026-11-21", "2046-12-06"))


def test_search_just_short_of_the_bound_finds_its_answer():
    start = datetime(2026, 11, 24, 10, tzinfo=UTC)
    due = add(CALENDARS["tuesday-only"], start, timedelta(hours=2000))
    assert due is not None
    assert open_between(CALENDARS["tuesday-only"], start, due) == timedelta(hours=2000)


def test_search_past_the_last_instant_is_refused():
    with pytest.raises(HorizonExceeded, match="2100-01-01"):
        add(ALWAYS, datetime(2099, 12, 31, tzinfo=UTC), timedelta(days=2))


def test_hold_that_ends_past_the_bound_is_refused():
    with pytest.raises(HorizonExceeded):
        add(BERLIN, at("23 09:00"), HOUR, [hold("23 09:30", "2060-01-01T00:00:00+00:00")])


def test_open_hold_past_the_bound_hides_no_search_without_an_answer():
    with pytest.raises(HorizonExceeded):
        add(
            CALENDARS["tuesday-only"],
            at("23 09:00"),
            timedelta(hours=2200),
            [hold("2090-01-01T00:00:00+00:00")],
        )


def test_open_hold_far_in_the_future_keeps_nothing():
    assert add(BERLIN, at("23 09:00"), HOUR, [hold("2080-01-01T00:00:00+00:00")]) == at("23 10:00")


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (at("23 09:00").replace(tzinfo=None), "timezone"),
        (datetime(1999, 12, 31, tzinfo=UTC), "2000-01-01"),
        (datetime(2100, 1, 2, tzinfo=UTC), "2100-01-01"),
    ],
)
def test_unusable_instant_is_refused_by_every_question(start, says):
    questions = (is_open, next_opening, next_closing, local_date)
    for question in questions:
        with pytest.raises(InstantError, match=says):
            question(BERLIN, start)
    for duration in (timedelta(), HOUR):
        with pytest.raises(InstantError, match=says):
            add(BERLIN, start, duration)
    with pytest.raises(InstantError, match=says):
        open_between(BERLIN, start, at("23 09:00"))
    with pytest.raises(InstantError, match=says):
        add(BERLIN, at("23 09:00"), HOUR, [Interval(start)])


def test_first_and_last_instants_are_usable():
    first, last = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    assert open_between(ALWAYS, first, last) == last - first
    assert add(ALWAYS, first, timedelta(days=1)) == first + timedelta(days=1)
    assert not is_open(BERLIN, last)
    assert next_opening(BERLIN, last) is None


def test_negative_target_is_refused():
    with pytest.raises(ValueError, match="negative"):
        add(BERLIN, at("23 09:00"), timedelta(seconds=-1))


def test_hold_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        hold("23 10:00", "23 09:00")


def test_open_between_takes_only_open_unheld_time():
    assert open_between(BERLIN, at("20 16:00"), at("23 10:00")) == 2 * HOUR
    assert open_between(BERLIN, at("20 16:00"), at("23 10:00"), [hold("23 09:30")]) == 1.5 * HOUR
    held = [hold("20 16:30", "21 12:00"), hold("20 16:00", "20 16:45")]
    assert open_between(BERLIN, at("20 16:00"), at("23 10:00"), held) == HOUR


def test_open_between_is_zero_backwards():
    assert open_between(BERLIN, at("23 10:00"), at("23 09:00"), [hold("23 09:00")]) == timedelta()


def test_open_from_the_opening_up_to_the_closing():
    second = timedelta(microseconds=1)
    assert is_open(BERLIN, at("23 09:00"))
    assert is_open(BERLIN, at("23 17:00") - second)
    assert not is_open(BERLIN, at("23 17:00"))
    assert not is_open(BERLIN, at("23 09:00") - second)


@pytest.mark.parametrize(
    ("calendar", "when", "opening", "closing"),
    [
        (BERLIN, "23 08:00", "23 09:00", "23 17:00"),
        (BERLIN, "23 09:00", "23 09:00", "23 17:00"),
        (BERLIN, "23 12:00", "23 12:00", "23 17:00"),
        (BERLIN, "20 17:00", "23 09:00", "23 17:00"),
        (NEW_YORK, "23 18:30", "23 19:00", "24 00:00"),
        (NIGHTS, "23 23:00", "23 23:00", "24 06:00"),
        (NIGHTS, "23 06:00", "23 22:00", "24 06:00"),
    ],
)
def test_next_opening_and_closing(calendar, when, opening, closing):
    assert next_opening(calendar, at(when)) == at(opening)
    assert next_closing(calendar, at(when)) == at(closing)


def test_open_round_the_clock_never_closes():
    assert next_closing(ALWAYS, at("23 09:00")) is None
    assert next_closing(CALENDARS["always-berlin"], at("23 09:00")) is None
    assert next_opening(ALWAYS, at("23 09:00")) == at("23 09:00")


def test_closing_is_found_past_the_turn_of_the_year():
    """The calendar closes once, at the end of a year round the clock."""
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ("00:00-24:00",))
    calendar = Calendar.build("UTC", week, [date(2028, 1, 1)])
    assert next_closing(calendar, at("23 09:00")) == datetime(2028, 1, 1, tzinfo=UTC)
    assert next_opening(calendar, datetime(2028, 1, 1, tzinfo=UTC)) == datetime(
        2028, 1, 2, tzinfo=UTC
    )


def test_local_date_is_the_calendars_own():
    midnight = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert local_date(BERLIN, midnight) == date(2026, 11, 23)
    assert local_date(NEW_YORK, midnight) == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("office-berlin", 8 * HOUR),
        ("split-newyork", timedelta(hours=8, minutes=10)),
        ("always", 24 * HOUR),
        ("nights-berlin", 8 * HOUR),
        ("overlap-london", 8 * HOUR),
        ("tuesday-only", 2 * HOUR),
    ],
)
def test_business_day_is_the_mean_opening_weekday(name, mean):
    assert mean_open_per_weekday(CALENDARS[name]) == mean


def test_business_day_counts_overlaps_of_neighbouring_days_once():
    """Monday's night reaches two hours into Tuesday's morning, Sunday's into Monday's."""
    week = {"mon": ["06:00-10:00", "22:00-08:00"], "tue": ["06:00-10:00"], "sun": ["22:00-08:00"]}
    found = mean_open_per_weekday(Calendar.build("UTC", week))
    assert found == timedelta(hours=(4 + 10 + 4 + 10 - 4)) / 3


@pytest.mark.parametrize(("sunday", "seconds"), [("09:00-09:01", 24694), ("09:00-09:02", 24703)])
def test_business_day_is_the_nearest_whole_second(sunday, seconds):
    """Six days of 28,800 s, and one of 60 (24,694.3 s on average) or 120 (24,702.9 s)."""
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), ("09:00-17:00",))
    found = mean_open_per_weekday(Calendar.build("UTC", week | {"sun": [sunday]}))
    assert found == timedelta(seconds=seconds)


def test_first_question_may_span_several_years():
    """A calendar nobody has used yet: the last of the years is compiled before the first."""
    calendar = Calendar.build("Asia/Manila", {"tue": ["08:00-18:00"]})
    start, end = datetime(2026, 12, 29, tzinfo=UTC), datetime(2029, 1, 3, tzinfo=UTC)
    assert open_between(calendar, start, end) == 106 * 10 * HOUR


def test_start_in_an_earlier_year_than_seen_before_agrees_with_a_fresh_calendar():
    """Compiled years grow backwards and forwards without moving what was counted."""
    week = {"fri": ["22:00-06:00"], "sat": ["22:00-06:00"]}
    grown, fresh = Calendar.build("Asia/Tokyo", week), Calendar.build("Asia/Seoul", week)
    for year in (2026, 2030, 2019, 2024, 2000, 2018):
        start = datetime(year, 12, 30, tzinfo=UTC)
        for hours in (1, 20, 200):
            found = add(grown, start, hours * HOUR)
            assert found == add(fresh, start, hours * HOUR)
            assert open_between(grown, start, found) == hours * HOUR
