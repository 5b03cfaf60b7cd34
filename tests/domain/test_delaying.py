"""What may mend itself is opened at once, and let into its queue, and told of, only if it lasts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.crew import pushing
from tests.domain.worlds import (
    HOUR,
    MINUTE,
    MONDAY,
    MONITOR,
    P1,
    P3,
    TOM,
    Story,
    at,
    example_policy,
    person,
)
from tierline.domain import waiting
from tierline.domain.assignment import Offered
from tierline.domain.commands import (
    Attach,
    Claim,
    Close,
    Move,
    MoveTerms,
    Note,
    Recover,
    Reopen,
)
from tierline.domain.draft import Draft
from tierline.domain.events import Entered, Noted, Opened, Paged, Resolved, Routed
from tierline.domain.explain.account import Case
from tierline.domain.explain.stays import why_still
from tierline.domain.floor import Floor
from tierline.domain.management import Trigger, When
from tierline.domain.oversight import ManagementCalled
from tierline.domain.policy import Duration, PagingRules, Rule, RuleAction
from tierline.domain.terms import ClockName, Priority, State


def delaying(minutes=30, **more):
    rule = Rule("Offline", lambda _: True, RuleAction(start="T1", delay=timedelta(minutes=minutes)))
    return replace(example_policy(), triage=(rule,), **more)


def aside(policy=None, **stated):
    return Story(policy or delaying()).open(**{"priority": P3, **stated})


def test_it_is_there_at_once_and_its_promises_run_but_nothing_of_ours_does():
    story = aside()
    assert story.names() == ["Opened", "Routed"]
    ticket = story.ticket
    assert (ticket.group, ticket.state, ticket.delayed_until) == (
        "Desk",
        State.QUEUED,
        MONDAY + HOUR / 2,
    )
    assert set(ticket.clocks) == {ClockName.RESPOND, ClockName.PLAN, ClockName.RESOLVE}
    assert story.last(Routed).what.decided_by["delay"] == "Offline"


def test_nobody_is_told_before_it_is_let_in_and_then_as_of_a_new_one():
    story = aside()
    assert story.told(Opened) == story.told(Routed) == set()
    story.wait(HOUR / 2)
    assert story.when(Entered) == ["Mon 09:30"]
    assert story.told(Entered) == {
        ("desk", "new in queue", "notify"),
        ("jo@contoso.example", "received", "notify"),
    }
    assert story.ticket.delayed_until is None
    assert story.due("tier") == MONDAY + HOUR
    assert story.due("queue") == MONDAY + 45 * MINUTE
    assert story.ticket.trail == ("Desk",)


def test_what_recovers_first_resolves_unseen():
    story = aside().wait(25 * MINUTE).do(Recover("2"), MONITOR).wait(HOUR)
    assert "Entered" not in story.names()
    assert story.when(Resolved) == ["Mon 09:35"], "ten quiet minutes, beyond the delay"
    assert story.ticket.self_healed


def test_what_fires_again_meanwhile_is_let_in_as_before():
    story = aside().wait(10 * MINUTE).do(Recover("2"), MONITOR).wait(5 * MINUTE)
    story.do(Attach("3", "firing"), MONITOR).wait(HOUR)
    assert story.when(Entered) == ["Mon 09:30"]
    late = aside().wait(25 * MINUTE).do(Recover("2"), MONITOR).wait(8 * MINUTE)
    assert late.do(Attach("3", "firing"), MONITOR).when(Entered) == ["Mon 09:33"]


@pytest.mark.parametrize("command", [Claim("sam"), Note("x"), Move("x")])
def test_whoever_does_something_with_it_lets_it_in(command):
    story = aside().wait(5 * MINUTE).ok(command)
    assert story.when(Entered) == ["Mon 09:05"]
    assert story.last(Entered).by.name == "sam"
    assert story.clock("tier").started_at >= MONDAY + 5 * MINUTE
    assert story.ticket.delayed_until is None


def test_what_is_refused_lets_nothing_in():
    story = aside().wait(5 * MINUTE)
    assert story.refused(Claim("")) != ""
    assert story.names() == ["Opened", "Routed"]
    assert story.refused(Reopen("x"), TOM) != ""
    assert story.ticket.delayed_until is not None


def test_new_terms_do_not_let_it_in():
    story = aside()
    policy = delaying()
    sla = policy.slas["gold"]
    half = {
        name: replace(target, seconds=target.seconds // 2)
        for name, target in sla.targets[P3].items()
    }
    shorter = replace(sla, targets={**sla.targets, P3: half})
    story.policy = replace(policy, version="test-2", slas={"gold": shorter})
    assert story.ok(MoveTerms("x"), TOM).ticket.delayed_until == MONDAY + HOUR / 2


def test_closing_it_ends_the_delay():
    story = aside().ok(Close("known"), TOM)
    assert (story.ticket.state, story.ticket.delayed_until) == (State.CLOSED, None)


def test_nobody_is_woken_before_it_is_let_in():
    policy = delaying(paging=PagingRules(frozenset(Priority)))
    story = Story(policy, now=at("2026-11-23 22:00")).open(priority=P1)
    assert story.all(Paged) == []
    story.wait(HOUR / 2)
    assert story.when(Paged)[0] == "Mon 22:30"


def test_an_old_backlog_and_a_call_are_not_delayed():
    late = aside(accepted_at=MONDAY - HOUR)
    assert late.ticket.delayed_until is None
    assert late.due("tier") is not None
    assert aside(alert="").ticket.delayed_until is None
    assert aside(start="Desk").ticket.delayed_until is None


def test_it_counts_from_acceptance():
    assert aside(accepted_at=MONDAY - 10 * MINUTE).ticket.delayed_until == MONDAY + 20 * MINUTE


def test_a_late_look_lets_it_in_at_its_instant():
    late = aside().wait(5 * HOUR)
    stepped = aside()
    for _ in range(60):
        stepped.wait(5 * MINUTE)
    assert late.when(Entered) == stepped.when(Entered) == ["Mon 09:30"]
    assert late.ticket.group == stepped.ticket.group


def test_why_it_is_still_there_says_until_when():
    story = aside()
    case = Case(story.ticket, story.events, story.policy, story.now)
    said = why_still(case, "T1")
    assert "out of the queue until 23 Nov 2026 09:30 UTC" in said.words[0]
    assert said.decided_by == "delay"


def test_a_note_is_written_after_it_came_in():
    story = aside().ok(Note("x"), person("kim"))
    assert story.last(Entered).seq < story.last(Noted).seq


def test_management_is_not_called_before_it_is_let_in_and_then_at_once():
    calls = (
        Trigger("Any P1", When(priorities=frozenset({P1})), ("service manager",)),
        Trigger("Left alone", When(unclaimed_for=Duration(seconds=3_600)), ("service manager",)),
    )
    story = aside(delaying(management=calls), priority=P1)
    assert story.ticket.watch == {}
    assert story.wait(29 * MINUTE).all(ManagementCalled) == []
    assert story.wait(MINUTE).when(ManagementCalled) == ["Mon 09:30"]
    assert story.ticket.watch == {"Left alone": MONDAY + 3 * HOUR / 2}
    mended = aside(delaying(management=calls), priority=P1).wait(25 * MINUTE)
    assert mended.do(Recover("2"), MONITOR).wait(HOUR).all(ManagementCalled) == []


def test_it_is_offered_to_nobody_and_pages_nobody_before_it_is_let_in():
    story = aside(replace(delaying(), groups=pushing().groups))
    draft = Draft(story.policy, Floor(MONDAY), MONDAY, story.ticket)
    waiting.begin(draft, MONDAY, "a test")
    assert draft.events == []
    assert story.wait(HOUR / 2).when(Offered) == ["Mon 09:30"]
