"""A new priority: four rules for what was already used, and whose decision a late one is.

P3 promises an answer in 2 h, a plan in 4 h and a resolution in 20 h of the office (10 h a day);
P2 in 30 min, 1 h and 8 h round the clock; P4 in 4 h and 50 h of the office, without a plan.
"""

import pytest

from tests.domain.worlds import (
    HOUR,
    MINUTE,
    MONDAY,
    P1,
    P2,
    P3,
    P4,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.commands import Claim, MakePlan, Move, Note, Prioritise, PutOnHold, Resolve
from tierline.domain.commands import Resume as GoOn
from tierline.domain.events import Breached, Prioritised
from tierline.domain.terms import ClockName, HoldReason, PriorityChange, TicketType

RETROACTIVE, KEEP, FORWARD, RESET = (
    PriorityChange.RETROACTIVE,
    PriorityChange.KEEP_CONSUMED,
    PriorityChange.FORWARD,
    PriorityChange.RESET,
)


def under(rule: PriorityChange, **stated: object) -> Story:
    return Story(example_policy(priority_change=rule)).call(**stated)


def to(priority, asker=SAM):
    return Prioritise("as it turns out", priority=priority)


@pytest.mark.parametrize(
    ("rule", "respond", "resolve"),
    [
        (RETROACTIVE, "2026-11-23 11:00", "2026-11-25 09:00"),
        (KEEP, "2026-11-23 11:00", "2026-11-25 09:00"),
        # a quarter of the answer and a fiftieth of the resolution are used
        (FORWARD, "2026-11-23 11:30", "2026-11-25 09:36"),
        (RESET, "2026-11-23 12:00", "2026-11-25 10:00"),
    ],
)
def test_raised_on_the_same_hours_after_an_hour(rule, respond, resolve):
    """P4 for an hour of the office, then P3: 1 of 4 h and 1 of 50 h are used."""
    story = under(rule, priority=P4).wait(HOUR).ok(to(P3))
    assert (story.due("respond"), story.due("resolve")) == (at(respond), at(resolve))


@pytest.mark.parametrize(
    ("rule", "resolve"),
    [
        # opened Friday 16:00, changed Monday 10:00: 66 h on the wall, 4 h of the office
        (RETROACTIVE, "2026-11-30 10:00"),
        (KEEP, "2026-11-30 14:00"),
        (FORWARD, "2026-11-30 16:24"),
        (RESET, "2026-11-30 18:00"),
    ],
)
def test_raised_from_office_hours_to_round_the_clock_over_a_weekend(rule, resolve):
    """P3 to P2: 4 of 20 h are a fifth, so 6 h 24 min of 8 h are left under `forward`."""
    story = Story(example_policy(priority_change=rule), now=at("2026-11-27 16:00")).call()
    story.until(at("2026-11-30 10:00")).ok(to(P2))
    assert story.due("resolve") == at(resolve)
    if rule is RETROACTIVE:
        assert story.clock("resolve").breached_at == story.now


@pytest.mark.parametrize(
    ("rule", "resolve"),
    [
        (RETROACTIVE, "2026-11-25 11:00"),
        (KEEP, "2026-11-25 11:00"),
        (FORWARD, "2026-11-25 09:30"),
        (RESET, "2026-11-25 12:00"),
    ],
)
def test_lowered_it_keeps_the_hold_out_of_the_count_in_every_case(rule, resolve):
    """P2 at nine, held for the client from ten to noon, then P3 at noon: 1 of 8 h is used."""
    story = under(rule, priority=P2).ok(Claim("sam")).ok(Note("hello", to_client=True))
    story.wait(HOUR).ok(PutOnHold(HoldReason.CLIENT, "x", "jo")).wait(2 * HOUR).ok(GoOn())
    story.ok(to(P3), TOM)
    assert story.due("resolve") == at(resolve)


@pytest.mark.parametrize("rule", list(PriorityChange))
def test_changed_while_held_a_clock_stays_held(rule):
    story = under(rule).ok(PutOnHold(HoldReason.CLIENT, "x", "jo")).wait(HOUR / 2).ok(to(P2))
    assert story.due("resolve") is None
    assert story.clock("resolve").target_s == 480 * 60
    story.wait(HOUR).ok(GoOn())
    assert story.due("resolve") == story.now + 8 * HOUR


@pytest.mark.parametrize("rule", [RETROACTIVE, KEEP, FORWARD])
def test_a_threshold_already_told_is_not_told_again(rule):
    """At 75 % of the answer the lead lowers it; half and three quarters come again, untold."""
    story = under(rule).wait(91 * MINUTE).ok(to(P4), TOM).wait(6 * HOUR)
    assert [f for _, f, _ in story.fired("respond")] == [0.5, 0.75, 0.9, 1.0]


def test_a_reset_starts_a_cycle_whose_thresholds_are_all_to_come():
    story = under(RESET).wait(91 * MINUTE).ok(to(P4), TOM).wait(6 * HOUR)
    assert [f for _, f, _ in story.fired("respond")] == [0.5, 0.75, 0.5, 0.75, 0.9, 1.0]
    assert story.clock("respond").cycle == 2
    assert story.clock("respond").breached_at == MONDAY + 91 * MINUTE + 4 * HOUR


@pytest.mark.parametrize("rule", [RETROACTIVE, KEEP, FORWARD])
def test_a_breach_stays_a_fact(rule):
    story = under(rule).wait(3 * HOUR).ok(to(P4), TOM)
    clock = story.clock("respond")
    assert clock.breached_at == MONDAY + 2 * HOUR
    story.wait(6 * HOUR)
    assert len([e for e in story.all(Breached) if e.what.clock == "respond"]) == 1


def test_thresholds_that_a_shorter_promise_has_already_passed_are_told_at_once_in_order():
    story = under(KEEP).wait(HOUR - MINUTE)
    seen = len(story.events)
    story.ok(to(P2))
    fired = story.fired("respond", since=seen)
    assert [f for _, f, _ in fired] == [0.5, 0.75, 0.9, 1.0]
    assert {when for _, _, when in fired} == {"Mon 09:59"}
    collapsed = [e.what.collapsed for e in story.events[seen:] if isinstance(e.what, Breached)]
    assert collapsed == [False]


@pytest.mark.parametrize("rule", list(PriorityChange))
def test_a_promise_the_new_priority_does_not_make_ends(rule):
    story = under(rule).ok(to(P4))
    assert (story.due("plan"), story.clock("plan").stopped_by) == (None, "void")


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        # 1 h was used before; while it was dropped nothing counted, but for `retroactive`
        (KEEP, MONDAY + 5 * HOUR),
        (FORWARD, MONDAY + 5 * HOUR),
        (RETROACTIVE, MONDAY + 4 * HOUR),
        (RESET, MONDAY + 6 * HOUR),
    ],
)
def test_a_promise_dropped_and_made_again_is_owed_again(rule, due):
    """P3 for an hour, P4 for an hour, then P3: a plan is promised within four."""
    story = under(rule).wait(HOUR).ok(to(P4)).wait(HOUR - MINUTE)
    story.ok(Note("hello", to_client=True)).wait(MINUTE).ok(to(P3))
    assert story.due("plan") == due


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        (KEEP, MONDAY + 7 * HOUR),
        (FORWARD, MONDAY + 7 * HOUR),
        (RESET, MONDAY + 7 * HOUR),
        (RETROACTIVE, MONDAY + 6 * HOUR),
    ],
)
def test_a_promise_made_late_counts_from_now_or_from_the_opening_without_its_holds(rule, due):
    """P4 for three hours of which two were held for the client, then P3 with its plan in four."""
    story = under(rule, priority=P4).wait(HOUR / 2).ok(PutOnHold(HoldReason.CLIENT, "x", "jo"))
    story.wait(2 * HOUR).ok(GoOn()).wait(HOUR / 2).ok(to(P3), TOM)
    assert story.due("plan") == due


