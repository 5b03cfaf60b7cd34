"""Moving running promises to another version of the policy, and foreseeing what that would do.

The ticket is a P3 in the queue of the Desk (T1, 30 min), opened on Monday at 09:00: an answer in
2 h, a plan in 4 h and a resolution in 20 h of the office (08:00 to 18:00).
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.anything import busy_floor, likely, openings, policies
from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    MINUTE,
    MONDAY,
    MONITOR,
    P3,
    TOM,
    Story,
    at,
    example_policy,
    minutes,
    person,
    promising,
    targets,
)
from tierline.domain.advance import next_due
from tierline.domain.commands import Claim, DeclareMajor, MoveTerms, Note, PutOnHold, Resolve
from tierline.domain.commands import Resume as GoOn
from tierline.domain.decide import decide, decide_open
from tierline.domain.events import Breached, TermsMoved
from tierline.domain.evolve import evolve
from tierline.domain.floor import Floor
from tierline.domain.foreseeing import Fate, foresee
from tierline.domain.policy import Path
from tierline.domain.terms import CLIENT_CLOCKS, ClockName, HoldReason, Priority, TicketType

MOVE = MoveTerms("the contract of this year")


def second(**in_minutes):
    """The next version of the example: these promises for every priority, on the same office."""
    return replace(promising(example_policy(), **in_minutes), version="test-2")


def limits(**of_t1):
    """The next version of the example, with another step at T1."""
    policy = example_policy()
    steps = policy.paths["standard"].steps
    changed = tuple(replace(it, **of_t1) if it.tier == "T1" else it for it in steps)
    return replace(policy, version="test-2", paths={"standard": Path("standard", changed)})


def under(policy, story):
    story.policy = policy
    return story


def queued():
    return Story().open(priority=P3)


SAME = {"respond": 120, "plan": 240, "resolve": 1200}


@pytest.mark.parametrize(
    ("resolve", "due"),
    [
        (600, "2026-11-24 09:00"),  # 1 h used of 10: 8 h on Monday, 1 on Tuesday
        (1800, "2026-11-26 09:00"),  # 29 h left: 8, 10, 10, 1
        (1200, "2026-11-25 09:00"),  # as it was
    ],
)
def test_what_was_used_stays_used(resolve, due):
    story = under(
        second(**{**SAME, "resolve": resolve}), queued().wait(10 * MINUTE).ok(Claim("sam"))
    )
    story.ok(Note("x")).wait(50 * MINUTE)
    before = story.due("resolve")
    if resolve == 1200:
        assert story.refused(MOVE, TOM) == "same_terms"
    else:
        what = story.ok(MOVE, TOM).last(TermsMoved).what
        assert what.dues["resolve"] == (before, at(due))
        assert (what.from_policies, what.to_policy) == (("test-1",), "test-2")
        assert story.clock("resolve").policy == "test-2"
        assert "respond" not in what.dues
    assert story.due("resolve") == at(due)


def test_a_promise_already_used_up_under_the_new_terms_breaks_at_once():
    story = under(second(**{**SAME, "resolve": 30}), queued().ok(Claim("sam")).wait(HOUR - MINUTE))
    story.ok(Note("still at it")).ok(MOVE, TOM)
    breached = story.last(Breached)
    assert (breached.what.clock, breached.at) == (ClockName.RESOLVE, story.now)
    assert story.names()[-1] != "TermsMoved", "time is taken after the move, in one decision"


def test_other_hours_count_from_now_on():
    """P3 round the clock: 1 h of the office is used, 19 h are left by the clock."""
    story = under(
        replace(promising(example_policy(), ALWAYS, **SAME), version="test-2"),
        queued().wait(10 * MINUTE).ok(Claim("sam")).wait(50 * MINUTE),
    )
    assert story.ok(MOVE, TOM).due("resolve") == at("2026-11-24 05:00")
    first, second_ = story.clock("resolve").runs[0], story.clock("resolve")
    assert (first.stopped_by, first.until) == ("terms", story.now)
    assert second_.calendar == ALWAYS.hash


def test_a_promise_that_is_not_made_any_more_ends_and_a_new_one_begins():
    story = under(second(respond=120, resolve=1200), queued().wait(5 * MINUTE))
    dues = story.ok(MOVE, TOM).last(TermsMoved).what.dues
    assert dues == {"plan": (at("2026-11-23 13:00"), None)}
    assert story.clock("plan").stopped_by == "void"
    bare = replace(second(respond=120, resolve=1200), version="test-1")
    again = Story(bare).open(priority=P3).wait(5 * MINUTE)
    again.policy = replace(example_policy(), version="test-2")
    assert again.ok(MOVE, TOM).last(TermsMoved).what.dues == {
        "plan": (None, at("2026-11-23 13:05"))
    }


def test_the_limit_of_the_stay_moves_too():
    story = under(limits(limit=minutes(20), unclaimed=None), queued().wait(10 * MINUTE))
    dues = story.ok(MOVE, TOM).last(TermsMoved).what.dues
    assert dues == {
        "tier": (at("2026-11-23 09:30"), at("2026-11-23 09:20")),
        "queue": (at("2026-11-23 09:15"), None),
    }
    assert story.clock("queue").over


def test_what_stands_still_goes_on_under_the_new_terms():
    """Held after 10 minutes for two hours: 9 h 50 are left, 6 h 50 of them on Monday."""
    story = queued().ok(Claim("sam")).ok(Note("x")).wait(10 * MINUTE)
    story.ok(PutOnHold(HoldReason.CLIENT, "which port?", "jo")).wait(2 * HOUR)
    story.policy = second(**{**SAME, "resolve": 600})
    dues = story.ok(MOVE, TOM).last(TermsMoved).what.dues
    assert dues["resolve"] == (None, None)
    assert story.clock("resolve").stopped_by == "hold:client"
    assert story.ok(GoOn()).due("resolve") == at("2026-11-24 11:00")


def test_a_request_keeps_to_its_own_promises():
    story = Story().open(type=TicketType.REQUEST, alert="")
    policy = example_policy()
    sla = replace(policy.slas["gold"], requests=targets(respond=240, fulfil=600))
    story.policy = replace(policy, version="test-2", slas={"gold": sla})
    dues = story.ok(MOVE, TOM).last(TermsMoved).what.dues
    assert dues == {"fulfil": (at("2026-11-26 09:00"), at("2026-11-24 09:00"))}


@pytest.mark.parametrize(("of_a_p1", "due"), [(30, "09:30"), (20, "09:20")])
def test_of_a_major_incident_clients_hear_as_of_a_p1_under_the_new_terms_too(of_a_p1, due):
    """As a P3 nothing is promised of it, and what was promised when it was declared would end."""
    story = Story().call(priority=P3).ok(DeclareMajor("no site is up"), TOM)
    assert story.due("update") == at("2026-11-23 09:30")
    policy = example_policy()
    gold = policy.slas["gold"]
    p1 = {**gold.targets[Priority.P1], ClockName.UPDATE: minutes(of_a_p1)}
    p3 = {**gold.targets[P3], ClockName.RESOLVE: minutes(600)}
    sla = replace(gold, targets={**gold.targets, Priority.P1: p1, P3: p3})
    story.policy = replace(policy, version="test-2", slas={"gold": sla})
    assert story.wait(5 * MINUTE).ok(MOVE, TOM).due("resolve") == at("2026-11-24 09:00")
    assert story.due("update") == at(f"2026-11-23 {due}")


def test_it_is_the_leads_to_decide_with_a_reason_while_work_is_owed():
    story = under(second(**{**SAME, "resolve": 600}), queued())
    assert story.refused(MOVE, person("sam")) == "lead_decides"
    assert story.refused(MoveTerms(" "), TOM) == "missing"
    assert story.ok(Resolve("x")).refused(MOVE, TOM) == "not_active"


def test_it_is_done_once():
    story = under(second(**{**SAME, "resolve": 600}), queued().wait(HOUR / 4))
    story.ok(MOVE, TOM)
    assert story.refused(MOVE, TOM) == "same_terms"
    assert len(story.all(TermsMoved)) == 1


def test_the_owner_reads_of_it_in_the_digest_and_whoever_did_it_does_not():
    story = under(second(**{**SAME, "resolve": 600}), queued().ok(Claim("sam")))
    assert story.ok(MOVE, TOM).told(TermsMoved) == {("sam", "terms moved", "digest")}


def seen(story, new):
    return foresee(story.ticket, story.policy, new, story.floor, story.now)


@pytest.mark.parametrize(
    ("new", "fate"),
    [
        ({**SAME, "resolve": 30}, Fate.BREACHED),
        ({**SAME, "resolve": 600}, Fate.LESS_TIME),
        ({**SAME, "resolve": 1300}, Fate.MORE_TIME),
        ({**SAME, "resolve": 600, "plan": 600}, Fate.LESS_TIME),
        (SAME, Fate.UNCHANGED),
        ({"respond": 120, "resolve": 1200}, Fate.CHANGED),
    ],
)
def test_what_a_version_would_do_is_foreseen(new, fate):
    story = queued().ok(Claim("sam")).wait(20 * MINUTE).ok(Note("x")).wait(15 * MINUTE)
    found = seen(story, second(**new))
    assert found.fate is fate
    assert bool(found.dues) == (fate is not Fate.UNCHANGED)


def test_a_promise_that_is_broken_already_is_not_broken_anew():
    story = under(second(**{**SAME, "resolve": 30}), queued().ok(Claim("sam")))
    story.wait(HOUR).ok(Note("x")).ok(MOVE, TOM)
    assert story.clock("resolve").breached_at is not None
    story.wait(5 * MINUTE)
    shorter = replace(second(**{**SAME, "resolve": 20}), version="test-3")
    assert seen(story, shorter).fate is Fate.CHANGED
    longer = replace(second(**{**SAME, "resolve": 600}), version="test-3")
    assert seen(story, longer).fate is Fate.MORE_TIME


def test_the_next_step_is_the_new_versions_whether_a_ticket_is_moved_or_not():
    policy = replace(example_policy(), version="test-2")
    straight = tuple(it for it in policy.paths["standard"].steps if it.tier != "T2")
    found = seen(queued(), replace(policy, paths={"standard": Path("standard", straight)}))
    assert (found.fate, found.next_before, found.next_after) == (
        Fate.UNCHANGED,
        "Network (T2)",
        "Infra (T3)",
    )


def test_nothing_is_foreseen_of_a_ticket_whose_work_is_done():
    story = queued().ok(Resolve("x"))
    found = seen(story, second(respond=1, resolve=1))
    assert (found.fate, found.dues, found.next_before, found.next_after) == (
        Fate.UNCHANGED,
        {},
        "",
        "",
    )


@st.composite
def moved(draw):
    """A ticket after some commands under one policy, and another version of it."""
    old = draw(policies())
    new = replace(draw(policies()), version="test-2")
    hours = draw(st.sampled_from([30, 120, 600]))
    sla = replace(
        new.slas["gold"], targets=dict.fromkeys(Priority, targets(respond=hours, resolve=hours * 4))
    )
    new = replace(new, slas={"gold": sla}, calendars={**new.calendars, **old.calendars})
    now = MONDAY
    done = decide_open(draw(openings(now)), MONITOR, old, busy_floor(now), now, cause="alert:1")
    ticket = done.ticket
    for _ in range(draw(st.integers(0, 4))):
        now += timedelta(minutes=draw(st.sampled_from([1, 20, 300])))
        command, asker = draw(likely(ticket, now))
        ticket = decide(ticket, command, asker, old, busy_floor(now), now, cause="c").ticket
    return ticket, old, new, now + timedelta(minutes=1)


def test_clients_go_on_hearing_of_a_major_incident_as_of_a_p1():
    """Its update is not of its own priority, for which the version may promise none."""
    story = queued().ok(DeclareMajor("no site is up"), TOM)
    due = story.due("update")
    assert due == MONDAY + 30 * MINUTE
    story = under(second(**{**SAME, "resolve": 600}), story.wait(10 * MINUTE)).ok(MOVE, TOM)
    before, after = story.last(TermsMoved).what.dues["update"]
    assert before == after == due == story.due("update")


@settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(moved())
def test_whatever_a_ticket_has_been_through_it_moves_once_as_foreseen(case):
    ticket, old, new, now = case
    floor = Floor(now)
    ticket = decide(ticket, Note("x"), TOM, old, floor, now).ticket  # what is due is taken
    found = foresee(ticket, old, new, floor, now)
    done = decide(ticket, MOVE, TOM, new, floor, now, cause="c")
    if done.rejected is not None:
        assert done.rejected.code in {"same_terms", "not_active"}
        assert found.dues == {}
        return
    event = next(e for e in done.events if isinstance(e.what, TermsMoved))
    foreseen = {name: due for name, (_, due) in found.dues.items()}
    told = {name: due for name, (_, due) in event.what.dues.items()}
    standing = {c.name for c in event.clocks if not c.running and not c.over}
    assert {n: d for n, d in told.items() if n not in standing} == {
        n: d for n, d in foreseen.items() if n not in standing
    }
    after = evolve(ticket, event)
    for clock in after.clocks.values():
        assert (
            clock.policy == "test-2"
            or clock.name not in CLIENT_CLOCKS
            or clock.over
            or (clock.name not in event.what.dues)
        )
    last = done.ticket
    assert not last.open or (next_due(last) is not None and next_due(last) > now)
    again = decide(last, MOVE, TOM, new, floor, now + MINUTE)
    assert again.rejected is not None or last.active is False
