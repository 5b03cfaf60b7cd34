"""What the passing of time makes of a ticket: in order, once, at its own instant."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    MINUTE,
    MONDAY,
    MONITOR,
    P1,
    Story,
    example_policy,
    promising,
)
from tierline.domain import advance as core
from tierline.domain.advance import UnsettledTimeError, advance, advance_to, next_due, upcoming
from tierline.domain.commands import Claim, PutOnHold, Recover, Resolve
from tierline.domain.events import Breached, Closed, Lapsed, Resumed, Threshold, Warned
from tierline.domain.terms import HoldReason


def test_each_threshold_of_a_client_clock_says_something_at_its_instant():
    story = Story().call().wait(2 * HOUR)
    assert story.fired("respond") == [
        ("Warned", 0.5, "Mon 10:00"),
        ("Warned", 0.75, "Mon 10:30"),
        ("Warned", 0.9, "Mon 10:48"),
        ("Breached", 1.0, "Mon 11:00"),
    ]


def test_an_internal_clock_lapses_and_breaks_no_promise():
    story = Story().open().wait(15 * MINUTE)
    assert story.fired("queue") == [("Lapsed", 1.0, "Mon 09:15")]
    assert story.clock("queue").breached_at is None
    assert not story.all(Breached)


def test_a_breach_does_not_write_into_met():
    story = Story().call().wait(3 * HOUR)
    clock = story.clock("respond")
    assert (clock.met_at, clock.breached_at, clock.running) == (None, MONDAY + 2 * HOUR, True)


def test_a_threshold_says_what_was_promised_and_by_which_rule():
    found = Story().call().wait(HOUR).all(Warned)
    warned = next(e for e in found if e.what.clock == "respond")
    assert warned.by.kind == "time"
    assert warned.cause == "respond/1/0.5"
    assert warned.what.full_due == MONDAY + 2 * HOUR
    assert warned.why.rule == "respond clock"
    assert warned.why.policy == warned.why.values["pinned_policy"] == "test-1"
    assert warned.why.values["target_s"] == 7200


def test_nothing_due_brings_nothing():
    ticket = Story().open().ticket
    floor = Story().floor
    assert advance(ticket, example_policy(), floor, MONDAY + MINUTE) == []
    same, events = advance_to(ticket, example_policy(), floor, MONDAY + MINUTE)
    assert same is ticket
    assert events == []


def test_a_due_instant_counts_as_due_and_a_moment_before_does_not():
    story = Story().open().until(MONDAY + 15 * MINUTE - timedelta(microseconds=1))
    assert len(story.events) == 2
    assert story.wait(timedelta(microseconds=1)).fired("queue")


def test_run_again_with_the_same_now_it_finds_nothing():
    story = Story().open().wait(7 * HOUR)
    assert advance(story.ticket, story.policy, story.floor, story.now) == []


def test_late_or_on_time_the_same_happened():
    """Everything but how late it was seen, and what was told together, is the same."""
    punctual, late = Story().open(), Story().open().wait(30 * HOUR)
    while (due := next_due(punctual.ticket)) <= late.now:
        punctual.until(due)

    def plain(story):
        return [
            replace(event, recorded_at=event.at, what=_unseen(event.what), why=None)
            for event in story.events
        ]

    assert plain(punctual) == plain(late)
    assert punctual.ticket == replace(late.ticket, recorded_at=punctual.ticket.recorded_at)


def _unseen(what):
    if isinstance(what, Threshold):
        return replace(what, late_s=0.0, collapsed=False)
    return replace(what, collapsed=False) if hasattr(what, "collapsed") else what


def test_how_late_a_threshold_was_seen_is_said():
    story = Story().call().until(MONDAY + 90 * MINUTE)
    late = {e.what.fraction: e.what.late_s for e in story.all(Warned) if e.what.clock == "respond"}
    assert late == {0.5: 1800.0, 0.75: 0.0}


def test_crossed_together_they_come_in_order_and_only_the_last_is_told():
    story = Story().call().wait(3 * HOUR)
    crossed = [e.what for e in story.all(Threshold) if e.what.clock == "respond"]
    assert [w.collapsed for w in crossed] == [True, True, True, False]
    assert crossed[-1].fraction == 1.0


def test_at_one_instant_a_hold_ends_before_a_threshold_counts_and_a_promise_after_it():
    policy = promising(example_policy(), ALWAYS, resolve=60)
    story = Story(policy).open().ok(Claim("sam")).wait(59 * MINUTE)
    story.ok(PutOnHold(HoldReason.VENDOR, "x", "y", until=MONDAY + HOUR)).wait(2 * MINUTE)
    kinds = [type(e.what) for e in story.events if e.at == MONDAY + HOUR]
    assert kinds[:2] == [Resumed, Breached]


def test_more_due_instants_than_any_rule_brings_are_refused(monkeypatch):
    monkeypatch.setattr(core, "STEPS_MAX", 3)
    story = Story().open()
    with pytest.raises(UnsettledTimeError, match="1001"):
        advance(story.ticket, story.policy, story.floor, MONDAY + HOUR)


def test_an_open_ticket_always_has_something_due_and_a_closed_one_never():
    story = Story().open()
    assert upcoming(story.ticket).kind == "tier", "half of it, together with the queue's"
    story.ok(Resolve("x"))
    assert upcoming(story.ticket).kind == "review"
    story.wait(timedelta(days=5))
    assert upcoming(story.ticket) is None
    assert next_due(story.ticket) is None


def test_what_is_due_next_is_named():
    story = Story().open().ok(Claim("sam"))
    assert (upcoming(story.ticket).kind, next_due(story.ticket)) == (
        "tier",
        MONDAY + 15 * MINUTE,
    )
    story.ok(PutOnHold(HoldReason.CLIENT, "x", "y", until=MONDAY + HOUR))
    assert upcoming(story.ticket).kind == "hold_until"
    quiet = Story().open().ok(Recover("2"), MONITOR)
    assert upcoming(quiet.ticket).kind == "quiet"


def test_a_clock_keeps_the_terms_it_started_under():
    """A new policy halves the answer; the running promise stays what it was."""
    story = Story().call()
    policy = promising(example_policy(), respond=60, resolve=600)
    story.policy = replace(policy, version="test-2")
    story.wait(2 * HOUR)
    breach = story.last(Breached)
    assert breach.at == MONDAY + 2 * HOUR
    assert (breach.why.policy, breach.why.values["pinned_policy"]) == ("test-2", "test-1")


def test_the_next_step_is_the_present_policys():
    story = Story().open()
    policy = example_policy()
    groups = {name: g for name, g in policy.groups.items() if name != "Network"}
    groups["Firewalls"] = replace(policy.groups["Network"], name="Firewalls")
    story.policy = replace(policy, version="test-2", groups=groups)
    assert story.wait(30 * MINUTE).ticket.group == "Firewalls"


def test_a_week_of_p1_in_one_go_is_settled():
    story = Story().open(priority=P1).wait(timedelta(days=60))
    assert len(story.events) > 60
    assert not story.all(Closed)


def test_at_the_end_of_the_path_a_lapse_moves_nothing():
    policy = example_policy()
    path = policy.paths["standard"]
    ends = replace(path, steps=path.steps[:3])
    story = Story(replace(policy, paths={"standard": ends})).open(start="T2").wait(2 * HOUR)
    assert story.names()[-1] != "Escalated"
    assert [e.what.clock for e in story.all(Lapsed)] == ["queue", "tier"]
    assert ("tom", "end of path", "notify") in story.told(Lapsed)
