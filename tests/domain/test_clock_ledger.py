"""Why a ticket's promise is due then: its clock shown stretch by stretch."""

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.domain.worlds import HOUR, MINUTE, SAM, TOM, Story, at
from tierline.domain.clock import used_us
from tierline.domain.clock_ledger import clock_ledger
from tierline.domain.commands import Claim, MakePlan, Move, Prioritise, PutOnHold, Release, Resume
from tierline.domain.terms import HoldReason, Priority

US = timedelta(microseconds=1)


def check_ledgers(ticket, policy, now):
    """Of every clock: no gap, no overlap, and sums that are the clock's own."""
    for clock in ticket.clocks.values():
        found = clock_ledger(clock, policy.calendars)
        for before, after in pairwise(found.segments):
            assert before.end == after.start
        assert sum((one.counted for one in found.segments), timedelta()) == found.counted
        if clock.due is None:
            assert found.carried + found.counted == clock.carried_us * US
            continue
        assert not found.segments or found.segments[-1].end == max(clock.due, clock.running_since)
        if clock.carried_us <= clock.target_s * 1_000_000:
            assert found.carried + found.counted == timedelta(seconds=clock.target_s)
        so_far = clock_ledger(clock, policy.calendars, until=max(now, clock.running_since))
        used = used_us(clock, max(now, clock.running_since), policy.calendars)
        assert so_far.carried + so_far.counted == used * US


def ledger(story, name):
    check_ledgers(story.ticket, story.policy, story.now)
    return clock_ledger(story.clock(name), story.policy.calendars)


def shown(found):
    return [
        (f"{one.start:%a %H:%M}", f"{one.end:%a %H:%M}", one.kind, one.reason)
        for one in found.segments
    ]


def test_a_promise_nothing_has_stopped_is_one_stretch_and_the_closed_ones_between():
    found = ledger(Story(now=at("2026-11-23 17:30")).call(), "respond")
    assert shown(found) == [
        ("Mon 17:30", "Mon 18:00", "counted", None),
        ("Mon 18:00", "Tue 08:00", "closed", None),
        ("Tue 08:00", "Tue 09:30", "counted", None),
    ]
    assert (found.carried, found.counted) == (timedelta(), 2 * HOUR)


def test_a_hold_is_held_with_its_reason_and_the_due_instant_moves_by_it():
    story = Story().call().ok(Claim("sam")).wait(HOUR)
    story.ok(PutOnHold(HoldReason.CLIENT, "which one?")).wait(2 * HOUR).ok(Resume())
    found = ledger(story, "resolve")
    assert shown(found)[:3] == [
        ("Mon 09:00", "Mon 10:00", "counted", None),
        ("Mon 10:00", "Mon 12:00", "held", "hold:client"),
        ("Mon 12:00", "Mon 18:00", "counted", None),
    ]
    assert found.segments[-1].end == story.due("resolve")


def test_a_clock_that_stands_still_says_since_when_and_why():
    story = Story().call().ok(Claim("sam")).wait(10 * MINUTE)
    story.ok(MakePlan("swap it", story.now + HOUR)).wait(5 * MINUTE)
    found = ledger(story, "tier")
    assert (found.held_since, found.held_for) == (at("2026-11-23 09:10"), "plan")
    assert shown(found) == [("Mon 09:00", "Mon 09:10", "counted", None)]


def test_what_a_tier_used_on_an_earlier_visit_is_carried_in():
    story = Story().call().ok(Claim("sam")).wait(10 * MINUTE)
    story.ok(Move("over", to_group="Network"), SAM).wait(5 * MINUTE)
    story.ok(Move("back", to_group="Desk"), TOM)
    found = ledger(story, "tier")
    assert (found.carried, found.counted) == (10 * MINUTE, 20 * MINUTE)


@pytest.mark.parametrize("priority", list(Priority))
def test_a_change_of_priority_stands_beside_the_stretches(priority):
    story = Story().call().ok(Claim("sam")).wait(20 * MINUTE).ok(Release("x"))
    story.do(Prioritise("worse", priority=priority), TOM)
    check_ledgers(story.ticket, story.policy, story.now)
