"""Reopening: to whom, and what becomes of the promises, by the SLA's rule."""

from datetime import timedelta

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    P1,
    P3,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.commands import (
    Claim,
    Close,
    Confirm,
    MakePlan,
    Move,
    Note,
    Prioritise,
    Reject,
    Release,
    Reopen,
    Resolve,
)
from tierline.domain.events import Reopened
from tierline.domain.terms import ReopenRule, State

CONTINUE, NEW_CYCLE, FIRST_ONLY = (
    ReopenRule.CONTINUE,
    ReopenRule.NEW_CYCLE,
    ReopenRule.FIRST_ONLY,
)


def resolved(rule: ReopenRule = CONTINUE, **stated: object) -> Story:
    """Claimed at once, answered, resolved by sam after an hour, reopened three hours later."""
    story = Story(example_policy(reopen=rule)).call(**stated).ok(Claim("sam"))
    story.ok(Note("hello", to_client=True)).wait(20 * MINUTE).ok(MakePlan("x", MONDAY + 2 * HOUR))
    return story.wait(40 * MINUTE).ok(Resolve("fixed")).wait(3 * HOUR)


@pytest.mark.parametrize(
    ("rule", "resolve", "respond", "plan"),
    [
        (CONTINUE, "2026-11-25 12:00", None, None),
        (NEW_CYCLE, "2026-11-25 13:00", "2026-11-23 15:00", "2026-11-23 17:00"),
        (FIRST_ONLY, None, None, None),
    ],
)
def test_what_the_rule_makes_of_the_clients_promises(rule, resolve, respond, plan):
    """Nine to ten were used; from ten to one it was resolved, and nothing counted."""
    story = resolved(rule).ok(Reject("still down"))
    expected = [at(due) if due else None for due in (resolve, respond, plan)]
    assert [story.due(name) for name in ("resolve", "respond", "plan")] == expected


def test_a_new_cycle_is_counted_as_one_and_tells_its_thresholds_again():
    story = Story(example_policy(reopen=NEW_CYCLE)).call(priority=P1).wait(3 * HOUR)
    story.ok(Resolve("x"), TOM).ok(Reject("y")).wait(5 * HOUR)
    assert [f for _, f, _ in story.fired("resolve")] == [0.5, 0.75, 0.5, 0.75, 0.9, 1.0]
    assert story.clock("resolve").cycle == 2


def test_continuing_tells_no_threshold_twice_and_keeps_a_breach():
    story = Story().call(priority=P1).wait(5 * HOUR).ok(Resolve("x"), TOM).wait(HOUR)
    story.ok(Reject("y"))
    clock = story.clock("resolve")
    assert (clock.met_at, clock.breached_at) == (None, MONDAY + 4 * HOUR)
    story.wait(5 * HOUR)
    assert [f for _, f, _ in story.fired("resolve")] == [0.5, 0.75, 0.9, 1.0]


@pytest.mark.parametrize("rule", list(ReopenRule))
def test_the_tier_clock_goes_on_where_it_stood(rule):
    """Twenty minutes were used before the plan; ten are left."""
    story = resolved(rule).ok(Reject("still down"))
    assert story.due("tier") == story.now + 10 * MINUTE
    assert story.ticket.plan is None


def test_it_goes_back_to_whoever_resolved_it_if_they_are_in():
    story = resolved().ok(Reopen("it is back"), TOM)
    assert (story.ticket.state, story.ticket.owner) == (State.WORKING, "sam")
    assert story.due("silent") == story.now + 20 * MINUTE
    assert story.due("queue") is None


def test_out_of_hours_it_goes_back_to_the_queue_of_their_group():
    story = resolved().until(at("2026-11-23 20:00")).ok(Reopen("it is back"), TOM)
    assert (story.ticket.state, story.ticket.group, story.ticket.owner) == (
        State.QUEUED,
        "Desk",
        "",
    )
    assert story.due("queue") == at("2026-11-24 08:15")


def test_somebody_who_is_not_of_the_group_does_not_get_it_back():
    story = Story().open().ok(Resolve("x"), TOM).ok(Reopen("y"), TOM)
    assert story.ticket.owner == ""


def test_it_goes_to_the_last_resolving_group_not_the_first():
    story = Story().open().ok(Move("up")).ok(Resolve("x"), TOM).ok(Reopen("y"), TOM)
    assert (story.ticket.group, story.ticket.stay) == ("Network", 3)


