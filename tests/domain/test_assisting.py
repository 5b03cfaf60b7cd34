"""The lead joins before the ticket moves."""

from dataclasses import replace

from tests.domain.worlds import MINUTE, MONDAY, TOM, Story, example_policy, person
from tierline.domain.commands import Claim, MakePlan, PutOnHold, RefusePlan, Release, Resume
from tierline.domain.events import AssistCalled, AssistEnded, Escalated, Lapsed, Reviewed
from tierline.domain.policy import Path, Policy
from tierline.domain.terms import HoldReason


def assisted(fraction: float) -> Policy:
    policy = example_policy()
    steps = policy.paths["standard"].steps
    changed = tuple(replace(s, assist=fraction) if s.tier == "T1" else s for s in steps)
    return replace(policy, paths={"standard": Path("standard", changed)})


def test_half_way_the_lead_is_called_and_told():
    story = Story(assisted(0.5)).open().ok(Claim("sam")).wait(15 * MINUTE)
    called = story.last(AssistCalled)
    assert (called.what.lead, called.what.until) == ("priya", MONDAY + 30 * MINUTE)
    assert ("priya", "assist", "notify") in story.told(AssistCalled)
    assert story.ticket.assistant == "priya"


def test_the_limit_moves_nothing_while_the_lead_is_there_and_everything_after():
    story = Story(assisted(0.8)).open().ok(Claim("sam")).wait(30 * MINUTE)
    assert story.last(Lapsed).at == MONDAY + 30 * MINUTE
    assert story.ticket.tier == "T1"
    story.wait(9 * MINUTE)
    moved = story.last(Escalated)
    assert moved.at == MONDAY + 39 * MINUTE == story.last(AssistEnded).at
    assert (story.ticket.tier, story.ticket.assist_until) == ("T2", None)


def test_a_plan_made_with_the_leads_help_keeps_the_ticket():
    story = Story(assisted(0.8)).open().ok(Claim("sam")).wait(31 * MINUTE)
    story.ok(MakePlan("with priya", MONDAY + 60 * MINUTE), person("sam")).wait(10 * MINUTE)
    assert story.ticket.tier == "T1"
    assert "Escalated" not in story.names()


def test_nobody_is_called_for_a_ticket_nobody_works_on():
    story = Story(assisted(0.5)).open().wait(20 * MINUTE)
    assert "AssistCalled" not in story.names()


def test_nor_where_the_lead_owns_it():
    story = Story(assisted(0.5)).open().ok(Claim("priya"), TOM).wait(20 * MINUTE)
    assert "AssistCalled" not in story.names()


def test_a_released_ticket_has_nobody_beside_its_owner():
    story = Story(assisted(0.5)).open().ok(Claim("sam")).wait(16 * MINUTE).ok(Release())
    assert (story.ticket.assistant, story.ticket.assist_until) == ("", None)
    story.wait(14 * MINUTE)
    assert story.ticket.tier == "T2"


class TestALimitThatRanOutWhileTheLeadWasThere:
    """A tier clock lapses once a stay: what moved nothing then is owed, not forgotten."""

    def story(self) -> Story:
        story = Story(assisted(0.8)).open().ok(Claim("sam")).wait(31 * MINUTE)
        assert story.last(Lapsed).what.put_off
        assert story.ticket.tier == "T1"
        return story

    def test_it_is_taken_when_a_hold_ends(self):
        story = self.story().ok(PutOnHold(HoldReason.CLIENT, "which one?", "jo"), person("sam"))
        story.wait(30 * MINUTE)
        assert story.ticket.tier == "T1"
        story.ok(Resume(), person("sam"))
        assert (story.ticket.tier, story.last(Escalated).at) == ("T2", MONDAY + 61 * MINUTE)

    def test_it_is_taken_when_the_plan_is_refused(self):
        story = self.story().ok(MakePlan("a part", MONDAY + 90 * MINUTE), person("sam"))
        story.wait(20 * MINUTE)
        assert story.ticket.tier == "T1"
        story.ok(RefusePlan("no part there"), TOM)
        assert (story.ticket.tier, story.last(Escalated).at) == ("T2", MONDAY + 51 * MINUTE)

    def test_it_is_taken_when_the_owner_leaves_it(self):
        story = self.story().ok(Release())
        assert (story.ticket.tier, story.ticket.owed_at) == ("T2", None)

    def test_at_the_end_of_the_path_it_is_said_once(self):
        policy = assisted(0.8)
        steps = tuple(s for s in policy.paths["standard"].steps if s.tier in {"triage", "T1"})
        story = Story(replace(policy, paths={"standard": Path("standard", steps)})).open()
        story.ok(Claim("sam")).wait(60 * MINUTE)
        said = [event for event in story.events if isinstance(event.what, Reviewed)]
        assert [(event.what.kind, event.at) for event in said] == [("limit", MONDAY + 39 * MINUTE)]
        assert story.ticket.tier == "T1"
