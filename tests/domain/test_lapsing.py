"""A limit that ran out: who has no room, who decides, and what a claim does to that."""

from dataclasses import replace

import pytest

from tests.domain.worlds import (
    KIM,
    MINUTE,
    MONDAY,
    P1,
    P2,
    P3,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.commands import (
    AcceptProposal,
    Claim,
    DeclineProposal,
    Note,
    RefusePlan,
    Release,
    Resolve,
)
from tierline.domain.commands import MakePlan as Plan
from tierline.domain.events import Escalated, EscalationProposed, Lapsed, PlanRefused, Reviewed
from tierline.domain.floor import Floor
from tierline.domain.policy import Path, Policy
from tierline.domain.terms import Mode, OverBudget, ReceiverFull


def with_capacity(capacity: int, *, each: bool = False, mode: Mode = Mode.ACT) -> Policy:
    policy = example_policy(mode=mode)
    network = replace(policy.groups["Network"], capacity=capacity, capacity_each=each)
    return replace(policy, groups={**policy.groups, "Network": network})


def with_steps(policy: Policy, **changes: object) -> Policy:
    steps = tuple(replace(step, **changes) for step in policy.paths["standard"].steps)  # type: ignore[arg-type]
    return replace(policy, paths={"standard": Path("standard", steps)})


class FullFloor(Story):
    """A story in which Network has three open tickets."""

    @property
    def floor(self) -> Floor:
        return Floor(self.now, {"Network": 3})


def test_unclaimed_moves_while_the_next_group_has_room():
    story = FullFloor(with_capacity(4)).open(priority=P3).wait(30 * MINUTE)
    moved = story.last(Escalated)
    assert moved.what.to_group == "Network"
    assert moved.why.values["floor"]["room"] == 1


def test_unclaimed_and_the_next_group_is_full_both_leads_choose_once():
    story = FullFloor(with_capacity(3)).open(priority=P3).wait(30 * MINUTE)
    asked = story.last(EscalationProposed)
    assert story.ticket.group == "Desk"
    assert (asked.what.choice, asked.what.to_group) == ("receiver full", "Network")
    assert asked.what.decide_by == MONDAY + 45 * MINUTE
    assert story.told(EscalationProposed) == {
        ("priya", "receiver full", "notify"),
        ("tom", "receiver full", "notify"),
    }
    story.wait(20 * 60 * MINUTE)
    assert len(story.all(EscalationProposed)) == 1


def test_a_choice_nobody_makes_is_asked_one_higher_and_still_stands():
    story = FullFloor(with_capacity(3)).open(priority=P3).wait(45 * MINUTE)
    assert story.last(Reviewed).what.kind == "choice"
    assert story.told(Reviewed) == {("mia", "choice not made", "notify")}
    story.wait(30 * MINUTE)
    assert [e.what.kind for e in story.all(Reviewed)].count("choice") == 1
    story.ok(AcceptProposal(story.ticket.proposal.seq), TOM)
    assert story.ticket.group == "Network"


def test_capacity_of_each_counts_the_members():
    policy = with_capacity(1, each=True)
    network = replace(policy.groups["Network"], members=("tom", "ines", "raj", "eve"))
    policy = replace(policy, groups={**policy.groups, "Network": network})
    story = FullFloor(policy).open(priority=P3).wait(30 * MINUTE)
    assert story.ticket.group == "Network"


def test_a_p1_always_moves():
    story = FullFloor(with_capacity(0)).open(priority=P1).wait(30 * MINUTE)
    assert story.ticket.group == "Network"


def test_claimed_without_a_plan_lacks_skill_and_moves_into_a_full_group():
    story = FullFloor(with_capacity(0)).open(priority=P3).ok(Claim("sam")).wait(30 * MINUTE)
    assert story.last(Lapsed).what.cause == "skill"
    assert story.ticket.group == "Network"


def test_a_step_may_say_that_a_full_receiver_takes_it():
    policy = with_steps(with_capacity(0), receiver_full=ReceiverFull.MOVE)
    story = FullFloor(policy).open(priority=P3).wait(30 * MINUTE)
    assert story.ticket.group == "Network"


def test_a_claim_ends_the_choice():
    story = FullFloor(with_capacity(3)).open(priority=P3).wait(31 * MINUTE)
    seq = story.ticket.proposal.seq
    story.ok(Claim("sam"))
    assert story.ticket.proposal is None
    assert story.refused(AcceptProposal(seq), TOM) == "no_proposal"


def test_who_claims_after_the_limit_has_ten_minutes():
    """A claim ends the choice, not the limit: else nothing would ever move it up again."""
    story = FullFloor(with_capacity(3)).open(priority=P3).wait(31 * MINUTE).ok(Claim("sam"))
    story.wait(9 * MINUTE)
    assert story.ticket.group == "Desk"
    story.wait(MINUTE)
    assert (story.ticket.group, story.last(Escalated).at) == ("Network", MONDAY + 41 * MINUTE)
    assert story.last(Escalated).what.reason == "T1 limit reached: claimed without a plan"


def test_who_claims_and_plans_keeps_it_and_who_leaves_it_asks_the_leads_again():
    story = FullFloor(with_capacity(3)).open(priority=P3).wait(31 * MINUTE).ok(Claim("sam"))
    story.ok(Plan("a new line", MONDAY + 90 * MINUTE), SAM).wait(30 * MINUTE)
    assert story.ticket.group == "Desk"
    story.ok(Release(), SAM)
    assert (story.ticket.group, story.ticket.proposal.choice) == ("Desk", "receiver full")


def test_declining_is_a_leads_and_keeps_it_where_it_is():
    story = FullFloor(with_capacity(3)).open(priority=P3).wait(31 * MINUTE)
    seq = story.ticket.proposal.seq
    assert story.refused(DeclineProposal(seq, "we have a free hand at ten"), KIM) == "lead_decides"
    assert story.refused(DeclineProposal(seq - 1, "x"), TOM) == "no_proposal"
    assert story.refused(DeclineProposal(seq, " "), TOM) == "missing"
    story.ok(DeclineProposal(seq, "we have a free hand at ten"), TOM)
    assert (story.ticket.group, story.ticket.proposal) == ("Desk", None)
    story.wait(60 * MINUTE)
    assert story.ticket.group == "Desk"


def test_the_batch_folds_the_load_forward():
    floor = Floor(MONDAY, {"Desk": 2, "Network": 3})
    group = with_capacity(4).groups["Network"]
    assert not floor.full(group)
    before = Story().open().ticket
    moved = Story().open().wait(30 * MINUTE).ticket
    later = floor.after(before, moved)
    assert later.full(group)
    assert (later.load, floor.load["Network"]) == ({"Desk": 1, "Network": 4}, 3)
    resolved = Story().open().ok(Resolve("x")).ticket
    assert floor.after(before, resolved).load == {"Desk": 1, "Network": 3}
    assert floor.after(None, before).load == {"Desk": 3, "Network": 3}
    assert floor.after(before, before) is floor


class TestBudget:
    """A tier's limit against what the client's promise leaves."""

    def late(self, over_budget: OverBudget) -> Story:
        """A P2 whose 8 hours are nearly gone when T1 lapses: 70 minutes are left."""
        policy = with_steps(example_policy(), over_budget=over_budget)
        accepted = at("2026-11-23 09:00")
        story = Story(policy, now=accepted)
        story.open(priority=P2, start="Infra")
        return story

    def test_a_limit_within_the_promise_says_nothing(self):
        story = self.late(OverBudget.SAY).wait(0 * MINUTE)
        assert story.events[-1].what.budget == ""

    @pytest.mark.parametrize(
        ("over_budget", "budget", "limit_s"),
        [(OverBudget.SAY, "short", 7_200), (OverBudget.COMPRESS, "compressed", 3_600)],
    )
    def test_too_long_a_limit_is_said_or_cut(self, over_budget, budget, limit_s):
        policy = with_steps(example_policy(), over_budget=over_budget)
        story = Story(policy).open(priority=P2, accepted_at=at("2026-11-23 02:00"), start="Infra")
        routed = story.events[1]
        assert routed.what.budget == budget
        assert story.clock("tier").target_s == limit_s
        assert ("ana", "promise in danger", "notify") in story.told(type(routed.what))

    def test_no_limit_is_cut_below_ten_minutes(self):
        policy = with_steps(example_policy(), over_budget=OverBudget.COMPRESS)
        story = Story(policy).open(priority=P2, accepted_at=at("2026-11-23 01:05"), start="Infra")
        assert story.clock("tier").target_s == 600

    def test_the_rest_is_shared_by_the_tiers_ahead(self):
        policy = with_steps(example_policy(), over_budget=OverBudget.COMPRESS)
        story = Story(policy).open(priority=P2, accepted_at=at("2026-11-23 01:50"), start="Network")
        assert story.clock("tier").target_s == 50 * 60 * 60 // 180

    def test_a_tier_without_time_is_left_out_where_it_says_so(self):
        policy = with_steps(example_policy(), over_budget=OverBudget.SKIP)
        story = Story(policy).open(priority=P2, accepted_at=at("2026-11-23 02:20"), start="Desk")
        story.ok(Claim("sam")).wait(30 * MINUTE)
        moved = story.last(Escalated)
        assert (moved.what.to_tier, moved.what.skipped) == ("management", ("T2", "T3"))
        assert moved.why.values["skipped"] == ["T2", "T3"]

    def test_a_broken_promise_leaves_nothing_to_hold_it_against(self):
        policy = with_steps(example_policy(), over_budget=OverBudget.COMPRESS)
        story = Story(policy).open(priority=P2, accepted_at=at("2026-11-22 09:00"), start="Infra")
        assert story.clock("tier").target_s == 7_200


class TestRefusedPlan:
    def test_the_lead_or_the_next_tier_may_refuse_and_the_tier_clock_runs_on(self):
        story = Story().open().ok(Claim("sam")).wait(10 * MINUTE)
        story.ok(Plan("swap the cable", MONDAY + 60 * MINUTE)).wait(5 * MINUTE)
        assert not story.clock("tier").running
        assert story.refused(RefusePlan("no"), KIM) == "lead_decides"
        story.ok(RefusePlan("the spare is gone"), TOM)
        assert story.ticket.plan is None
        assert story.told(PlanRefused) == {("sam", "plan refused", "notify")}
        assert story.clock("tier").due == MONDAY + 35 * MINUTE

    def test_a_member_of_the_next_tier_may_refuse(self):
        policy = example_policy()
        network = replace(policy.groups["Network"], members=("kim",))
        policy = replace(policy, groups={**policy.groups, "Network": network})
        story = Story(policy).open().ok(Claim("sam")).ok(Plan("x", MONDAY + 60 * MINUTE))
        story.ok(RefusePlan("not with this firmware"), KIM)
        assert story.ticket.plan is None

    def test_without_a_plan_there_is_nothing_to_refuse(self):
        story = Story().open().ok(Claim("sam")).ok(Note("x"))
        assert story.refused(RefusePlan("x"), TOM) == "no_plan"
        assert SAM.actor.name == story.ticket.owner
