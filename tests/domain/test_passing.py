"""Steps that are only for some tickets: passed by for the others, by time and by people alike."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.worlds import (
    KIM,
    MINUTE,
    MONDAY,
    P2,
    P3,
    TOM,
    Story,
    example_policy,
    minutes,
)
from tierline.domain.advance import advance_to
from tierline.domain.commands import (
    AcceptProposal,
    Claim,
    CloseVendorCase,
    MakePlan,
    Move,
    OpenVendorCase,
    RefusePlan,
)
from tierline.domain.conditions import STEP_FACTS
from tierline.domain.events import Escalated, EscalationProposed, Lapsed
from tierline.domain.explain.account import Case
from tierline.domain.explain.happened import why_event
from tierline.domain.explain.stays import why_still
from tierline.domain.passing import facts_of
from tierline.domain.policy import Path, Policy
from tierline.domain.snapshot import snapshot
from tierline.domain.terms import Mode, OverBudget
from tierline.policy.conditions import condition

FIREWALLS = {"category": ["firewall"]}
CASE = OpenVendorCase("Northgrid", "replace the line card")


def asking(mode: Mode = Mode.ACT, **whens: object) -> Policy:
    """The example policy; `T2={...}`: what that step asks of a ticket."""
    policy = example_policy(mode=mode)
    steps = (
        replace(step, when=condition(whens[step.tier])) if step.tier in whens else step
        for step in policy.paths["standard"].steps
    )
    return replace(policy, paths={"standard": Path("standard", tuple(steps))})


def test_a_step_that_is_not_for_it_is_passed_by_and_the_why_says_so():
    story = Story(asking(T2=FIREWALLS)).open(priority=P3).ok(Claim("sam")).wait(30 * MINUTE)
    moved = story.last(Escalated)
    assert (moved.what.to_tier, moved.at) == ("T3", MONDAY + 30 * MINUTE)
    assert moved.why.values["passed_by"] == {"T2": "category firewall"}
    assert "T2 was passed by: it is only for tickets with category firewall." in (
        " ".join(why_event(_case(story), moved.seq).words)
    )
    assert moved.what.skipped == (), "that is for tiers the promise leaves no time for"


def test_a_step_that_is_for_it_is_as_any_other():
    story = Story(asking(T2=FIREWALLS)).open(priority=P3, category="firewall").ok(Claim("sam"))
    moved = story.wait(30 * MINUTE).last(Escalated)
    assert moved.what.to_tier == "T2"
    assert "passed_by" not in moved.why.values


def test_it_is_judged_when_the_limit_runs_out():
    """A vendor is asked after it came, and is done before the second look."""
    policy = asking(T2={"vendor": ["*"]})
    with_case = Story(policy).open(priority=P3).ok(Claim("sam")).wait(10 * MINUTE).ok(CASE)
    assert with_case.wait(20 * MINUTE).ticket.tier == "T2"
    done = Story(policy).open(priority=P3).ok(Claim("sam")).ok(CASE).wait(10 * MINUTE)
    done.ok(CloseVendorCase("replaced")).wait(20 * MINUTE)
    assert done.ticket.tier == "T3"
    assert done.last(Escalated).why.values["passed_by"] == {"T2": "a vendor"}


def test_time_that_comes_late_finds_what_it_would_have_found_in_time():
    story = Story(asking(T2=FIREWALLS)).open(priority=P3).ok(Claim("sam"))
    at_once, _ = advance_to(story.ticket, story.policy, story.floor, MONDAY + timedelta(days=2))
    story.wait(30 * MINUTE).wait(15 * MINUTE).until(MONDAY + timedelta(days=2))
    assert (at_once.tier, at_once.stay, at_once.trail) == (
        story.ticket.tier,
        story.ticket.stay,
        story.ticket.trail,
    )


def test_a_move_up_by_hand_passes_it_by_too_but_it_may_be_named():
    story = Story(asking(T2=FIREWALLS)).open(priority=P3).ok(Claim("sam"))
    up = story.ok(Move("stuck")).last(Escalated)
    assert (up.what.to_tier, up.why.values["passed_by"]) == ("T3", {"T2": "category firewall"})
    named = Story(asking(T2=FIREWALLS)).open(priority=P3).ok(Claim("sam"))
    named.ok(Move("look", to_tier="T2"))
    assert named.ticket.tier == "T2"
    assert named.due("tier") is not None, "people took it there: its limits hold"
    assert "passed_by" not in named.last(Escalated).why.values


def test_a_proposal_says_it_too_and_names_the_step_after():
    story = Story(asking(Mode.SUGGEST, T2=FIREWALLS)).open(priority=P3).ok(Claim("sam"))
    asked = story.wait(30 * MINUTE).last(EscalationProposed)
    assert (asked.what.to_tier, asked.why.values["passed_by"]) == (
        "T3",
        {"T2": "category firewall"},
    )
    assert story.ok(AcceptProposal(asked.seq), TOM).ticket.tier == "T3"


def test_where_all_that_follows_is_for_others_the_path_ends():
    policy = asking(T2=FIREWALLS, T3=FIREWALLS, management={"vip": [True]})
    story = Story(policy).open(priority=P3).ok(Claim("sam"))
    still = why_still(_case(story), "T1")
    assert still.decided_by == "end of path"
    assert "It passes T3 by, which is only for tickets with category firewall." in still.words
    story.wait(30 * MINUTE)
    assert story.ticket.tier == "T1"
    assert {(who, what) for who, what, _ in story.told(Lapsed)} >= {("priya", "end of path")}
    assert story.refused(Move("stuck")) == "end_of_path"
    assert "It passes T2 by, which is only for tickets with category firewall." in (
        why_still(_case(story), "T1").words
    )
    vip = Story(policy).open(priority=P2, vip=True).ok(Claim("sam")).wait(30 * MINUTE)
    assert vip.ticket.tier == "management"
    assert ("priya", "end of path") not in {(who, what) for who, what, _ in vip.told(Lapsed)}


def test_the_next_tier_hears_and_speaks_as_the_path_says_of_this_ticket():
    story = Story(asking(T2=FIREWALLS)).open(priority=P3).ok(Claim("sam"))
    story.wait(23 * MINUTE)
    rooms = {who for event in story.events for who, *_ in story.notices_of(event)}
    assert "infra" in rooms
    assert "network" not in rooms
    policy = story.policy
    members = replace(policy.groups["Network"], members=("kim",))
    story.policy = replace(policy, groups={**policy.groups, "Network": members})
    story.ok(MakePlan("swap it", story.now + 30 * MINUTE))
    assert story.refused(RefusePlan("no"), KIM) == "lead_decides"


def test_a_limit_is_held_against_what_is_ahead_of_this_ticket():
    """T3 leaves itself out where a later step follows; here it would be for others."""
    policy = asking(management={"vip": [True]})
    steps = tuple(
        replace(step, over_budget=OverBudget.SKIP, limit=minutes(6000))
        if step.tier == "T3"
        else step
        for step in policy.paths["standard"].steps
    )
    policy = replace(policy, paths={"standard": Path("standard", steps)})
    plain = Story(policy).open(priority=P3, facts={"device": {"type": "firewall"}}).ok(Claim("sam"))
    assert plain.wait(60 * MINUTE).last(Escalated).what.to_tier == "T3"
    vip = Story(policy).open(priority=P3, vip=True, facts={"device": {"type": "firewall"}})
    assert vip.ok(Claim("sam")).wait(60 * MINUTE).last(Escalated).what.to_tier == "management"


@given(
    vip=st.booleans(),
    category=st.sampled_from(["", "firewall", "voip"]),
    case=st.booleans(),
)
def test_a_ticket_and_its_snapshot_are_judged_alike(vip, category, case):
    story = Story().open(vip=vip, category=category).ok(Claim("sam"))
    if case:
        story.ok(CASE)
    facts = facts_of(story.ticket)
    assert facts == facts_of(snapshot(story.ticket))
    assert set(facts) <= set(STEP_FACTS)
    assert ("category" in facts, "vendor" in facts) == (bool(story.ticket.category), case)


@pytest.mark.parametrize(
    ("when", "said", "holds"),
    [
        ({"vendor": ["*"]}, "a vendor", False),
        ({"priority": ["P1", "P2"], "vip": [True]}, "priority P1 or P2 and vip true", True),
        ('priority == "P2" && !vip', 'priority == "P2" && !vip', False),
        ('vendor == "x" || vip', 'vendor == "x" || vip', True),
        ("size(vendor) > 0", "size(vendor) > 0", False),
    ],
)
def test_conditions_read_as_they_hold(when, said, holds):
    ticket = Story().open(priority=P2, vip=True).ticket
    found = condition(when)
    assert (found.said, found.holds(facts_of(ticket))) == (said, holds)


def _case(story: Story) -> Case:
    return Case(story.ticket, story.events, story.policy, story.now)
