"""Up, down, sideways, skipping, to management: by hand and by time."""

from dataclasses import replace

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MIA,
    MINUTE,
    MONDAY,
    OFFICE,
    P1,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.commands import Claim, Move, Note, Prioritise, PutOnHold, Release, Resolve
from tierline.domain.events import Escalated, Lapsed, Returned, Transferred, Warned
from tierline.domain.policy import Group
from tierline.domain.terms import ClockName, HoldReason, State


def test_a_move_up_goes_to_the_next_step_with_its_own_limits():
    story = Story().open().ok(Claim("sam")).wait(5 * MINUTE)
    story.ok(Move("routing loop", packet="tried reboot"))
    moved = story.last(Escalated).what
    assert (moved.from_group, moved.to_group, moved.sender) == ("Desk", "Network", "sam")
    assert moved.packet == "tried reboot"
    ticket = story.ticket
    assert (ticket.state, ticket.owner, ticket.helper) == (State.QUEUED, "", "sam")
    assert (ticket.stay, ticket.trail) == (2, ("Desk", "Network"))
    assert story.due("tier") == story.now + HOUR
    assert story.due("queue") == story.now + 15 * MINUTE
    assert not story.clock("silent").running


def test_the_helper_is_there_until_the_receiver_claims():
    story = Story().open().ok(Claim("sam")).ok(Move("deep"))
    assert story.ok(Claim("nia"), TOM).ticket.helper == ""


@pytest.mark.parametrize(
    ("command", "kind", "group"),
    [
        (Move("up"), Escalated, "Network"),
        (Move("skip", to_tier="T3"), Escalated, "Infra"),
        (Move("now", to_tier="management"), Escalated, "Board"),
        (Move("phones", to_group="Voice"), Transferred, "Voice"),
        (Move("not ours", to_tier="triage"), Returned, "Triage"),
    ],
)
def test_every_direction_is_normal(command, kind, group):
    story = Story().open().ok(command)
    assert type(story.events[-1].what) is kind
    assert story.ticket.group == group


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Move(""), "missing"),
        (Move("x", to_group="Nowhere"), "unknown_group"),
        (Move("x", to_tier="T9"), "unknown_tier"),
        (Move("x", to_tier="vendor"), "unknown_tier"),
        (Move("x", to_group="Desk"), "same_group"),
        (Move("x", to_tier="T1"), "same_group"),
    ],
)
def test_a_move_that_leads_nowhere_is_refused_by_name(command, code):
    assert Story().open().refused(command) == code


def test_at_the_end_of_the_path_a_move_needs_a_name():
    assert Story().open(start="Board").refused(Move("where to?"), MIA) == "end_of_path"


def test_what_is_over_does_not_move():
    assert Story().open().ok(Resolve("done")).refused(Move("up")) == "not_active"


def test_the_tier_clock_never_refills_over_groups():
    """Twelve minutes at the desk leave eighteen for the voice people."""
    story = Story().open().wait(12 * MINUTE).ok(Move("phones", to_group="Voice"))
    assert story.due("tier") == MONDAY + 30 * MINUTE
    assert not story.last(Transferred).what.topped_up
    assert story.clock("queue").started_at == story.now


def test_the_tier_clock_goes_on_over_visits():
    """Five minutes in T1, an hour elsewhere: twenty-five are left on coming back."""
    story = Story().open().wait(5 * MINUTE).ok(Move("up")).wait(10 * MINUTE)
    story.ok(Move("they can do it", to_group="Desk"))
    assert story.due("tier") == story.now + 25 * MINUTE
    story.wait(5 * MINUTE).ok(Move("no they cannot"), TOM)
    assert story.due("tier") == story.now + 50 * MINUTE, "T2 had used ten of sixty"


def test_a_receiver_gets_ten_minutes_at_least_once_a_group():
    story = Story().open().wait(27 * MINUTE).ok(Move("phones", to_group="Voice"))
    assert story.last(Transferred).what.topped_up
    assert story.due("tier") == MONDAY + 37 * MINUTE
    story.wait(8 * MINUTE).ok(Move("no", to_group="Desk"), TOM)
    assert story.due("tier") == story.now + 10 * MINUTE, "the desk had none yet"
    story.wait(9 * MINUTE).ok(Move("yes", to_group="Voice"), TOM)
    assert not story.last(Transferred).what.topped_up, "once a group"
    assert story.due("tier") == story.now + MINUTE


def test_thresholds_told_in_the_tier_and_still_behind_us_are_not_told_again():
    story = Story().open().wait(23 * MINUTE).ok(Move("phones", to_group="Voice"))
    assert story.fired("tier") == [("Warned", 0.5, "Mon 09:15"), ("Warned", 0.75, "Mon 09:22")]
    story.wait(5 * MINUTE)
    assert story.due("tier") == MONDAY + 33 * MINUTE, "topped up to ten minutes"
    assert story.fired("tier", since=6) == [("Warned", 0.75, "Mon 09:25")]


def test_a_third_move_sideways_is_the_leads():
    policy = example_policy()
    more = {name: Group(name, "T1", OFFICE) for name in ("Apps", "Print")}
    story = Story(replace(policy, groups={**policy.groups, **more})).open()
    story.ok(Move("a", to_group="Voice")).ok(Move("b", to_group="Apps"))
    assert story.refused(Move("c", to_group="Print")) == "lead_decides"
    assert story.ok(Move("c", to_group="Print"), TOM).ticket.sideways == 3


