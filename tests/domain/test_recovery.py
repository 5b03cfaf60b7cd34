"""Repeats, recoveries, and what heals by itself."""

from datetime import timedelta

import pytest

from tests.domain.worlds import HOUR, MINUTE, MONDAY, MONITOR, SAM, TOM, Story
from tierline.domain.commands import (
    Attach,
    Claim,
    Close,
    Move,
    Note,
    Prioritise,
    PutOnHold,
    Recover,
    Reopen,
    Resolve,
)
from tierline.domain.events import AlertAttached, Recovered, Resolved
from tierline.domain.terms import HoldReason, Priority, State


def test_a_repeat_counts_and_changes_nothing_else():
    story = Story().open()
    clocks = story.ticket.clocks
    story.wait(MINUTE).ok(Attach("2", "firing"), MONITOR)
    assert (story.ticket.alerts, story.ticket.clocks) == (2, clocks)


def test_a_stale_one_is_kept_in_the_log_and_changes_nothing():
    story = Story().open().ok(Recover("2"), MONITOR).wait(MINUTE)
    story.ok(Attach("0", "firing", stale=True), MONITOR)
    assert story.ticket.alerts == 1
    assert story.ticket.quiet_until == MONDAY + 10 * MINUTE
    assert story.last(AlertAttached).what.stale


def test_untouched_it_resolves_after_ten_quiet_minutes():
    story = Story().open().ok(Recover("2"), MONITOR).wait(HOUR)
    resolved = story.last(Resolved)
    assert (resolved.at, resolved.by.kind) == (MONDAY + 10 * MINUTE, "time")
    assert (resolved.what.self_healed, resolved.what.by) == (True, "")
    assert story.ticket.state is State.RESOLVED
    assert story.ticket.restored_at == MONDAY


def test_a_repeat_in_the_quiet_time_calls_it_off():
    story = Story().open().ok(Recover("2"), MONITOR).wait(5 * MINUTE)
    story.ok(Attach("3", "firing"), MONITOR).wait(6 * MINUTE)
    assert story.ticket.state is State.QUEUED
    assert (story.ticket.quiet_until, story.ticket.restored_at) == (None, None)


def test_said_again_a_recovery_does_not_put_off_the_resolution():
    story = Story().open().ok(Recover("2"), MONITOR).wait(6 * MINUTE)
    story.ok(Recover("3"), MONITOR).wait(4 * MINUTE)
    assert story.last(Resolved).at == MONDAY + 10 * MINUTE
    assert len(story.all(Recovered)) == 1
    assert story.ticket.alerts == 2


@pytest.mark.parametrize(
    "touch",
    [
        Claim("sam"),
        Note("looking"),
        PutOnHold(HoldReason.VENDOR, "x", "y"),
        Move("for the network people"),
        Prioritise("worse", priority=Priority.P1),
    ],
)
def test_touched_during_the_quiet_time_it_does_not_heal_by_itself(touch):
    story = Story().open().ok(Recover("2"), MONITOR).wait(5 * MINUTE).ok(touch).wait(10 * MINUTE)
    assert not story.all(Resolved)
    assert story.ticket.restored_at == MONDAY


def test_a_move_by_time_is_nobodys_touch():
    story = Story().open().wait(25 * MINUTE).ok(Recover("2"), MONITOR).wait(HOUR)
    assert story.ticket.self_healed
    assert story.ticket.tier == "T2"


def test_touched_the_instant_is_stamped_and_the_owner_asked():
    story = Story().open().ok(Claim("sam")).wait(MINUTE).ok(Recover("2"), MONITOR)
    assert story.last(Recovered).what.quiet_until is None
    assert story.ticket.restored_at == MONDAY + MINUTE
    assert story.told(Recovered) == {("sam", "restored", "notify")}
    assert story.wait(HOUR / 6).ticket.state is State.WORKING


def test_what_healed_and_fires_again_reopens_to_the_queue_with_its_promises():
    story = Story().open().ok(Recover("2"), MONITOR).wait(HOUR)
    story.ok(Reopen("it fires again", alert="3"), MONITOR)
    ticket = story.ticket
    assert (ticket.state, ticket.group, ticket.owner) == (State.QUEUED, "Desk", "")
    assert (ticket.self_healed, ticket.restored_at, ticket.alerts) == (False, None, 2)
    assert story.clock("resolve").carried_us == 10 * 60 * 1_000_000
    story.ok(Recover("4"), MONITOR).wait(10 * MINUTE)
    assert story.ticket.self_healed, "still untouched: it may heal again"


def test_a_recovery_of_a_resolved_ticket_is_only_counted():
    story = Story().open().ok(Claim("sam")).ok(Resolve("x")).ok(Recover("2"), MONITOR)
    assert story.names()[-1] == "AlertAttached"
    assert story.ticket.state is State.RESOLVED


@pytest.mark.parametrize("command", [Attach("2", "firing"), Recover("2")])
def test_nothing_joins_a_closed_ticket(command):
    story = Story().open().ok(Close("spam"), TOM)
    assert story.refused(command, MONITOR) == "closed"


def test_healed_by_itself_nobody_is_asked_to_confirm_and_it_closes_in_time():
    story = Story().open().ok(Recover("2"), MONITOR).wait(timedelta(days=4))
    assert story.told(Resolved) == set()
    assert story.ticket.state is State.CLOSED


def test_reopened_by_hand_it_counts_no_alert():
    story = Story().open().ok(Resolve("x"), SAM).ok(Reopen("too soon"))
    assert story.ticket.alerts == 1
