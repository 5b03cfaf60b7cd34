"""Every command: time first, then it, then what it makes due; a refusal keeps only time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    MONITOR,
    P1,
    P2,
    SAM,
    TOM,
    Story,
    example_policy,
)
from tierline.domain.advance import advance_to
from tierline.domain.commands import (
    AcceptProposal,
    Asker,
    Attach,
    Claim,
    Close,
    Confirm,
    MakePlan,
    Move,
    Note,
    Prioritise,
    PutOnHold,
    Recover,
    Reject,
    Release,
    Reopen,
    Resolve,
    Resume,
)
from tierline.domain.decide import decide
from tierline.domain.events import Actor, Breached
from tierline.domain.floor import Floor
from tierline.domain.handlers.asked import place_of
from tierline.domain.terms import HoldReason, Mode

CLAIMED = (Claim("sam"),)
HELD = (*CLAIMED, PutOnHold(HoldReason.CLIENT, "x", "y"))
RESOLVED = (*CLAIMED, Resolve("x"))

ACCEPTED = [
    ((), Attach("2", "firing"), "AlertAttached"),
    ((), Recover("2"), "Recovered"),
    ((), Claim("sam"), "Claimed"),
    (CLAIMED, Release(), "Released"),
    (CLAIMED, Note("x", to_client=True), "Noted"),
    (CLAIMED, MakePlan("x", MONDAY + HOUR), "Planned"),
    (CLAIMED, Move("x"), "Escalated"),
    (CLAIMED, Move("x", to_group="Voice"), "Transferred"),
    (CLAIMED, Move("x", to_tier="triage"), "Returned"),
    (CLAIMED, PutOnHold(HoldReason.CLIENT, "x", "y"), "Held"),
    (HELD, Resume(), "Resumed"),
    (CLAIMED, Prioritise("x", priority=P2), "Prioritised"),
    (CLAIMED, Resolve("x"), "Resolved"),
    (RESOLVED, Confirm(), "Confirmed"),
    (RESOLVED, Reject("x"), "Reopened"),
    (RESOLVED, Reopen("x"), "Reopened"),
    (RESOLVED, Close("x"), "Closed"),
]


@pytest.mark.parametrize(("before", "command", "event"), ACCEPTED)
def test_a_command_makes_its_event_at_now_by_its_asker_with_its_cause_and_reason(
    before, command, event
):
    story = Story().open().wait(MINUTE)
    for step in before:
        story.ok(step)
    seen = len(story.events)
    done = decide(story.ticket, command, TOM, story.policy, story.floor, story.now, cause="key-1")
    first = done.events[0]
    assert done.rejected is None
    assert type(first.what).__name__ == event
    assert (first.seq, first.at, first.recorded_at) == (seen + 1, story.now, story.now)
    assert (first.by, first.cause) == (Actor("person", "tom"), "key-1")
    assert first.why.rule
    assert first.why.policy == "test-1"


@pytest.mark.parametrize(("before", "command", "event"), ACCEPTED)
def test_time_comes_before_the_command_at_its_own_instant(before, command, event):
    """Whatever was due by now stands in the log before the command, as if seen in time."""
    story = Story(example_policy(mode=Mode.WATCH)).open()
    for step in before:
        story.ok(step)
    now = MONDAY + 50 * MINUTE
    floor = Floor(now)
    _, passed = advance_to(story.ticket, story.policy, floor, now)
    done = decide(story.ticket, command, TOM, story.policy, floor, now)
    assert [e.what for e in done.events[: len(passed)]] == [e.what for e in passed]
    assert len(done.events) > len(passed)


def test_a_claim_at_the_limit_comes_after_the_escalation_the_limit_brought():
    story = Story().open()
    story.now = MONDAY + 30 * MINUTE
    story.ok(Claim("sam"))
    assert story.names()[-2:] == ["Escalated", "Claimed"]
    assert story.ticket.group == "Network"


def test_what_a_command_makes_due_is_taken_with_it():
    story = Story().call().wait(50 * MINUTE).ok(Prioritise("worse", priority=P1))
    assert story.last(Breached).at == story.now


REFUSED = [
    ((), Note("")),
    ((), Claim("")),
    ((), Release()),
    ((), Resume()),
    ((), MakePlan("x", MONDAY + HOUR)),
    ((), Move("")),
    ((), AcceptProposal(99)),
    ((), PutOnHold(HoldReason.CLIENT, "")),
    ((), Prioritise("x")),
    ((), Resolve("")),
    ((), Confirm()),
    ((), Reject("x")),
    ((), Reopen("x")),
    ((), Close("x")),
    ((Resolve("x"), Close("x")), Attach("2", "firing")),
]


@pytest.mark.parametrize(("before", "command"), REFUSED)
def test_a_refusal_keeps_nothing_but_the_time_that_passed(before, command):
    story = Story().open()
    for step in before:
        story.ok(step)
    later = story.now + 50 * MINUTE
    floor = Floor(later)
    aged, passed = advance_to(story.ticket, story.policy, floor, later)
    done = decide(story.ticket, command, KIM, story.policy, floor, later)
    assert done.rejected is not None
    assert done.rejected.code
    assert done.rejected.reason
    assert done.rejected.place == place_of(aged)
    assert (done.ticket, list(done.events)) == (aged, passed)


def test_now_never_falls_below_what_was_recorded():
    story = Story().open().wait(10 * MINUTE).ok(Claim("sam"))
    done = decide(story.ticket, Note("x"), SAM, story.policy, story.floor, MONDAY)
    assert done.events[-1].at == done.events[-1].recorded_at == MONDAY + 10 * MINUTE


def test_two_commands_at_one_instant_keep_their_order():
    story = Story().open().ok(Claim("sam")).ok(Note("one")).ok(Note("two"))
    assert [e.what.text for e in story.events[-2:]] == ["one", "two"]
    assert story.events[-1].at == story.events[-2].at == MONDAY


@pytest.mark.parametrize("asker", [SAM, TOM, MONITOR, Asker(Actor("person", ""))])
def test_nobody_by_name_owns_what_nobody_owns(asker):
    """An empty login is not the owner of an unowned ticket, and an owned one is refused to it."""
    story = Story().open().ok(Claim("kim"), KIM)
    done = decide(story.ticket, Resolve("x"), asker, story.policy, story.floor, story.now)
    assert (done.rejected is None) == asker.leads


def test_deciding_changes_neither_ticket_nor_policy_handed_in():
    story = Story().open()
    before = replace(story.ticket)
    decide(story.ticket, Claim("sam"), SAM, story.policy, story.floor, story.now)
    advance_to(story.ticket, story.policy, story.floor, story.now + timedelta(days=3))
    assert story.ticket == before