def test_what_was_met_stays_met():
    story = under(RETROACTIVE).ok(Note("hello", to_client=True)).wait(HOUR).ok(to(P2))
    assert story.clock("respond").met_at == MONDAY
    assert story.clock("respond").target_s == 7200


def test_the_event_shows_old_and_new_dues_of_every_client_clock():
    changed = under(KEEP).wait(HOUR / 2).ok(to(P2)).last(Prioritised).what
    assert (changed.old, changed.new, changed.told_lead) == (P3, P2, False)
    assert changed.dues == {
        "respond": (MONDAY + 2 * HOUR, MONDAY + HOUR / 2),
        "plan": (MONDAY + 4 * HOUR, MONDAY + HOUR),
        "resolve": (at("2026-11-25 09:00"), MONDAY + 8 * HOUR),
    }


def test_internal_clocks_do_not_care():
    story = under(KEEP)
    before = story.due("tier"), story.due("queue")
    story.ok(to(P1))
    assert (story.due("tier"), story.due("queue")) == before


def test_lowering_before_three_quarters_is_anyones_and_after_it_the_leads():
    story = under(KEEP).wait(89 * MINUTE)
    copy = Story(story.policy, story.now, story.ticket, list(story.events))
    copy.ok(to(P4))
    story.wait(MINUTE)
    assert story.refused(to(P4)) == "lead_decides"
    assert story.ok(to(P4), TOM).last(Prioritised).what.told_lead


