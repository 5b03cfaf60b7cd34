"""How long a stay is expected to take: known from its beginning, said when it passes, once.

The Desk works 08:00 to 18:00; the ticket comes on Monday at 09:00.
"""

from dataclasses import replace

import pytest

from tests.domain.worlds import (
    HOUR,
    MINUTE,
    MONDAY,
    P3,
    TOM,
    Story,
    at,
    example_policy,
    minutes,
    person,
)
from tierline.domain.commands import (
    Claim,
    JoinMajor,
    LeaveMajor,
    MakePlan,
    Move,
    PutOnHold,
    Reopen,
    Resolve,
)
from tierline.domain.commands import Resume as GoOn
from tierline.domain.events import Reviewed
from tierline.domain.policy import Duration, Path
from tierline.domain.terms import HoldReason, TicketType


def expecting(**of_tiers):
    """The example, in which nothing has a limit, with what its tiers are expected to take."""
    policy = example_policy()
    steps = tuple(
        replace(it, limit=None, unclaimed=None, silent=None, expect=of_tiers.get(it.tier))
        for it in policy.paths["standard"].steps
    )
    return replace(policy, paths={"standard": Path("standard", steps)})


def queued(**of_tiers):
    return Story(expecting(**of_tiers)).open(priority=P3)


def passed(story):
    return [f"{e.at:%a %H:%M}" for e in story.all(Reviewed) if e.what.kind == "expected"]


@pytest.mark.parametrize(
    ("expected", "by"),
    [
        (minutes(120), "2026-11-23 11:00"),
        (minutes(600), "2026-11-24 09:00"),  # 9 h on Monday, 1 on Tuesday
        (Duration(business_days=1), "2026-11-24 09:00"),
        (None, None),
    ],
)
def test_it_is_known_from_the_beginning_of_the_stay(expected, by):
    story = queued(T1=expected)
    assert story.ticket.expected_at == (at(by) if by else None)


def test_it_is_said_once_at_its_instant_and_nothing_moves():
    story = queued(T1=minutes(120)).ok(Claim("sam")).wait(5 * HOUR)
    assert passed(story) == ["Mon 11:00"]
    assert (story.ticket.expected_at, story.ticket.group) == (None, "Desk")
    assert story.wait(2 * HOUR).ticket.owner == "sam"
    assert passed(story) == ["Mon 11:00"]


def test_the_owner_and_the_lead_hear_of_it():
    story = queued(T1=minutes(60)).ok(Claim("sam")).wait(HOUR)
    assert story.told(Reviewed) == {
        ("sam", "later than expected", "notify"),
        ("priya", "later than expected", "notify"),
    }
    why = story.last(Reviewed).why
    assert (why.rule, why.values["tier"]) == ("expected time", "T1")


def test_another_tier_has_its_own():
    story = queued(T1=minutes(60), T2=minutes(90)).wait(30 * MINUTE).ok(Move("x"))
    assert story.ticket.expected_at == MONDAY + 2 * HOUR
    assert passed(story.wait(HOUR)) == []
    assert passed(story.wait(HOUR)) == ["Mon 11:00"]
    assert story.ok(Move("x")).ticket.expected_at is None, "the third line is expected nothing"


def test_what_is_on_hold_is_not_late_and_is_told_once_it_goes_on():
    story = queued(T1=minutes(60)).ok(PutOnHold(HoldReason.CLIENT, "x", "y")).wait(2 * HOUR)
    assert passed(story) == []
    assert passed(story.ok(GoOn())) == ["Mon 11:00"]


def test_a_plan_does_not_put_it_off():
    story = queued(T1=minutes(60)).ok(Claim("sam")).ok(MakePlan("x", MONDAY + 3 * HOUR))
    assert passed(story.wait(2 * HOUR)) == ["Mon 10:00"]


def test_what_is_done_is_not_late_and_begins_anew_when_it_is_reopened():
    story = queued(T1=minutes(60)).ok(Claim("sam")).ok(Resolve("x"))
    assert story.ticket.expected_at is None
    assert passed(story.wait(2 * HOUR)) == []
    assert story.ok(Reopen("again"), TOM).ticket.expected_at == MONDAY + 3 * HOUR


def test_nothing_is_expected_of_a_request():
    story = Story(expecting(T1=minutes(60), triage=minutes(60)))
    assert story.open(type=TicketType.REQUEST, alert="").ticket.expected_at is None


def test_a_late_look_says_it_at_its_instant_all_the_same():
    late = queued(T1=minutes(60)).wait(26 * HOUR)
    looked = queued(T1=minutes(60)).wait(HOUR).wait(25 * HOUR)
    assert passed(late) == passed(looked) == ["Mon 10:00"]
    assert late.do(Claim("sam"), person("sam")).ticket.owner == "sam"


def test_what_is_worked_under_a_major_incident_is_not_late_and_is_told_once_it_is_alone():
    story = queued(T1=minutes(60)).ok(JoinMajor(900)).wait(2 * HOUR)
    assert passed(story) == []
    assert passed(story.ok(LeaveMajor("another thing"))) == ["Mon 11:00"]
