"""How a due instant is explained: segments, their kinds and reasons."""

from datetime import datetime, timedelta

import pytest

from tierline.domain.business_time import Interval, ledger
from tierline.domain.calendar import Calendar

OFFICE = Calendar.from_json(
    {
        "timezone": "Europe/Berlin",
        "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-17:00",)),
        "holidays": ["2026-12-25", {"date": "2026-12-24", "hours": ["09:00-12:00"]}],
    }
)
NIGHTS = Calendar.from_json(
    {
        "timezone": "Europe/Berlin",
        "hours": dict.fromkeys(("thu", "fri", "sat"), ("22:00-06:00",)),
        "holidays": ["2026-12-24", "2026-12-25"],
    }
)
HOUR = timedelta(hours=1)


def at(text):
    """Local Berlin time in December 2026: `24 11:30`."""
    return datetime.fromisoformat(f"2026-12-{text[:2]}T{text[3:]}:00+01:00")


def hold(start, end=None, reason=""):
    return Interval(at(start), at(end) if end else None, reason)


def shown(segments):
    berlin = [(s.start.astimezone(OFFICE.tzinfo), s.kind, s.reason) for s in segments]
    return [(f"{start:%d %H:%M}", kind, reason) for start, kind, reason in berlin]


def test_holiday_segments_are_what_the_plain_week_would_have_counted():
    found = ledger(OFFICE, at("24 11:30"), HOUR)
    assert shown(found) == [
        ("24 11:30", "counted", None),
        ("24 12:00", "holiday", "2026-12-24"),
        ("24 17:00", "closed", None),
        ("25 09:00", "holiday", "2026-12-25"),
        ("25 17:00", "closed", None),
        ("28 09:00", "counted", None),
    ]
    assert [s.counted for s in found if s.kind == "counted"] == [HOUR / 2, HOUR / 2]
    assert found[-1].end == at("28 09:30")


def test_only_open_time_is_shown_as_held():
    found = ledger(OFFICE, at("21 16:00"), HOUR, [hold("21 16:30", "22 10:00", "client")])
    assert shown(found) == [
        ("21 16:00", "counted", None),
        ("21 16:30", "held", "client"),
        ("21 17:00", "closed", None),
        ("22 09:00", "held", "client"),
        ("22 10:00", "counted", None),
    ]


def test_holds_that_follow_each_other_keep_their_reasons():
    holds = [hold("21 11:00", "21 12:00", "vendor"), hold("21 10:00", "21 11:00", "client")]
    assert shown(ledger(OFFICE, at("21 09:00"), 2 * HOUR, holds)) == [
        ("21 09:00", "counted", None),
        ("21 10:00", "held", "client"),
        ("21 11:00", "held", "vendor"),
        ("21 12:00", "counted", None),
    ]


def test_holds_that_overlap_show_both_reasons_in_any_order():
    holds = [hold("21 10:00", "21 12:00", "vendor"), hold("21 11:00", "21 13:00", "client")]
    expected = [
        ("21 09:00", "counted", None),
        ("21 10:00", "held", "vendor"),
        ("21 11:00", "held", "client, vendor"),
        ("21 12:00", "held", "client"),
        ("21 13:00", "counted", None),
    ]
    assert shown(ledger(OFFICE, at("21 09:00"), 2 * HOUR, holds)) == expected
    assert shown(ledger(OFFICE, at("21 09:00"), 2 * HOUR, holds[::-1])) == expected


def test_neighbours_of_one_reason_are_one_segment():
    holds = [hold("21 10:00", "21 11:00", "client"), hold("21 11:00", "21 12:00", "client")]
    assert len(ledger(OFFICE, at("21 09:00"), 2 * HOUR, holds)) == 3


def test_holidays_of_neighbouring_nights_are_named_each_for_its_own():
    assert shown(ledger(NIGHTS, at("24 20:00"), HOUR)) == [
        ("24 20:00", "closed", None),
        ("24 22:00", "holiday", "2026-12-24"),
        ("25 06:00", "closed", None),
        ("25 22:00", "holiday", "2026-12-25"),
        ("26 06:00", "closed", None),
        ("26 22:00", "counted", None),
    ]


def test_start_in_the_small_hours_of_a_holiday_before_is_seen():
    assert shown(ledger(NIGHTS, at("26 01:00"), HOUR))[0] == ("26 01:00", "holiday", "2026-12-25")


@pytest.mark.parametrize("until", ["21 10:30", "22 10:00"])
def test_held_clock_is_shown_up_to_the_instant_asked_for(until):
    found = ledger(OFFICE, at("21 09:00"), 8 * HOUR, [hold("21 10:00")], until=at(until))
    assert found[-1].end == at(until)
    assert sum((s.counted for s in found), timedelta()) == HOUR
    assert found[-1].kind == "held"


def test_held_clock_is_shown_up_to_the_hold_when_nothing_is_asked():
    found = ledger(OFFICE, at("21 09:00"), 8 * HOUR, [hold("21 10:00")])
    assert shown(found) == [("21 09:00", "counted", None)]
    assert found[-1].end == at("21 10:00")


def test_clock_with_a_due_instant_is_shown_up_to_it_whatever_is_asked():
    assert ledger(OFFICE, at("21 09:00"), HOUR, until=at("21 09:10"))[-1].end == at("21 10:00")


def test_ledger_of_no_target_is_empty():
    assert ledger(OFFICE, at("21 09:00"), timedelta()) == []
