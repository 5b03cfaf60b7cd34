"""Limits of one group that run out together: when they are a storm, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.crew import people
from tests.domain.escalations import TIERLINE
from tests.domain.test_lapsing import with_capacity, with_steps
from tests.domain.worlds import (
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    P1,
    P3,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.advance import advance_to
from tierline.domain.commands import Claim, MakePlan, Prioritise, PutOnHold, Resolve
from tierline.domain.events import Actor, Escalated, EscalationProposed, ProposalDeclined
from tierline.domain.explain.account import Account, Case
from tierline.domain.explain.happened import why_event
from tierline.domain.explain.stays import why_still
from tierline.domain.floor import LAPSES_KEPT, Floor
from tierline.domain.people import Person
from tierline.domain.policy import Policy
from tierline.domain.storm import StormDecided, StormGathered, StormJoined, StormTold
from tierline.domain.storm_commands import DecideStorm, FollowStorm, JoinStorm, TellStorm
from tierline.domain.storm_rules import StormRules
from tierline.domain.terms import HoldReason, Mode, ReceiverFull
from tierline.domain.ticket import STORM, Ticket

LAPSE = MONDAY + 30 * MINUTE
OVER = LAPSE + 15 * MINUTE


class Stormy(Story):
    """A story in which `before` limits of the desk ran out a minute before this one would."""

    before, load, around = 5, 0, LAPSE - MINUTE
    crew: Mapping[str, Person] = {}

    @property
    def floor(self) -> Floor:
        lapses = {"Desk": (self.around,) * self.before}
        return Floor(self.now, {"Network": self.load}, lapses=lapses, people=self.crew)


def stormy(policy: Policy | None = None, *, before: int = 5, load: int = 0) -> Stormy:
    story = Stormy(policy or example_policy())
    story.before, story.load = before, load
    return story


def joined(story: Stormy, *, first: bool = False) -> Stormy:
    """After its limit, one of storm 7."""
    story.wait(30 * MINUTE)
    story.ok(JoinStorm(7, story.ticket.proposal.seq, OVER, first=first), TIERLINE)
    return story


def kept_policy() -> Policy:
    return replace(example_policy(), storm=StormRules(undecided_moves=False))


class TestWhatIsAStorm:
    def test_the_fifth_moves_and_the_sixth_waits(self):
        fifth = stormy(before=4).open(priority=P3).wait(30 * MINUTE)
        assert fifth.ticket.group == "Network"
        sixth = stormy().open(priority=P3).wait(30 * MINUTE)
        asked = sixth.last(EscalationProposed)
        assert (sixth.ticket.group, asked.what.choice) == ("Desk", STORM)
        assert (asked.what.to_group, asked.what.decide_by) == ("Network", OVER)
        seen = asked.why.values
        assert (seen["lapses"], seen["more_than"], seen["within_s"]) == (6, 5, 600)

    def test_nobody_is_told_ticket_by_ticket(self):
        story = stormy().open(priority=P3).wait(30 * MINUTE)
        assert story.told(EscalationProposed) == set()

    def test_a_claimed_one_is_gathered_too(self):
        story = stormy().open(priority=P3).ok(Claim("sam")).wait(30 * MINUTE)
        assert (story.ticket.proposal.choice, story.ticket.owner) == (STORM, "sam")

    def test_a_p1_always_moves(self):
        story = stormy().open(priority=P1).wait(30 * MINUTE)
        assert story.ticket.group == "Network"

    def test_what_becomes_a_p1_waits_no_longer(self):
        story = joined(stormy().open(priority=P3)).wait(MINUTE)
        story.ok(Prioritise("the whole site", priority=P1), TOM)
        assert (story.ticket.group, story.last(Escalated).at) == ("Network", story.now)

    def test_in_watch_time_proposes_each(self):
        story = stormy(example_policy(mode=Mode.WATCH)).open(priority=P3).wait(30 * MINUTE)
        assert story.ticket.proposal.choice == ""

    def test_in_suggest_they_are_gathered_and_time_moves_none(self):
        story = joined(stormy(example_policy(mode=Mode.SUGGEST)).open(priority=P3))
        story.wait(15 * MINUTE)
        assert (story.ticket.group, story.ticket.proposal) == ("Desk", None)
        assert "mode suggest" in story.last(ProposalDeclined).what.reason

    def test_a_policy_may_never_gather(self):
        policy = replace(example_policy(), storm=None)
        story = stormy(policy, before=50).open(priority=P3).wait(30 * MINUTE)
        assert story.ticket.group == "Network"

    def test_another_groups_limits_do_not_count(self):
        story = Stormy(example_policy()).open(priority=P3, start="Network").wait(HOUR)
        assert story.ticket.group == "Infra"


class TestCounting:
    def test_the_busiest_stretch_around_the_instant_counts(self):
        spread = tuple(MONDAY + n * 3 * MINUTE for n in range(5))  # 9:00 to 9:12
        floor = Floor(MONDAY, lapses={"Desk": spread})
        within = 10 * MINUTE
        assert floor.lapses_around("Desk", MONDAY, within) == 4
        assert floor.lapses_around("Desk", MONDAY + 6 * MINUTE, within) == 4
        assert floor.lapses_around("Desk", MONDAY + 21 * MINUTE, within) == 1
        assert floor.lapses_around("Desk", MONDAY + 22 * MINUTE, within) == 0
        assert floor.lapses_around("Voice", MONDAY, within) == 0

    @given(st.lists(st.integers(0, 40), max_size=12), st.integers(0, 40))
    def test_it_is_the_most_that_any_stretch_holds(self, minutes, here):
        floor = Floor(MONDAY, lapses={"Desk": tuple(MONDAY + n * MINUTE for n in minutes)})
        stretches = (range(start, start + 10) for start in range(here - 9, here + 1))
        most = max(sum(n in stretch for n in minutes) for stretch in stretches)
        found = floor.lapses_around("Desk", MONDAY + here * MINUTE, 10 * MINUTE)
        assert found == most

    def test_a_batch_counts_on_in_whatever_order(self):
        """Eight lapses a minute apart: whoever is looked at first, three are gathered."""
        policy = example_policy()
        tickets = [self.ticket(n) for n in range(8)]
        for order in [tickets, tickets[::-1], *list(permutations(tickets))[::5_000]]:
            floor, gathered = Floor(MONDAY), 0
            for ticket in order:
                after, events = advance_to(ticket, policy, floor, MONDAY + 40 * MINUTE)
                floor = floor.after(ticket, after, events)
                gathered += after.proposal is not None
            assert gathered == 3
            assert len(floor.lapses["Desk"]) == 8

    def ticket(self, minute: int) -> Ticket:
        story = Story(now=MONDAY + minute * MINUTE)
        return story.open(id=1001 + minute, priority=P3).ticket

    def test_watched_limits_are_no_lapses_of_the_floor(self):
        story = Story(example_policy(mode=Mode.WATCH)).open(priority=P3)
        before = story.ticket
        story.wait(30 * MINUTE)
        assert Floor(MONDAY).after(before, story.ticket, story.events).lapses == {}

    def test_each_lapse_counts_in_the_group_it_was_in(self):
        story = Story().open(priority=P3)
        before, opened = story.ticket, len(story.events)
        story.wait(2 * HOUR)
        found = Floor(MONDAY).after(before, story.ticket, story.events[opened:]).lapses
        assert found == {"Desk": (LAPSE,), "Network": (LAPSE + HOUR,)}

    def test_of_each_group_only_the_last_are_kept(self):
        floor = Floor(MONDAY, lapses={"Desk": (MONDAY,) * LAPSES_KEPT})
        story = Story().open(priority=P3)
        before, opened = story.ticket, len(story.events)
        story.wait(30 * MINUTE)
        after = floor.after(before, story.ticket, story.events[opened:])
        assert (len(after.lapses["Desk"]), after.lapses["Desk"][-1]) == (LAPSES_KEPT, LAPSE)


class TestJoining:
    def test_it_knows_its_storm_and_when_that_is_over(self):
        story = joined(stormy().open(priority=P3))
        assert (story.ticket.proposal.storm, story.ticket.proposal.decide_by) == (7, OVER)
        assert story.last(StormJoined).what == StormJoined(7, "Desk", OVER)

    def test_the_first_tells_the_leads_a_minute_later(self):
        story = joined(stormy().open(priority=P3), first=True).wait(MINUTE)
        assert story.last(StormGathered).at == LAPSE + MINUTE
        assert story.ticket.storm is None
        story.wait(5 * MINUTE)
        assert len(story.all(StormGathered)) == 1

    def test_it_tells_them_even_if_it_is_claimed_and_resolved_by_then(self):
        story = joined(stormy().open(priority=P3), first=True)
        story.ok(Claim("sam")).ok(Resolve("a cable")).wait(MINUTE)
        assert story.last(StormGathered).at == LAPSE + MINUTE

    def test_only_what_still_waits_joins_and_once(self):
        story = joined(stormy().open(priority=P3))
        seq = story.ticket.proposal.seq
        assert story.refused(JoinStorm(8, seq, OVER), TIERLINE) == "no_proposal"
        claimed = stormy().open(priority=P3).wait(30 * MINUTE)
        seq = claimed.ticket.proposal.seq
        claimed.ok(Claim("sam"))
        assert claimed.refused(JoinStorm(7, seq, OVER), TIERLINE) == "no_proposal"

    def test_a_choice_of_both_leads_is_no_storm(self):
        story = Story(with_capacity(0)).open(priority=P3).wait(30 * MINUTE)
        seq = story.ticket.proposal.seq
        assert story.refused(JoinStorm(7, seq, OVER), TIERLINE) == "no_proposal"


class TestUndecided:
    def test_it_moves_at_its_instant_where_there_is_room(self):
        story = joined(stormy().open(priority=P3)).wait(HOUR)
        moved = story.last(Escalated)
        assert (story.ticket.group, moved.at) == ("Network", OVER)
        assert moved.why.rule == "storm undecided"
        assert moved.why.values["storm"] == 7

    def test_it_moves_even_if_no_router_ever_joined_it(self):
        story = stormy().open(priority=P3).wait(HOUR)
        assert (story.ticket.group, story.last(Escalated).at) == ("Network", OVER)

    def test_where_there_is_no_room_it_stays_and_nobody_hears_of_it_alone(self):
        story = joined(stormy(with_capacity(3), load=3).open(priority=P3)).wait(15 * MINUTE)
        assert (story.ticket.group, story.ticket.proposal) == ("Desk", None)
        assert story.last(ProposalDeclined).what.reason == "nobody decided, and Network has no room"
        assert story.told(ProposalDeclined) == set()
        story.wait(10 * HOUR)
        assert story.ticket.group == "Desk"

    @pytest.mark.parametrize("owner", [True, False])
    def test_skill_and_a_step_that_says_so_move_into_a_full_group(self, owner):
        policy = with_capacity(3)
        policy = policy if owner else with_steps(policy, receiver_full=ReceiverFull.MOVE)
        story = stormy(policy, load=3).open(priority=P3)
        story = story.ok(Claim("sam")) if owner else story
        assert joined(story).wait(15 * MINUTE).ticket.group == "Network"

    def test_a_policy_may_let_them_stay(self):
        story = joined(stormy(kept_policy()).open(priority=P3)).wait(15 * MINUTE)
        assert story.last(ProposalDeclined).at == OVER
        assert story.ticket.group == "Desk"

    def test_but_a_p1_moves_under_that_policy_too(self):
        story = joined(stormy(kept_policy()).open(priority=P3))
        story.ok(Prioritise("x", priority=P1), TOM)
        assert story.ticket.group == "Network"

    def test_what_has_a_plan_or_is_on_hold_by_then_stays(self):
        planned = stormy().open(priority=P3).ok(Claim("sam"))
        joined(planned).ok(MakePlan("a part", MONDAY + 3 * HOUR)).wait(15 * MINUTE)
        held = joined(stormy().open(priority=P3))
        held.ok(PutOnHold(HoldReason.CLIENT, "which port?", "jo")).wait(15 * MINUTE)
        for story in (planned, held):
            assert story.last(ProposalDeclined).at == OVER
            assert story.ticket.group == "Desk"

    def test_a_claim_takes_it_out_of_the_storm(self):
        story = joined(stormy().open(priority=P3)).ok(Claim("sam"))
        assert story.ticket.proposal is None
        assert story.refused(FollowStorm(7, moves=True, by="tom", said_on="1/1"), TIERLINE)

    def test_it_counts_staffed_time(self):
        story = Stormy(now=at("2026-11-23 17:25"))
        story.before, story.around = 5, at("2026-11-23 17:54")
        story.open(priority=P3).until(at("2026-11-23 17:56"))
        assert story.ticket.proposal.decide_by == at("2026-11-24 08:10")


class TestDeciding:
    def test_a_lead_decides_once_for_all(self):
        story = joined(stormy().open(priority=P3))
        story.ok(DecideStorm(7, (1001, 1002), (1003,), "the rest can wait"), TOM)
        said = story.last(StormDecided)
        assert said.what == StormDecided(7, "Desk", (1001, 1002), (1003,), "the rest can wait")
        assert said.by == Actor("person", "tom")

    def test_nobody_else_does_and_what_stays_has_a_reason(self):
        story = joined(stormy().open(priority=P3))
        assert story.refused(DecideStorm(7, (1001,), ()), KIM) == "lead_decides"
        assert story.refused(DecideStorm(7, (), (1001,), " "), TOM) == "missing"
        assert story.refused(DecideStorm(8, (1001,), ()), TOM) == "no_storm"

    def test_each_ticket_follows_with_who_decided_and_where(self):
        story = joined(stormy().open(priority=P3))
        story.ok(FollowStorm(7, moves=True, by="tom", said_on="1002/9"), TIERLINE)
        moved = story.last(Escalated)
        assert (story.ticket.group, moved.by) == ("Network", Actor("person", "tom"))
        assert moved.why.values == {"storm": 7, "decided_on": "1002/9", "proposed_at_seq": 7}

    def test_or_stays(self):
        story = joined(stormy().open(priority=P3))
        stay = FollowStorm(7, moves=False, by="tom", said_on="1002/9", reason="all hands here")
        story.ok(stay, TIERLINE)
        assert (story.ticket.group, story.ticket.proposal) == ("Desk", None)
        assert story.told(ProposalDeclined) == set()
        assert story.refused(stay, TIERLINE) == "no_proposal"
        story.wait(10 * HOUR)
        assert story.ticket.group == "Desk"

    def test_a_group_that_is_gone_takes_nothing(self):
        story = joined(stormy().open(priority=P3))
        groups = {n: g for n, g in story.policy.groups.items() if n != "Network"}
        story.policy = replace(story.policy, groups=groups)
        follow = FollowStorm(7, moves=True, by="tom", said_on="1002/9")
        assert story.refused(follow, TIERLINE) == "unknown_group"
        story.wait(15 * MINUTE)
        assert "no such group" in story.last(ProposalDeclined).what.reason


class TestTelling:
    def told(self, *crew: Person, duty: str = "") -> set[tuple[str, str, str]]:
        story = joined(stormy().open(priority=P3), first=True).wait(MINUTE)
        story.crew = people(*crew)
        if duty:
            names = {**story.policy.people, "duty manager": duty}
            story.policy = replace(story.policy, people=names)
        story.ok(TellStorm(7, "Desk", (1001, 1002), 2, ("Network",), OVER), TIERLINE)
        assert story.last(StormTold).what.count == 2
        return story.told(StormTold)

    def test_both_leads_get_one_message(self):
        assert self.told() == {("priya", "storm", "notify"), ("tom", "storm", "notify")}

    def test_one_lead_who_is_in_is_enough(self):
        found = self.told(Person("priya", active=False), duty="dee")
        assert found == {("priya", "storm", "notify"), ("tom", "storm", "notify")}

    def test_nobody_in_the_duty_manager_hears_of_it_too(self):
        out = (Person("priya", active=False), Person("tom", active=False))
        assert {who for who, _, _ in self.told(*out, duty="dee")} == {"priya", "tom", "dee"}
        gone = (*out, Person("dee", active=False))
        assert {who for who, _, _ in self.told(*gone, duty="dee")} == {"priya", "tom", "mia"}
        all_gone = (*gone, Person("mia", active=False))
        assert {who for who, _, _ in self.told(*all_gone, duty="dee")} == {"priya", "tom", "mia"}

    def test_the_event_keeps_who_was_looked_at(self):
        story = joined(stormy().open(priority=P3), first=True).wait(MINUTE)
        story.ok(TellStorm(7, "Desk", (1001,), 1, ("Network",), OVER), TIERLINE)
        assert story.last(StormTold).why.values["people"] == ["priya (lead, in)", "tom (lead, in)"]


def test_why_was_it_not_moved_names_the_storm_and_what_became_of_it():
    story = joined(stormy().open(priority=P3))
    waiting = still(story)
    assert "part of storm 7" in " ".join(waiting.words)
    assert "9:45 UTC" in waiting.would_take
    assert waiting.decided_by == STORM
    gathered = why_event(case(story), story.last(EscalationProposed).seq)
    assert "one of 6 limits of its group that ran out within 10 minutes" in " ".join(gathered.words)
    story.ok(FollowStorm(7, moves=False, by="tom", said_on="1/1", reason="x"), TIERLINE)
    assert "A lead decided that it stays with others of its storm" in " ".join(still(story).words)
    undecided = joined(stormy(kept_policy()).open(priority=P3)).wait(15 * MINUTE)
    assert "Its storm was over and it stayed" in " ".join(still(undecided).words)


def case(story: Story) -> Case:
    return Case(story.ticket, story.events, story.policy, story.now)


def still(story: Story) -> Account:
    return why_still(case(story), "T1")


def test_a_storm_under_rules_of_its_own():
    rules = StormRules(2, 30 * MINUTE, timedelta(hours=1), undecided_moves=False)
    policy = replace(example_policy(), storm=rules)
    story = stormy(policy, before=2).open(priority=P3).wait(30 * MINUTE)
    assert story.ticket.proposal.decide_by == LAPSE + HOUR