def test_lowering_after_a_breach_is_the_leads_even_if_it_was_answered_since():
    story = under(KEEP).wait(3 * HOUR).ok(Claim("sam"), TOM).ok(Note("late", to_client=True))
    assert story.clock("respond").met_at is not None
    story.ok(MakePlan("x", story.now + HOUR))
    assert story.refused(to(P4)) == "lead_decides"


def test_a_promise_kept_late_but_in_time_holds_nobody_back():
    story = under(KEEP).wait(110 * MINUTE).ok(Note("hello", to_client=True))
    story.ok(to(P4))


def test_raising_is_never_held_back():
    under(KEEP).wait(3 * HOUR).ok(to(P1))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Prioritise("", priority=P1), "missing"),
        (Prioritise("x"), "missing"),
        (Prioritise("x", priority=P3), "same_priority"),
        (Prioritise("x", impact=2, urgency=2), "same_priority"),
        (Prioritise("x", impact=0), "out_of_range"),
        (Prioritise("x", urgency=-1), "out_of_range"),
        (Prioritise("x", impact=7, priority=P1), "out_of_range"),
    ],
)
def test_a_change_without_sense_is_refused(command, code):
    assert under(KEEP).refused(command) == code


def test_by_impact_and_urgency_the_matrix_decides_and_vip_counts():
    assert under(KEEP).ok(Prioritise("x", impact=1)).ticket.priority is P2
    assert under(KEEP).ok(Prioritise("x", urgency=1)).ticket.priority is P2
    assert under(KEEP, vip=True, priority=P4).ok(Prioritise("x", impact=2)).ticket.priority is P2


def test_what_is_over_is_not_judged_anew():
    assert under(KEEP).ok(Resolve("x")).refused(to(P1)) == "not_active"


@pytest.mark.parametrize("rule", list(PriorityChange))
def test_a_request_keeps_its_own_targets(rule):
    story = under(rule, type=TicketType.REQUEST)
    before = story.due("fulfil"), story.due("respond")
    story.ok(to(P1))
    assert (story.due("fulfil"), story.due("respond")) == before


def test_updates_owed_to_the_client_end_with_a_priority_that_has_none_and_come_back():
    story = under(KEEP, priority=P1).ok(Move("up")).wait(10 * MINUTE).ok(to(P3))
    assert story.due("update") is None
    story.wait(10 * MINUTE).ok(to(P1))
    assert story.due("update") == MONDAY + 40 * MINUTE
    assert ClockName.UPDATE not in under(KEEP).ok(to(P1)).ticket.clocks


def test_by_whichever_rule_the_terms_now_pinned_are_the_new_ones():
    for rule in PriorityChange:
        clock = under(rule).ok(to(P2)).clock("resolve")
        cover = example_policy().slas["gold"].cover[P2]
        assert (clock.target_s, clock.calendar) == (8 * 3600, cover.hash)


def test_the_event_lists_its_clocks_in_the_same_order_in_every_process():
    """A log replayed elsewhere is the same byte for byte: no order comes from a set."""
    changed = under(KEEP, priority=P1).ok(Move("up")).ok(to(P2)).last(Prioritised)
    assert [c.name.value for c in changed.clocks] == ["respond", "plan", "resolve", "update"]
    assert list(changed.what.dues) == ["respond", "plan", "resolve", "update"]
