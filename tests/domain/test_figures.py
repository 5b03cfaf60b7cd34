"""Bounces and the week in figures, over the events of stories whose figures are checked by hand."""

from datetime import timedelta

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    MONITOR,
    P2,
    P3,
    TOM,
    Story,
    at,
)
from tierline.domain.commands import (
    Claim,
    MakePlan,
    Move,
    Note,
    PutOnHold,
    Recover,
    Resolve,
    Resume,
)
from tierline.domain.evolve import fold
from tierline.domain.figures.bounces import Bounce, edges_of
from tierline.domain.figures.week import COUNTED, Counted, Lapses, Promises, Resolution, Tally
from tierline.domain.snapshot import snapshot
from tierline.domain.terms import HoldReason
from tierline.messages.events import EVENT_TYPES, event_name


def week(*stories):
    """The figures of everything that happened in some stories."""
    tally = Tally()
    for story in stories:
        for event in story.events:
            if event_name(event) in COUNTED:
                tally.add(event, snapshot(fold(story.events[: event.seq])))
    return tally.week()


def test_the_figures_are_made_of_types_that_exist():
    assert set(COUNTED) <= set(EVENT_TYPES)


def test_a_promise_is_kept_where_it_was_met_in_time_and_broken_where_it_was_not():
    """P3: answer within 2 h, plan within 4 h, resolution within 20 h of office hours."""
    kept = Story().call(priority=P3).ok(Claim("sam")).wait(20 * MINUTE)
    kept.ok(Note("we look at it", to_client=True)).ok(MakePlan("swap it", kept.now + 2 * HOUR))
    kept.ok(Resolve("swapped"))
    broken = Story().call(priority=P3).until(MONDAY + 2 * HOUR)
    broken.wait(HOUR).ok(Note("sorry", to_client=True))
    assert week(kept, broken).promises == (
        Promises("respond", "P3", 1, 1),
        Promises("plan", "P3", 1, 0),
        Promises("resolve", "P3", 1, 0),
    )


def test_a_promise_that_was_broken_and_then_met_counts_as_broken_once():
    story = Story().call(priority=P3).until(MONDAY + 3 * HOUR)
    story.ok(Note("sorry", to_client=True)).ok(Note("again", to_client=True))
    respond = [one for one in week(story).promises if one.clock == "respond"]
    assert respond == [Promises("respond", "P3", 0, 1)]


def test_an_alerts_claim_and_a_call_answered_on_the_phone_keep_the_first_answer():
    alert = Story().open(priority=P2).ok(Claim("sam"))
    assert week(alert).promises == (Promises("respond", "P2", 1, 0),)


def test_a_lapse_is_told_apart_by_what_was_missing():
    """T1 allows 30 minutes: one was claimed without a plan, the other nobody took."""
    skill = Story().call().ok(Claim("sam")).until(MONDAY + 31 * MINUTE)
    capacity = Story().call().until(MONDAY + 31 * MINUTE)
    assert week(skill, capacity).lapses == (Lapses("T1", 1, 1),)


def test_resolution_times_are_medians_with_and_without_pauses():
    """Three of P3: one hour; two hours, of which one was held; four hours."""
    stories = []
    for length, held in ((1, 0), (2, 1), (4, 0)):
        story = Story().call(priority=P3).ok(Claim("sam"))
        story.ok(MakePlan("look", MONDAY + 5 * HOUR))
        if held:
            story.ok(PutOnHold(HoldReason.CLIENT, asked="when?", of="Jo")).wait(held * HOUR)
            story.ok(Resume())
        story.until(MONDAY + length * HOUR).ok(Resolve("done"))
        stories.append(story)
    found = week(*stories)
    assert found.resolutions == (Resolution("P3", 3, 2 * 3600, 3600),)
    assert (found.resolved, found.self_healed) == (3, 0)


