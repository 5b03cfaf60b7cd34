"""A plan, not a fix, stops the tier clock; it lives within limits, slips once, and dies."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.worlds import HOUR, KIM, MINUTE, MONDAY, P1, P2, P4, TOM, Story, at
from tierline.domain.commands import (
    Claim,
    MakePlan,
    Move,
    Note,
    PutOnHold,
    Reject,
    Release,
    Resolve,
    Resume,
)
from tierline.domain.events import Escalated, Lapsed, Planned, PlanSlipped
from tierline.domain.terms import HoldReason, TicketType


def planned(story: Story, **after: int) -> Story:
    """Claimed by sam ten minutes in and planned for `after` from then."""
    story.wait(10 * MINUTE).ok(Claim("sam"))
    return story.ok(MakePlan("swap the supply", story.now + timedelta(**after)))


def test_a_plan_meets_the_plan_promise_and_stops_the_tier_clock():
    story = planned(Story().open(), hours=2)
    assert story.clock("plan").met_at == MONDAY + 10 * MINUTE
    tier = story.clock("tier")
    assert (tier.due, tier.carried_us, tier.stopped_by) == (None, 600_000_000, "plan")
    assert story.clock("resolve").running, "the client's resolution still counts"
    story.wait(HOUR)
    assert not [e for e in story.all(Lapsed) if e.what.clock == "tier"]


def test_only_a_plan_stops_the_tier_clock():
    story = Story().open().ok(Claim("sam")).wait(10 * MINUTE).ok(Note("nearly", to_client=True))
    assert story.due("tier") == MONDAY + 30 * MINUTE


@pytest.mark.parametrize(
    ("priority", "latest"),
    [(P1, MONDAY + HOUR), (P2, MONDAY + 4 * HOUR), (P4, at("2026-11-25 09:00"))],
)
def test_the_promise_lies_within_the_horizon_of_its_priority(priority, latest):
    story = Story().open(priority=priority).ok(Claim("sam"))
    assert story.refused(MakePlan("soon", latest + MINUTE)) == "promise_too_far"
    assert latest.isoformat() in story.rejected.reason
    assert story.ok(MakePlan("soon", latest)).ticket.plan.promised_at == latest


def test_the_promise_lies_within_what_the_client_was_promised():
    story = Story().open(priority=P1).wait(3 * HOUR + 30 * MINUTE).ok(Claim("kim"), KIM)
    assert story.refused(MakePlan("x", MONDAY + 4 * HOUR + MINUTE), KIM) == "promise_too_far"
    story.ok(MakePlan("x", MONDAY + 4 * HOUR), KIM)


def test_a_request_is_planned_within_its_fulfilment():
    story = Story().call(type=TicketType.REQUEST).wait(timedelta(days=2)).ok(Claim("sam"))
    assert story.due("fulfil") == at("2026-11-26 09:00")
    assert story.refused(MakePlan("order it", at("2026-11-26 12:00"))) == "promise_too_far"
    story.ok(MakePlan("order it", at("2026-11-26 09:00")))


def test_after_the_resolve_breach_only_the_horizon_limits_a_plan():
    story = Story().open(priority=P1).wait(5 * HOUR).ok(Claim("kim"), KIM)
    story.ok(MakePlan("new disk", story.now + HOUR), KIM)


def test_a_plan_needs_an_owner_a_next_step_and_a_future():
    story = Story().open()
    assert story.refused(MakePlan("x", MONDAY + HOUR)) == "unclaimed"
    story.ok(Claim("sam"))
    assert story.refused(MakePlan(" ", MONDAY + HOUR)) == "missing"
    assert story.refused(MakePlan("x", MONDAY)) == "promise_past"
    assert story.refused(MakePlan("x", datetime(2026, 11, 23, 12))) == "not_an_instant"  # noqa: DTZ001
    assert story.refused(MakePlan("x", datetime(2150, 1, 1, tzinfo=UTC))) == "not_an_instant"
    assert story.refused(MakePlan("x", MONDAY + HOUR), KIM) == "owned"


def test_a_third_revision_is_the_leads():
    story = planned(Story().open(), hours=1)
    for _ in range(2):
        story.wait(MINUTE).ok(MakePlan("better", story.now + HOUR))
    assert story.ticket.plan.revisions == 2
    assert story.refused(MakePlan("again", story.now + HOUR)) == "lead_decides"
    assert story.ok(MakePlan("again", story.now + HOUR), TOM).ticket.plan.revisions == 3
    assert [e.what.revision for e in story.all(Planned)] == [False, True, True, True]


def test_a_slip_gives_fifteen_minutes_to_revise_and_the_tier_clock_stands_still():
    story = planned(Story().open(), minutes=30).wait(40 * MINUTE)
    slipped = story.last(PlanSlipped)
    assert (slipped.at, slipped.what.slips) == (MONDAY + 40 * MINUTE, 1)
    assert slipped.what.grace_until == MONDAY + 55 * MINUTE
    assert story.due("tier") is None
    assert story.ticket.tier == "T1"


def test_revised_within_the_grace_the_plan_lives():
    story = planned(Story().open(), minutes=30).wait(40 * MINUTE)
    story.ok(MakePlan("after lunch", MONDAY + 2 * HOUR))
    plan = story.ticket.plan
    assert (plan.grace_until, plan.slips, plan.revisions) == (None, 1, 1)
    story.wait(HOUR)
    assert story.ticket.tier == "T1"


def test_unrevised_after_the_grace_it_moves_up_and_the_plan_is_void():
    story = planned(Story().open(), minutes=30).wait(HOUR)
    moved = story.last(Escalated)
    assert (moved.at, moved.what.to_group) == (MONDAY + 55 * MINUTE, "Network")
    assert moved.what.used.carried_us == 600_000_000
    assert story.ticket.plan is None
    assert story.ticket.helper == "sam"


def test_a_second_slip_moves_it_at_once():
    story = planned(Story().open(), minutes=30).wait(40 * MINUTE)
    story.ok(MakePlan("after lunch", MONDAY + 2 * HOUR)).wait(2 * HOUR)
    assert [e.what.slips for e in story.all(PlanSlipped)] == [1, 2]
    assert story.last(Escalated).at == MONDAY + 2 * HOUR


def test_the_grace_counts_the_groups_staffed_minutes():
    story = Story(now=at("2026-11-23 17:30")).open().ok(Claim("sam"))
    story.ok(MakePlan("reboot", at("2026-11-23 17:50"))).until(at("2026-11-24 08:04"))
    assert story.last(PlanSlipped).what.grace_until == at("2026-11-24 08:05")
    assert story.ticket.tier == "T1"
    assert story.wait(MINUTE).ticket.tier == "T2"


@pytest.mark.parametrize("end", ["release", "hand over", "reopen"])
def test_release_hand_over_and_reopen_void_the_plan_and_the_tier_clock_goes_on(end):
    """Ten of thirty minutes were used before the plan; twenty are left after it."""
    story = planned(Story().open(), hours=2).wait(HOUR)
    if end == "release":
        story.ok(Release("called away"))
    elif end == "hand over":
        story.ok(Move("phones", to_group="Voice"))
    else:
        story.ok(Resolve("fixed")).wait(HOUR)
        story.ok(Reject("still broken"))
    assert story.ticket.plan is None
    assert story.clock("tier").carried_us == 600_000_000
    assert story.due("tier") == story.now + 20 * MINUTE


def test_a_plan_made_in_the_last_tenth_of_the_tier_clock_is_marked():
    early = Story().open().ok(Claim("sam")).wait(26 * MINUTE)
    assert not early.ok(MakePlan("x", early.now + HOUR)).ticket.plan.late
    late = Story().open().ok(Claim("sam")).wait(27 * MINUTE)
    assert late.ok(MakePlan("x", late.now + HOUR)).ticket.plan.late
    assert late.last(Planned).why.values["late"] is True


def test_the_text_for_the_client_is_a_word_to_them_and_the_next_step_is_not():
    story = Story().call().ok(Claim("sam")).ok(MakePlan("blame DNS", MONDAY + HOUR))
    assert story.clock("respond").running
    story.wait(MINUTE).ok(MakePlan("blame DNS", MONDAY + HOUR, client_text="Fixed by ten"))
    assert story.clock("respond").met_at == MONDAY + MINUTE
    assert story.last(Planned).what.client_text == "Fixed by ten"


def test_on_hold_a_promise_waits_and_slips_on_resuming():
    story = planned(Story().open(), hours=1).ok(PutOnHold(HoldReason.CLIENT, "a window?", "jo"))
    story.wait(3 * HOUR)
    assert not story.all(PlanSlipped)
    story.ok(Resume("they called"))
    slipped = story.last(PlanSlipped)
    assert slipped.at == story.now
    assert slipped.what.grace_until == story.now + 15 * MINUTE


def test_a_plan_made_at_the_end_of_the_path_is_over_without_a_move():
    story = Story().open(start="Board").ok(Claim("mia"), TOM)
    story.ok(MakePlan("call the client", MONDAY + HOUR), TOM).wait(2 * HOUR)
    assert story.ticket.plan is None
    assert (story.ticket.tier, story.ticket.owner) == ("management", "mia")
    assert len(story.all(PlanSlipped)) == 2