def test_a_second_visit_is_the_leads():
    story = Story().open().ok(Move("a", to_tier="T3")).ok(Move("b", to_group="Network"), SAM)
    assert story.refused(Move("c", to_group="Desk")) == "lead_decides"
    story.ok(Move("c", to_group="Desk"), TOM)


def test_before_the_claim_it_may_go_straight_back_once_an_edge():
    story = Story().open().ok(Move("up")).wait(3 * HOUR / 6)
    story.ok(Move("not for us", to_group="Desk"))
    assert story.last(Returned).what.bounce
    assert story.ticket.bounces == 1
    story.ok(Move("it is"), KIM)
    assert story.refused(Move("it is not", to_group="Desk")) == "lead_decides"


def test_straight_back_only_in_the_first_quarter_hour_of_the_claim():
    story = Story().open().ok(Move("up")).ok(Claim("nia"), TOM).wait(15 * MINUTE)
    copy = Story(ticket=story.ticket, events=list(story.events), now=story.now)
    copy.ok(Move("not for us", to_group="Desk"))
    story.wait(MINUTE)
    assert story.refused(Move("not for us", to_group="Desk")) == "lead_decides"


def test_letting_go_does_not_reopen_the_way_straight_back():
    """Releasing after an hour does not make it unclaimed again in that sense."""
    story = Story().open().ok(Move("up")).ok(Claim("sam")).wait(40 * MINUTE).ok(Release())
    assert story.refused(Move("not for us", to_group="Desk")) == "lead_decides"


def test_a_pause_ends_on_handing_over():
    story = Story().open().ok(Claim("sam")).ok(PutOnHold(HoldReason.CLIENT, "which?", "jo"))
    assert story.due("resolve") is None
    story.wait(2 * HOUR).ok(Move("theirs"))
    assert (story.ticket.state, story.ticket.hold) == (State.QUEUED, None)
    assert story.due("resolve") == at("2026-11-25 11:00")


def test_time_moves_what_nobody_planned_at_the_limit():
    story = Story().open().ok(Claim("sam"))
    story.ok(Note("x")).wait(30 * MINUTE)
    assert story.fired("tier")[-1] == ("Lapsed", 1.0, "Mon 09:30")
    lapse = next(e for e in story.all(Lapsed) if e.what.clock == "tier")
    moved = story.last(Escalated)
    assert (lapse.what.cause, moved.seq, moved.at) == ("skill", lapse.seq + 1, lapse.at)
    assert moved.by.kind == "time"
    assert moved.why.values["floor"]["group"] == "Network"
    assert story.ticket.helper == "sam"


def test_time_says_when_it_was_nobodys():
    story = Story().open().wait(30 * MINUTE)
    assert story.last(Lapsed).what.cause == "capacity"


def test_time_takes_it_through_the_whole_path_and_stops_at_its_end():
    story = Story().open().wait(20 * HOUR)
    assert [(e.what.to_tier, f"{e.at:%H:%M}") for e in story.all(Escalated)] == [
        ("T2", "09:30"),
        ("T3", "10:30"),
        ("management", "12:30"),
    ]
    assert not story.clock("tier").running
    assert story.ticket.tier == "management"


def test_a_move_by_time_waits_for_somebody_to_be_in():
    story = Story(now=at("2026-11-27 17:50")).open().until(at("2026-11-30 09:30"))
    first = story.all(Escalated)[0]
    assert first.at == at("2026-11-30 08:20")


def test_at_its_due_instant_even_when_seen_late():
    """An outage changes when a move is told, never when it happened."""
    story = Story().open().wait(5 * HOUR)
    assert [e.recorded_at for e in story.all(Escalated)] == [MONDAY + 5 * HOUR] * 3
    assert [e.what.collapsed for e in story.all(Escalated)] == [True, True, False]
    late = [e.what.late_s for e in story.all(Lapsed) if e.what.clock == "tier"]
    assert late == [4.5 * 3600, 3.5 * 3600, 1.5 * 3600]


def test_an_upward_move_of_a_pressing_ticket_starts_the_clients_updates():
    story = Story().open(priority=P1).wait(10 * MINUTE).ok(Move("up"))
    assert story.due("update") == MONDAY + 40 * MINUTE
    story.wait(20 * MINUTE).ok(Move("further up"), TOM)
    assert story.due("update") == MONDAY + 40 * MINUTE, "a second move does not restart it"


def test_a_move_down_or_of_a_lesser_ticket_starts_no_updates():
    assert ClockName.UPDATE not in Story().open().ok(Move("up")).ticket.clocks
    down = Story().open(priority=P1).ok(Move("down", to_tier="triage"))
    assert ClockName.UPDATE not in down.ticket.clocks


def test_what_a_tier_without_a_limit_used_is_not_that_of_the_tier_before():
    story = Story().open().wait(20 * MINUTE).ok(Move("x", to_tier="management"))
    story.ok(Move("y", to_tier="T3"), MIA)
    assert story.last(Returned).what.used.carried_us == 0
    assert story.ticket.tier_used["T1"].carried_us == 20 * 60 * 1_000_000


def test_leaving_the_path_by_hand_time_finds_the_way_on():
    story = Story().open().ok(Prioritise("x", priority=P1)).ok(Move("x", to_tier="triage"), TOM)
    story.wait(15 * MINUTE)
    assert story.ticket.tier == "T1"
    assert story.all(Warned)
