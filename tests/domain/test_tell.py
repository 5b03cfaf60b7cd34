"""Who hears of what, who deliberately does not, and when a notice is no longer wanted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MIA,
    MINUTE,
    MONDAY,
    MONITOR,
    P1,
    P2,
    P4,
    TOM,
    Story,
    example_policy,
    person,
)
from tierline.domain.audience import DEFAULT_TELL
from tierline.domain.commands import (
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
    Resolve,
)
from tierline.domain.events import (
    Actor,
    AlertAttached,
    Breached,
    Claimed,
    Closed,
    Escalated,
    Held,
    Lapsed,
    Noted,
    Opened,
    Planned,
    PlanSlipped,
    Prioritised,
    Recovered,
    Reopened,
    Resolved,
    Reviewed,
    Routed,
    Warned,
)
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import Notice, still_wanted
from tierline.domain.terms import HoldReason, Mode, Reach
from tierline.domain.ticket import Requester

JO = "jo@contoso.example"


def test_new_the_room_hears_and_the_requester_is_told_it_was_received():
    told = Story().open().told(Routed)
    assert told == {("desk", "new in queue", "notify"), (JO, "received", "notify")}
    assert Story().open().told(Opened) == set()


def test_a_group_without_a_room_has_none_to_tell():
    assert Story().open(start="Board").told(Routed) == {(JO, "received", "notify")}


def test_at_half_of_an_unclaimed_tier_limit_the_lead_hears():
    story = Story().open(start="T3").wait(HOUR)
    assert story.told(Warned) == {("ana", "unclaimed", "notify")}


def test_at_three_quarters_owner_and_next_group_hear():
    story = Story().open().ok(Claim("sam")).ok(Note("x")).until(MONDAY + timedelta(minutes=22.5))
    assert story.told(Warned) == {
        ("sam", "warned", "notify"),
        ("network", "next group warned", "notify"),
    }


def test_below_three_quarters_a_warning_interrupts_nobody():
    story = Story().call(start="Board").ok(Claim("mia"), MIA).wait(HOUR)
    assert story.told(Warned) == set()


def test_unclaimed_at_its_queue_limit_the_lead_hears():
    story = Story().open().wait(15 * MINUTE)
    assert story.told(Lapsed) == {("priya", "unclaimed", "notify")}


def test_an_owner_without_a_word_is_reminded_beside_the_lead():
    story = Story().open().ok(Claim("sam")).wait(20 * MINUTE)
    assert story.told(Lapsed) == {("sam", "silent", "notify"), ("priya", "silent", "notify")}


def test_a_lapse_sender_receiver_desk_owner_and_client_hear():
    story = Story().open(desk_owner="kim").ok(Claim("sam")).wait(30 * MINUTE)
    assert story.told(Lapsed) == set(), "the move says it"
    assert story.told(Escalated) == {
        ("network", "arrived", "notify"),
        ("sam", "handed over", "notify"),
        ("kim", "handed over", "notify"),
        (JO, "client escalated", "notify"),
    }


def test_moved_twice_before_anybody_looked_whoever_had_it_hears_once():
    story = Story().open().ok(Claim("sam")).wait(2 * HOUR)
    first, last = story.all(Escalated)
    assert (first.what.collapsed, last.what.collapsed) == (True, False)
    assert not [n for n in _notices(story, first) if n.recipient == "sam"]
    assert ("sam", "handed over", "notify") in story.told(Escalated)


def test_nobody_hears_of_what_they_did_themselves():
    story = Story().open().ok(Claim("sam")).ok(Move("theirs"))
    assert ("sam", "handed over", "notify") not in story.told(Escalated)
    silent = {n.recipient: n.suppressed for n in story.notices(Escalated) if n.suppressed}
    assert silent == {"sam": "they did it themselves"}
    assert "sam" in {
        r for r, _, _ in Story().open().ok(Claim("sam")).ok(Move("x"), TOM).told(Escalated)
    }


def test_an_integration_called_like_a_person_is_not_that_person():
    story = Story().open().ok(Claim("sam")).wait(MINUTE)
    story.ok(Recover("2"), Asker(Actor("integration", "sam")))
    assert story.told(Recovered) == {("sam", "restored", "notify")}


@pytest.mark.parametrize("priority", [P1, P2])
def test_a_pressing_breach_pages_owner_and_lead_and_tells_the_managers(priority):
    story = Story().call(priority=priority, start="Board").ok(Claim("kim"), TOM).wait(HOUR / 2)
    assert story.told(Breached) == {
        ("kim", "breach P1-P2", "page"),
        ("mia", "breach P1-P2", "page"),
        ("lou", "breach P1-P2", "digest"),
    }, "the lead of the group is the service manager too: the hardest pull wins"


def test_a_lesser_breach_is_the_owners_and_the_leads_digest():
    story = Story().call(priority=P4, start="Infra").ok(Claim("kim"), TOM).wait(HOUR)
    story.ok(MakePlan("x", MONDAY + 8 * HOUR), KIM).wait(3 * HOUR)
    assert story.told(Breached) == {
        ("kim", "breach P3-P4", "notify"),
        ("ana", "breach P3-P4", "digest"),
    }


def test_crossed_together_only_the_last_is_told():
    story = Story().call(priority=P1, start="Board").wait(2 * HOUR)
    collapsed = [e for e in story.all(Warned) if e.what.collapsed]
    assert collapsed
    for event in collapsed:
        assert not [n for n in _notices(story, event) if not n.suppressed]


def _notices(story, event):
    copy = Story(story.policy, story.now, story.ticket, story.events[: event.seq])
    return copy.notices(type(event.what))


def test_a_breach_is_told_even_if_a_threshold_beyond_it_was_crossed_with_it():
    policy = example_policy()
    sla = replace(policy.slas["gold"], thresholds=(0.5, 1.0, 1.5))
    story = Story(replace(policy, slas={"gold": sla})).call(priority=P1, start="Board")
    story.ok(Claim("kim"), TOM).wait(23 * MINUTE)
    fired = story.fired("respond")
    assert [(kind, fraction) for kind, fraction, _ in fired] == [
        ("Warned", 0.5),
        ("Breached", 1.0),
        ("Warned", 1.5),
    ]
    assert ("kim", "breach P1-P2", "page") in story.told(Breached)


def test_at_the_end_of_the_path_lead_and_service_manager_decide():
    policy = example_policy()
    short = replace(policy.paths["standard"], steps=policy.paths["standard"].steps[:2])
    story = Story(replace(policy, paths={"standard": short})).open().wait(HOUR / 2)
    assert story.told(Lapsed) == {
        ("priya", "end of path", "notify"),
        ("mia", "end of path", "notify"),
    }


def test_a_repeat_is_in_the_owners_digest_and_an_untouched_ones_is_not():
    story = Story().open().ok(Attach("2", "firing"), MONITOR)
    assert story.told(AlertAttached) == set()
    story.ok(Claim("sam")).ok(Attach("3", "firing"), MONITOR)
    assert story.told(AlertAttached) == {("sam", "attached", "digest")}


def test_an_untouched_recovery_interrupts_nobody():
    assert Story().open().ok(Recover("2"), MONITOR).told(Recovered) == set()


def test_a_plan_after_the_next_group_was_warned_tells_them_so():
    early = Story().open().ok(Claim("sam")).ok(MakePlan("x", MONDAY + HOUR))
    assert early.told(Planned) == set()
    late = Story().open().ok(Claim("sam")).wait(25 * MINUTE).ok(MakePlan("x", MONDAY + HOUR))
    assert late.told(Planned) == {("network", "plan with next group warned", "notify")}


def test_the_promise_for_the_client_reaches_the_client_and_internal_words_do_not():
    story = Story().open().ok(Claim("sam")).ok(Note("blame DNS"))
    assert story.told(Noted) == set()
    assert story.ok(Note("On it", to_client=True)).told(Noted) == {(JO, "client note", "notify")}
    story.ok(MakePlan("x", MONDAY + HOUR, client_text="By ten"))
    assert (JO, "client note", "notify") in story.told(Planned)


def test_a_slip_tells_owner_and_lead_and_its_end_too():
    story = Story().open().ok(Claim("sam")).ok(MakePlan("x", MONDAY + 5 * MINUTE))
    story.wait(5 * MINUTE)
    assert story.told(PlanSlipped) == {
        ("sam", "plan slipped", "notify"),
        ("priya", "plan slipped", "notify"),
    }
    story.wait(15 * MINUTE)
    assert story.told(PlanSlipped) == {
        ("sam", "plan over", "notify"),
        ("priya", "plan over", "notify"),
    }


def test_held_for_the_client_the_client_is_told_and_chased():
    story = Story().open().ok(Claim("sam")).ok(PutOnHold(HoldReason.CLIENT, "which?", "jo"))
    assert story.told(Held) == {(JO, "held", "notify")}
    assert story.wait(timedelta(days=1)).told(Reviewed) == {(JO, "chase", "notify")}


def test_held_for_anybody_else_the_owner_is_told_to_chase():
    story = Story().open().ok(Claim("sam")).ok(PutOnHold(HoldReason.VENDOR, "part", "Acme"))
    assert story.told(Held) == set()
    assert story.wait(timedelta(days=1)).told(Reviewed) == {("sam", "chase inside", "notify")}


def test_a_new_priority_tells_the_owner_and_a_late_lowering_the_lead():
    story = Story().call(start="Infra").ok(Claim("kim"), TOM).ok(Prioritise("x", priority=P1))
    assert story.told(Prioritised) == {("kim", "reprioritised", "notify")}
    story.wait(20 * MINUTE).ok(Prioritise("x", priority=P4), TOM)
    assert story.told(Prioritised) == {
        ("kim", "lowered late", "notify"),
        ("ana", "lowered late", "notify"),
    }


def test_resolved_the_desk_owner_hears_and_the_requester_is_asked():
    story = Story().open(desk_owner="kim").ok(Claim("sam")).ok(Resolve("x"))
    assert story.told(Resolved) == {
        ("kim", "resolved", "notify"),
        (JO, "please confirm", "notify"),
    }


def test_reopened_the_room_and_the_owner_hear():
    story = Story().open().ok(Claim("sam")).ok(Resolve("x")).ok(Reject("no"), MONITOR)
    assert story.told(Reopened) == {
        ("desk", "reopened", "notify"),
        ("sam", "reopened", "notify"),
    }


def test_closed_the_desk_owner_hears_and_the_client_only_where_time_closed_it():
    story = Story().open(desk_owner="kim").ok(Resolve("x")).ok(Confirm(), MONITOR)
    assert story.told(Closed) == {("kim", "closed", "notify")}
    story = Story().open(desk_owner="kim").ok(Resolve("x")).wait(timedelta(days=4))
    assert story.told(Closed) == {("kim", "closed", "notify"), (JO, "client closed", "notify")}


def test_a_claim_tells_nobody():
    assert Story().open().ok(Claim("sam")).told(Claimed) == set()


def test_only_one_of_us_and_the_psa_mails_the_client():
    story = Story().open(record="psa")
    assert story.told(Routed) == {("desk", "new in queue", "notify")}
    why = {n.recipient: n.suppressed for n in story.notices(Routed) if n.suppressed}
    assert why == {JO: "the PSA mails the client"}


def test_a_subscription_gets_every_event():
    story = Story().open().ok(Claim("sam"))
    for event in story.events:
        assert ("psa", "event", "notify") in story.told(type(event.what), "psa")


def test_watch_is_silent_and_says_why():
    story = Story(example_policy(mode=Mode.WATCH)).open()
    assert story.told(Routed, "psa") == set()
    assert {n.suppressed for n in story.notices(Routed, "psa")} == {
        "mode watch: no message leaves the console"
    }


def test_one_notice_a_recipient_and_the_hardest_pull_wins():
    policy = example_policy()
    table = {
        "breach P1-P2": {"owner": Reach.DIGEST, "lead": Reach.PAGE, "desk owner": Reach.NOTIFY}
    }
    story = Story(replace(policy, tell=table)).call(priority=P1, start="Infra")
    story.ok(Claim("ana"), person("ana")).wait(15 * MINUTE)
    assert story.told(Breached) == {("ana", "breach P1-P2", "page")}


def test_a_policy_changes_who_hears_by_occasion():
    policy = replace(example_policy(), tell={"new in queue": {"lead": Reach.PAGE}})
    assert ("priya", "new in queue", "page") in Story(policy).open().told(Routed)


def test_the_next_rooms_are_those_that_can_do_it():
    policy = example_policy()
    more = replace(policy.groups["Network"], name="Apps", skills=("erp",), room="apps")
    story = Story(replace(policy, groups={**policy.groups, "Apps": more})).open(category="erp")
    story.ok(Claim("sam")).ok(Note("x")).until(MONDAY + timedelta(minutes=22.5))
    assert ("apps", "next group warned", "notify") in story.told(Warned)


@pytest.mark.parametrize(
    ("occasion", "then", "wanted"),
    [
        ("new in queue", None, True),
        ("new in queue", Claim("sam"), False),
        ("unclaimed", Claim("sam"), False),
        ("arrived", Resolve("x"), False),
        ("warned", Claim("sam"), True),
        ("warned", Resolve("x"), False),
        ("received", Resolve("x"), True),
        ("breach P1-P2", Resolve("x"), True),
        ("please confirm", Resolve("x"), True),
        ("please confirm", Close("spam"), False),
    ],
)
def test_just_before_sending_it_is_asked_whether_it_is_still_wanted(occasion, then, wanted):
    story = Story().open()
    seq = story.ticket.seq
    if then is not None:
        story.ok(then, TOM)
    notice = Notice("person", "ana", occasion, Reach.NOTIFY, f"{occasion}: owner")
    reason = still_wanted(notice, seq, snapshot(story.ticket))
    assert (reason == "") is wanted


def test_a_subscription_wants_every_event_whatever_came_after():
    story = Story().open().ok(Close("spam"), TOM)
    notice = Notice("subscription", "psa", "new in queue", Reach.NOTIFY, "subscribed")
    assert still_wanted(notice, 2, snapshot(story.ticket)) == ""


def test_every_occasion_there_is_has_somebody_to_tell():
    assert all(DEFAULT_TELL.values())


def test_whose_data_were_erased_is_written_to_no_more():
    erased = Requester("erased-1", "erased-1@erased.invalid")
    story = Story().open(requester=erased)
    told = {(n.recipient, n.suppressed) for n in story.notices(Routed) if n.kind == "requester"}
    assert told == {("erased-1@erased.invalid", "their data were erased")}
    like_it = Story().open(requester=Requester("x", "x@unerased.invalid"))
    assert ("x@unerased.invalid", "received", "notify") in like_it.told(Routed)
