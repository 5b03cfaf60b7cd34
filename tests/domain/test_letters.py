"""When letters are due: openings, closings, days by the wall; each day of a subject once."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.worlds import ALWAYS, OFFICE, at, example_policy
from tierline.domain.calendar import WEEKDAYS, Calendar
from tierline.domain.letters.rules import LetterRules
from tierline.domain.letters.when import (
    LetterKind,
    horizon_of,
    hours_for,
    letters_of,
    next_letter,
    spans,
)
from tierline.domain.policy import ModeRules
from tierline.domain.terms import Mode

OPENING, CLOSING, DIGEST, WEEKLY = LetterKind
LONDON = Calendar.build("Europe/London", dict.fromkeys(WEEKDAYS[:5], ("08:00-18:00",)))
LUNCH = Calendar.build("Europe/London", dict.fromkeys(WEEKDAYS[:5], ("08:00-12:30", "13:00-18:00")))
NIGHT = Calendar.build("Europe/London", dict.fromkeys(WEEKDAYS, ("18:00-08:00",)))
BUT_CHRISTMAS = Calendar.build(
    "Europe/London", dict.fromkeys(WEEKDAYS, ("00:00-24:00",)), [date(2026, 12, 25)]
)
IN_TWO = Calendar.build("UTC", dict.fromkeys(WEEKDAYS, ("00:00-12:00", "12:00-24:00")))
SHORT = Calendar.build("UTC", dict.fromkeys(WEEKDAYS, ("09:00-09:20",)))


def with_hours(hours, **rules):
    policy = example_policy()
    desk = replace(policy.groups["Desk"], hours=hours)
    letters = LetterRules(zone="Europe/London", round_the_clock=LONDON, **rules)
    return replace(policy, groups={"Desk": desk}, letters=letters)


def days(policy, kind, about, start, count):
    """The next so many letters: `Mon 23 17:30` and the day each is of."""
    found, after = [], at(start)
    for _ in range(count):
        due = next_letter(policy, kind, about, after)
        found.append((f"{due.at:%a %d %H:%M}", due.day.day))
        after = due.at
    return found


@pytest.mark.parametrize(
    ("hours", "kind", "expected"),
    [
        (LONDON, CLOSING, [("Fri 27 17:30", 27), ("Mon 30 17:30", 30)]),
        (LONDON, OPENING, [("Mon 30 08:00", 30), ("Tue 01 08:00", 1)]),
        (LUNCH, CLOSING, [("Fri 27 17:30", 27), ("Mon 30 17:30", 30)]),
        (LUNCH, OPENING, [("Mon 30 08:00", 30), ("Tue 01 08:00", 1)]),
        (NIGHT, CLOSING, [("Sat 28 07:30", 28), ("Sun 29 07:30", 29)]),
        (NIGHT, OPENING, [("Fri 27 18:00", 27), ("Sat 28 18:00", 28)]),
        (SHORT, CLOSING, [("Sat 28 09:00", 28), ("Sun 29 09:00", 29)]),
        (ALWAYS, CLOSING, [("Fri 27 17:30", 27), ("Mon 30 17:30", 30)]),
        (BUT_CHRISTMAS, CLOSING, [("Fri 27 17:30", 27), ("Mon 30 17:30", 30)]),
        (IN_TWO, OPENING, [("Mon 30 08:00", 30), ("Tue 01 08:00", 1)]),
    ],
)
def test_lists_come_at_opening_and_half_an_hour_before_closing(hours, kind, expected):
    assert days(with_hours(hours), kind, "Desk", "2026-11-27 09:00", 2) == expected


def test_over_a_change_of_the_clocks_the_wall_counts():
    """British summer time ends on 25 October 2026: the list stays at half past five."""
    policy = with_hours(LONDON)
    found = days(policy, CLOSING, "Desk", "2026-10-23 12:00", 2)
    assert found == [("Fri 23 16:30", 23), ("Mon 26 17:30", 26)]
    weekly = days(policy, WEEKLY, "", "2026-10-19 12:00", 2)
    assert weekly == [("Mon 26 07:00", 26), ("Mon 02 07:00", 2)]


def test_a_time_the_clocks_skip_still_comes_that_day():
    """On 29 March 2026 there is no 01:30 in London."""
    policy = with_hours(LONDON, digest_at=time(1, 30))
    assert days(policy, DIGEST, "", "2026-03-28 12:00", 1) == [("Sun 29 01:30", 29)]


def test_holidays_and_edits_move_the_list():
    eve = (date(2026, 12, 24), ("08:00-12:00",))
    hours = Calendar.build(
        "UTC", dict.fromkeys(WEEKDAYS[:5], ("08:00-18:00",)), [eve, date(2026, 12, 25)]
    )
    found = days(with_hours(hours), CLOSING, "Desk", "2026-12-24 09:00", 2)
    assert found == [("Thu 24 11:30", 24), ("Mon 28 17:30", 28)]


def test_only_groups_with_a_lead_and_only_what_the_policy_asks_for():
    policy = with_hours(LONDON)
    asked = [(OPENING, "Desk"), (CLOSING, "Desk"), (DIGEST, ""), (WEEKLY, "")]
    assert letters_of(policy) == asked
    nobody = replace(policy.groups["Desk"], lead="")
    assert letters_of(replace(policy, groups={"Desk": nobody})) == asked[2:]
    silent = LetterRules(lists=False, weekly_day=None, digest_at=None)
    assert letters_of(replace(policy, letters=silent)) == []
    policy = replace(policy, letters=silent)
    assert next_letter(policy, CLOSING, "Desk", at("2026-11-27 09:00")) is None


def test_where_everything_is_only_watched_nobody_is_written_to():
    policy = replace(with_hours(LONDON), mode=ModeRules(Mode.WATCH))
    assert letters_of(policy) == []
    one = ModeRules(Mode.WATCH, clients={"Contoso": Mode.SUGGEST})
    assert letters_of(replace(policy, mode=one)) != []


WINDOWS = st.sampled_from(
    (("08:00-18:00",), ("08:00-12:30", "13:00-18:00"), ("18:00-08:00",), ("00:00-24:00",), ())
)
INSTANTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda n: at("2026-01-01") + timedelta(minutes=n))


@settings(max_examples=60)
@given(st.lists(WINDOWS, min_size=7, max_size=7).filter(any), INSTANTS)
def test_every_local_day_has_one_list_of_a_kind_at_most_and_none_is_left_out(week, start):
    hours = Calendar.build("Europe/London", dict(zip(WEEKDAYS, week, strict=True)))
    policy = with_hours(hours)
    for kind in (OPENING, CLOSING):
        found, after = [], start
        while after < start + timedelta(days=20):
            due = next_letter(policy, kind, "Desk", after)
            if due is None:  # such hours never close
                assert not spans(hours, start - timedelta(days=8), start + timedelta(days=70))
                break
            assert due.at > after
            found.append(due)
            after = due.at
        hours = hours_for(policy, policy.groups["Desk"])
        whole = spans(hours, start - timedelta(days=8), start + timedelta(days=70))
        edges = [opens if kind is OPENING else closes for opens, closes in whole]
        local = [edge.astimezone(hours.tzinfo).date() for edge in edges]
        assert [due.day for due in found] == sorted(
            {day for day in local if found and found[0].day <= day <= found[-1].day}
        )


@pytest.mark.parametrize(
    ("hours", "kind", "now", "closes", "opens"),
    [
        (LONDON, CLOSING, "2026-11-27 17:30", "Fri 18:00", "Mon 08:00"),
        (LONDON, OPENING, "2026-11-27 08:00", "Fri 18:00", "Mon 08:00"),
        (LONDON, CLOSING, "2026-11-28 10:00", "Sat 10:00", "Mon 08:00"),
        (LONDON, OPENING, "2026-11-28 10:00", "Mon 18:00", "Tue 08:00"),
        (LUNCH, CLOSING, "2026-11-26 09:00", "Thu 18:00", "Fri 08:00"),
        (LUNCH, OPENING, "2026-11-26 07:00", "Thu 18:00", "Fri 08:00"),
        (NIGHT, CLOSING, "2026-11-26 20:00", "Fri 08:00", "Fri 18:00"),
    ],
)
def test_nobody_is_in_from_the_closing_to_the_opening_after_it(hours, kind, now, closes, opens):
    found = horizon_of(hours, kind, at(now))
    assert [f"{edge:%a %H:%M}" for edge in found] == [closes, opens]


def test_the_office_of_the_worlds_is_what_these_tests_think():
    assert OFFICE == LONDON
