"""The lead joins before the ticket moves."""

from dataclasses import replace

from tests.domain.worlds import MINUTE, MONDAY, TOM, Story, example_policy, person
from tierline.domain.commands import Claim, MakePlan, Release
from tierline.domain.events import AssistCalled, AssistEnded, Escalated, Lapsed
from tierline.domain.policy import Path, Policy


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
