"""People: when they are in, what ends a claim of theirs, and shifts as the records have them."""

import json
from datetime import timedelta

import pytest

from tests.domain.crew import EARLY, NIGHTS, away
from tests.domain.worlds import ALWAYS, OFFICE, at
from tierline.domain.calendar import Calendar
from tierline.domain.people import AWAY, BACK, SHIFT, Person, opening_after
from tierline.domain.ticket import ClaimEnd
from tierline.policy.crew import shifts_of

NINE = at("2026-11-23 09:00")


def test_without_shifts_on_record_the_groups_hours_stand_in():
    assert Person("sam").not_in(NINE, OFFICE) == ""
    assert Person("sam").not_in(at("2026-11-23 18:00"), OFFICE) == "off shift", "at closing, out"
    early = Person("sam", shifts=EARLY)
    assert early.not_in(at("2026-11-23 16:00"), ALWAYS) == "off shift"
    assert early.not_in(at("2026-11-23 15:59"), ALWAYS) == ""


def test_of_absences_that_overlap_the_one_that_ends_last_counts():
    first = away("2026-11-23 08:00", "2026-11-23 12:00")
    second = away("2026-11-23 11:00", "2026-11-24 12:00")
    sam = Person("sam", away=(second, first))
    assert sam.away_at(at("2026-11-23 11:30")) == second
    assert sam.away_at(at("2026-11-24 12:00")) is None, "half-open"
    assert sam.claim_end(at("2026-11-23 11:30")) == ClaimEnd(
        at("2026-11-24 12:00"), BACK, told=True
    )


@pytest.mark.parametrize(
    ("sam", "ends"),
    [
        (Person("sam"), None),
        (Person("sam", shifts=ALWAYS), None),
        (Person("sam", shifts=EARLY), ClaimEnd(at("2026-11-23 16:00"), SHIFT)),
        (Person("sam", shifts=NIGHTS), ClaimEnd(at("2026-11-29 06:00"), SHIFT)),
        (
            Person(
                "sam", shifts=EARLY, away=(away("2026-11-23 12:00", "2026-11-25 00:00", "kim"),)
            ),
            ClaimEnd(at("2026-11-23 12:00"), AWAY, stand_in="kim"),
        ),
        (
            Person("sam", shifts=EARLY, away=(away("2026-11-23 16:00", "2026-11-25 00:00"),)),
            ClaimEnd(at("2026-11-23 16:00"), AWAY),
        ),
    ],
    ids=["none", "always", "this shift", "the next one", "an absence", "both at once"],
)
def test_what_ends_a_claim_of_monday_at_nine(sam, ends):
    assert sam.claim_end(NINE) == ends


def test_the_next_opening_is_not_the_present_one():
    assert opening_after(OFFICE, NINE) == at("2026-11-24 08:00")
    assert opening_after(OFFICE, at("2026-11-23 07:00")) == at("2026-11-23 08:00")
    assert opening_after(OFFICE, at("2026-11-23 18:00")) == at("2026-11-24 08:00")
    assert opening_after(ALWAYS, NINE) is None


def test_who_may_come_next():
    assert Person("sam", shifts=EARLY).next_start(NINE) == at("2026-11-24 08:00")
    assert Person("sam").next_start(NINE) is None
    assert Person("sam", shifts=EARLY, active=False).next_start(NINE) is None
    gone = Person("sam", shifts=EARLY, away=(away("2026-11-20 00:00", "2026-11-25 00:00"),))
    assert gone.next_start(NINE) == at("2026-11-25 00:00")


# As the records have them.

HOURS = {"office": OFFICE}


@pytest.mark.parametrize(
    ("written", "zone", "begins"),
    [
        ("office", "", "2026-11-23 08:00"),
        ("office", "America/New_York", "2026-11-23 13:00"),
        ({"zone": "Europe/Berlin", "mon": ["08:00-16:00"]}, "America/New_York", "2026-11-23 07:00"),
    ],
    ids=["as the policy says", "on their own clock", "written out with its own zone"],
)
def test_shifts_are_read_on_the_clock_they_are_meant_on(written, zone, begins):
    shifts = shifts_of(json.dumps(written), zone, HOURS)
    person = Person("sam", shifts=shifts)
    assert person.not_in(at(begins), ALWAYS) == ""
    assert person.not_in(at(begins) - timedelta(microseconds=1), ALWAYS) == "off shift"


def test_shifts_that_lead_nowhere_are_none():
    assert shifts_of(None, "", HOURS) is None
    assert shifts_of('"late"', "", HOURS) is None, "a name the policy has no more"
    assert shifts_of('{"zone": "Nowhere", "mon": ["08:00-16:00"]}', "", HOURS) is None
    assert shifts_of('"24x7"', "Europe/Berlin", HOURS) == Calendar.always()