def test_reopening_is_counted_and_says_what_brought_it():
    story = resolved().ok(Reject("no")).ok(Resolve("now"))
    story.ok(Reopen("fires again", alert="77"))
    assert (story.ticket.reopened, story.ticket.cycle) == (2, 3)
    assert [e.what.rejected for e in story.all(Reopened)] == [True, False]
    assert (story.last(Reopened).what.alert, story.ticket.alerts) == ("77", 1)


def test_from_closed_it_is_reopened_too():
    story = resolved().ok(Confirm()).wait(HOUR).ok(Reopen("came back"), TOM)
    assert (story.ticket.state, story.ticket.closed_at) == (State.WORKING, None)
    assert story.due("resolve") == at("2026-11-25 13:00")


def test_closed_unsolved_and_reopened_every_open_promise_goes_on():
    """Taken for spam after an hour by mistake: the answer is still owed, an hour of it used."""
    story = Story().call().wait(HOUR).ok(Close("spam"), TOM).wait(HOUR)
    story.ok(Reopen("it was not"), TOM)
    assert story.due("respond") == MONDAY + 3 * HOUR
    assert story.due("plan") == MONDAY + 5 * HOUR
    assert story.due("resolve") == at("2026-11-25 10:00")


def test_a_promise_the_priority_had_dropped_does_not_come_back_by_reopening():
    story = Story().call().ok(Prioritise("x", impact=3, urgency=3)).ok(Resolve("x"))
    assert story.ok(Reject("y")).due("plan") is None


def test_updates_owed_to_the_client_go_on():
    story = Story().call(priority=P1).ok(Move("up")).wait(10 * MINUTE).ok(Resolve("x"))
    story.wait(HOUR).ok(Reject("y"))
    assert story.due("update") == story.now + 20 * MINUTE


def test_with_no_tier_time_left_it_gets_ten_minutes_once_a_group():
    story = Story().open().ok(Claim("sam")).wait(29 * MINUTE).ok(Resolve("x")).ok(Reject("y"))
    assert story.due("tier") == story.now + 10 * MINUTE
    assert story.last(Reopened).what.topped_up
    story.wait(9 * MINUTE).ok(Resolve("x")).ok(Reject("y"))
    assert story.due("tier") == story.now + MINUTE
    assert not story.last(Reopened).what.topped_up


def test_in_a_new_cycle_an_alert_given_back_to_its_owner_counts_as_claimed():
    """Otherwise nothing the owner may do would keep its promise of an answer."""
    story = Story(example_policy(reopen=NEW_CYCLE)).open().ok(Claim("sam")).ok(Resolve("x"))
    story.wait(HOUR).ok(Reopen("fires again", alert="2"))
    assert (story.ticket.owner, story.clock("respond").met_at) == ("sam", story.now)
    assert (story.clock("respond").cycle, story.due("resolve") is not None) == (2, True)


def test_in_a_new_cycle_an_alert_that_waits_in_the_queue_is_to_be_claimed():
    story = Story(example_policy(reopen=NEW_CYCLE)).open().ok(Resolve("x"), TOM)
    story.wait(HOUR).ok(Reopen("fires again", alert="2"))
    assert story.due("respond") == story.now + 2 * HOUR
    story.wait(MINUTE).ok(Claim("kim"), KIM)
    assert story.clock("respond").met_at == story.now


def test_reopening_needs_a_reason_and_something_to_reopen():
    story = resolved()
    assert story.refused(Reject("")) == "missing"
    assert story.refused(Reopen(" ")) == "missing"
    story.ok(Confirm())
    assert story.refused(Reject("no")) == "not_resolved"


def test_the_confirm_clock_ends_with_the_reopening():
    story = resolved().ok(Reject("no")).wait(timedelta(days=5))
    assert story.ticket.open
    assert story.fired("confirm") == []


def test_after_a_reopening_it_is_worked_like_any_other():
    story = resolved().ok(Reject("no")).ok(Release()).wait(5 * MINUTE).ok(Claim("sam"), SAM)
    story.ok(MakePlan("better", story.now + HOUR)).ok(Resolve("now it is"))
    assert story.ok(Confirm()).ticket.priority is P3