def test_first_contact_leaves_alerts_out():
    """Sam resolves one call and one alert; Kim a call that came up to her."""
    call = Story().call(desk_owner="sam").ok(Claim("sam")).ok(Resolve("told her how"))
    alert = Story().open().ok(Claim("sam")).ok(Resolve("restarted"))
    moved = Story().call().ok(Claim("sam")).ok(Move("voice", to_group="Voice"))
    moved.ok(Claim("kim"), KIM).ok(Resolve("done"), KIM)
    found = week(call, alert, moved)
    assert (found.contacts, found.first_contact, found.resolved) == (2, 1, 3)


def test_what_heals_itself_is_counted_apart_and_in_no_other_figure():
    story = Story().open().ok(Recover("2"), MONITOR).wait(11 * MINUTE)
    found = week(story)
    assert (found.resolved, found.self_healed, found.contacts) == (0, 1, 0)
    assert found.resolutions == ()


def test_resolved_too_soon_above_the_first_tier_is_counted_by_category():
    """Resolved in the second tier five minutes after its claim there."""
    story = Story().call(category="vpn").ok(Claim("sam")).ok(Move("a firewall", to_group="Network"))
    story.wait(30 * MINUTE).ok(Claim("tom"), TOM).wait(5 * MINUTE)
    story.ok(Resolve("a typo", tier_below_could="guide"), TOM)
    found = week(story)
    assert found.premature == (Counted("vpn", 1),)
    assert (found.training, found.asked) == ((Counted("guide", 1),), 1)


def test_a_no_is_an_answer_and_nothing_to_train():
    story = Story().call().ok(Claim("sam")).ok(Move("a firewall", to_group="Network"))
    story.ok(Claim("tom"), TOM).ok(Resolve("rebuilt", tier_below_could="no"), TOM)
    found = week(story)
    assert (found.training, found.asked) == ((), 1)


def test_a_slip_counts_for_the_group_that_holds_the_plan():
    story = Story().call().ok(Claim("sam")).ok(MakePlan("look", MONDAY + HOUR))
    story.until(MONDAY + HOUR + MINUTE)
    assert week(story).slips == (Counted("Desk", 1),)


def test_a_promise_that_ran_out_counts_once_whether_or_not_its_grace_is_used():
    def slipped():
        story = Story().call(priority=P3).ok(Claim("sam"))
        return story.ok(MakePlan("swap it", story.now + HOUR)).wait(HOUR)

    assert week(slipped().wait(2 * HOUR)).slips == (Counted("Desk", 1),), "its grace ran out too"
    again = slipped()
    again.ok(MakePlan("swap it after all", again.now + HOUR)).wait(2 * HOUR)
    assert week(again).slips == (Counted("Desk", 2),), "two promises did"


def test_nothing_happened_in_a_week_without_events():
    found = week()
    assert found.events == found.resolved == found.asked == 0
    assert found.promises == found.lapses == found.resolutions == found.bounces == ()


def bounce(sent_by, sent_to, went, back, ticket=1, seq=5):
    return Bounce(ticket, seq, "Contoso", "x", sent_by, sent_to, at(went), at(back))


def test_a_ledger_has_the_edge_with_the_most_bounces_first():
    found = edges_of(
        [
            bounce("Desk", "Network", "2026-11-23 09:00", "2026-11-23 09:40", ticket=1),
            bounce("Desk", "Infra", "2026-11-23 09:00", "2026-11-23 15:00", ticket=2),
            bounce("Desk", "Network", "2026-11-24 09:00", "2026-11-24 09:05", ticket=3),
        ]
    )
    assert [(e.sent_by, e.sent_to, e.count, e.lost_s) for e in found] == [
        ("Desk", "Network", 2, 45 * 60),
        ("Desk", "Infra", 1, 6 * 3600),
    ]
    assert [one.ticket for one in found[0].bounces] == [3, 1]


@pytest.mark.parametrize("back", ["2026-11-23 09:00", "2026-11-23 08:00"])
def test_a_bounce_never_gains_time(back):
    assert bounce("A", "B", "2026-11-23 09:00", back).lost == timedelta(0)
