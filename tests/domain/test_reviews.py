"""Nothing is forgotten after its last threshold."""

from dataclasses import replace

import pytest

from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    MINUTE,
    MONDAY,
    P1,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.business_time import mean_open_per_weekday, open_between
from tierline.domain.calendar import Calendar
from tierline.domain.commands import Claim, PutOnHold, Release, Resolve, Resume
from tierline.domain.events import Reviewed
from tierline.domain.policy import Group
from tierline.domain.promises import next_review, review_after
from tierline.domain.terms import HoldReason


def test_unclaimed_it_is_looked_at_when_its_group_closes():
    story = Story().open().until(at("2026-11-23 18:00"))
    review = story.last(Reviewed)
    assert (review.at, review.what.kind) == (at("2026-11-23 18:00"), "closing")
    assert story.told(Reviewed) == {("mia", "closing", "notify")}


def test_claimed_it_is_looked_at_a_business_day_on_and_not_at_closing():
    story = Story().open(start="Board").ok(Claim("mia"), TOM).until(at("2026-11-25 10:00"))
    assert [(f"{e.at:%a %H:%M}", e.what.kind) for e in story.all(Reviewed)] == [
        ("Tue 09:00", "daily"),
        ("Wed 09:00", "daily"),
    ]


def test_released_it_is_looked_at_at_closing_again():
    story = Story().open().ok(Claim("sam")).ok(Release())
    assert story.ticket.review_at == at("2026-11-23 18:00")


def test_a_business_day_ahead_leaves_out_the_weekend():
    story = Story(now=at("2026-11-27 15:00")).open().ok(Claim("sam"))
    assert story.ticket.review_at == at("2026-11-30 15:00")


def test_on_hold_the_chase_takes_the_place_of_the_review():
    story = Story().open().ok(Claim("sam")).wait(HOUR / 6)
    story.ok(PutOnHold(HoldReason.VENDOR, "x", "y", chase_at=at("2026-11-26 12:00")))
    story.until(at("2026-11-26 12:00"))
    assert [e.what.kind for e in story.all(Reviewed)] == ["chase"]
    story.ok(Resume())
    assert story.ticket.review_at == at("2026-11-27 12:00")
    assert len(story.all(Reviewed)) == 1, "nothing is made up for on going on"


def test_a_group_that_never_closes_has_daily_reviews_only():
    group = Group("Noc", "T1", ALWAYS)
    assert review_after(group, MONDAY, unclaimed=True) == at("2026-11-24 09:00")


def test_without_its_group_it_is_looked_at_a_plain_day_on():
    assert next_review(None, MONDAY, unclaimed=True) == at("2026-11-24 09:00")


def test_a_ticket_of_a_removed_group_is_still_looked_at():
    story = Story().open().ok(Claim("sam")).wait(MINUTE)
    policy = example_policy()
    gone = {name: group for name, group in policy.groups.items() if name != "Desk"}
    story.policy = replace(policy, groups=gone)
    story.ok(Resolve("x"), TOM).until(at("2026-11-25 12:00"))
    assert len(story.all(Reviewed)) == 2


@pytest.mark.parametrize(
    "hours",
    [
        {"mon": ["09:00-10:00"], "thu": ["22:00-06:00"]},
        {"sat": ["00:00-24:00"], "sun": ["00:00-24:00"]},
        {day: ["08:00-12:00", "13:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    ],
)
def test_a_review_is_at_most_one_business_day_of_open_time_ahead(hours):
    group = Group("Odd", "T1", Calendar.build("Europe/Berlin", hours))
    for start in range(0, 24 * 14, 5):
        now = MONDAY + start * HOUR
        due = review_after(group, now, unclaimed=True)
        assert now < due
        assert open_between(group.hours, now, due) <= mean_open_per_weekday(group.hours)


def test_reviews_go_on_for_as_long_as_it_is_open():
    story = Story().open(priority=P1).until(at("2026-12-04 18:00"))
    assert len({e.at.date() for e in story.all(Reviewed)}) == 10
