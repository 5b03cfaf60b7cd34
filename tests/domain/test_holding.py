"""Holds: what stops, what runs on, who is chased, and how it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    P1,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
    promising,
)
from tierline.domain.calendar import Calendar
from tierline.domain.commands import Claim, Move, Note, PutOnHold, Resolve, Resume
from tierline.domain.events import Breached, Closed, Held, Resolved, Resumed, Reviewed, Warned
from tierline.domain.terms import ClockName, HoldReason, State

CLIENT, VENDOR = HoldReason.CLIENT, HoldReason.VENDOR
NINE_TO_FIVE = Calendar.build(
    "UTC", {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
)


def held(story: Story, reason: HoldReason = CLIENT, **more: object) -> Story:
    return story.ok(PutOnHold(reason, "which port?", "jo", **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "stopped"),
    [
        (CLIENT, {"resolve", "plan", "update"}),
        (HoldReason.SCHEDULED, {"resolve", "plan"}),
        (HoldReason.APPROVAL, {"resolve", "plan"}),
        (HoldReason.CHANGE, {"resolve", "plan"}),
        (VENDOR, set()),
    ],
)
def test_a_hold_stops_what_the_sla_says_and_every_internal_clock(reason, stopped):
    story = Story().call(priority=P1).ok(Move("up")).ok(Claim("nia"), TOM)
    story.ok(PutOnHold(reason, "x", "y"), TOM)
    still = {name.value for name, clock in story.ticket.clocks.items() if clock.running}
    assert still == {"respond", "resolve", "plan", "update"} - stopped
    assert story.last(Held).why.values["stops"] == sorted(stopped | {"queue", "tier"} - {"queue"})


def test_respond_is_never_held():
    story = held(Story().call()).wait(3 * HOUR)
    assert [e.what.clock for e in story.all(Breached)] == [ClockName.RESPOND]


def test_no_policy_can_hold_respond():
    policy = example_policy()
    sla = policy.slas["gold"]
    everything = dict.fromkeys(HoldReason, frozenset(ClockName))
    policy = replace(policy, slas={"gold": replace(sla, on_hold=everything)})
    story = held(Story(policy).call())
    assert (story.clock("respond").running, story.clock("resolve").running) == (True, False)


@pytest.mark.parametrize(
    ("start", "target_h", "since", "until", "due"),
    [
        ("2026-11-23 09:00", 16, "2026-11-23 10:00", "2026-11-23 18:00", "2026-11-25 16:00"),
        ("2026-11-26 09:00", 40, "2026-11-27 16:00", "2026-11-30 09:00", "2026-12-03 10:00"),
    ],
)
def test_only_business_time_inside_a_hold_moves_a_due_instant(start, target_h, since, until, due):
    """A rival shifts by the wall clock: to one at night, and to a Saturday."""
    policy = promising(example_policy(), NINE_TO_FIVE, resolve=target_h * 60)
    story = Story(policy, now=at(start)).open().ok(Claim("sam")).until(at(since))
    held(story).until(at(until)).ok(Resume())
    assert story.due("resolve") == at(due)


@pytest.mark.parametrize("before", [0.4, 0.6, 0.8, 0.95])
def test_holding_and_resuming_never_skips_a_threshold(before):
    """A rival forgets the threshold it was waiting for when a hold comes between."""
    policy = promising(example_policy(), NINE_TO_FIVE, resolve=100)
    story = Story(policy).open().ok(Claim("sam")).wait(100 * before * MINUTE)
    held(story).wait(30 * MINUTE).ok(Resume()).wait(2 * HOUR)
    assert [fraction for _, fraction, _ in story.fired("resolve")] == [0.5, 0.75, 0.9, 1.0]
    assert story.clock("resolve").breached_at == MONDAY + 130 * MINUTE


def test_held_while_waiting_for_the_breach_it_still_breaks_afterwards():
    policy = promising(example_policy(), NINE_TO_FIVE, resolve=60)
    story = Story(policy).open().ok(Claim("sam")).wait(59 * MINUTE)
    held(story).wait(timedelta(hours=2)).ok(Resume())
    assert not story.all(Breached)
    assert story.wait(MINUTE).last(Breached).at == MONDAY + 3 * HOUR


def test_held_at_the_very_instant_of_a_threshold_it_is_told_once():
    policy = promising(example_policy(), NINE_TO_FIVE, resolve=100)
    story = held(Story(policy).open().ok(Claim("sam")).wait(50 * MINUTE))
    story.wait(10 * MINUTE).ok(Resume()).wait(5 * MINUTE)
    assert [f for _, f, _ in story.fired("resolve")] == [0.5]


def test_clocks_are_independent_of_each_other():
    """A rival starts to watch the resolution only once the response is over."""
    policy = promising(example_policy(), NINE_TO_FIVE, respond=300, resolve=100)
    story = Story(policy).call().wait(100 * MINUTE)
    assert [f for _, f, _ in story.fired("resolve")] == [0.5, 0.75, 0.9, 1.0]
    assert story.clock("respond").running


def test_a_change_of_reason_keeps_the_stretches_apart():
    story = Story().open().ok(Claim("sam")).wait(10 * MINUTE)
    held(story, CLIENT).wait(HOUR)
    held(story, VENDOR).wait(HOUR)
    assert story.clock("resolve").running, "the vendor is ours to chase"
    held(story, HoldReason.APPROVAL).wait(HOUR).ok(Resume())
    assert story.due("resolve") == at("2026-11-25 11:00"), "two of three hours were held"
    assert [(e.what.was, e.what.hold.reason) for e in story.all(Held)] == [
        (None, CLIENT),
        (CLIENT, VENDOR),
        (VENDOR, HoldReason.APPROVAL),
    ]
    assert [run.stopped_by for run in story.clock("resolve").runs] == [
        "hold:client",
        "hold:approval",
    ]


def test_from_one_reason_that_stops_a_clock_to_another_it_stands_still_throughout():
    story = held(Story().open().ok(Claim("sam")))
    held(story.wait(HOUR), HoldReason.APPROVAL)
    clock = story.clock("resolve")
    assert (clock.running, clock.stopped_by) == (False, "hold:approval")


def test_the_tier_clock_goes_on_where_it_stood():
    story = Story().open().ok(Claim("sam")).wait(10 * MINUTE)
    held(story).wait(HOUR).ok(Resume())
    assert story.due("tier") == story.now + 20 * MINUTE
    assert story.due("silent") == story.now + 10 * MINUTE


def test_resolving_straight_out_of_a_hold_is_legal_and_keeps_gross_beside_net():
    story = Story().open().ok(Claim("sam")).wait(HOUR)
    held(story).wait(2 * HOUR).ok(Resolve("they rebooted"))
    resolve = story.clock("resolve")
    assert (resolve.met_at, resolve.carried_us) == (story.now, 3600 * 1_000_000)
    assert story.last(Resolved).what.gross_s == 3 * 3600
    assert story.ticket.hold is None


def test_the_one_waited_for_is_chased_every_business_day():
    story = held(Story().open().ok(Claim("sam"))).wait(timedelta(days=2))
    assert story.when(Reviewed) == ["Tue 09:00", "Wed 09:00"]
    assert [e.what.count for e in story.all(Reviewed)] == [1, 2]
    assert story.ticket.hold.next_chase == at("2026-11-26 09:00")


def test_a_client_who_leaves_three_reminders_unanswered_is_not_waited_for():
    story = held(Story().open().ok(Claim("sam"))).wait(timedelta(days=3, hours=23))
    assert [e.what.count for e in story.all(Reviewed)] == [1, 2, 3]
    assert story.ticket.state is State.ON_HOLD, "the third one has its day too"
    story.wait(HOUR)
    closed = story.last(Closed)
    assert (closed.at, closed.what.reason) == (
        at("2026-11-27 09:00"),
        "no answer after 3 reminders",
    )
    assert ("jo@contoso.example", "client closed", "notify") in story.told(Closed)


def test_others_are_chased_on_and_on():
    story = held(Story().open().ok(Claim("sam")), VENDOR).wait(timedelta(days=9))
    assert [e.what.count for e in story.all(Reviewed)] == [1, 2, 3, 4, 5, 6, 7]
    assert story.ticket.state is State.ON_HOLD


def test_an_answer_in_between_starts_the_count_anew():
    story = held(Story().open().ok(Claim("sam"))).wait(timedelta(days=2)).ok(Resume("jo wrote"))
    assert held(story).ticket.hold.chases == 0


def test_a_chase_may_be_set_by_hand():
    story = held(Story().open().ok(Claim("sam")), chase_at=MONDAY + HOUR).wait(HOUR)
    assert story.when(Reviewed) == ["Mon 10:00"]


def test_held_until_an_instant_it_goes_on_by_itself():
    story = held(Story().open().ok(Claim("sam")), HoldReason.SCHEDULED, until=MONDAY + 3 * HOUR)
    story.wait(3 * HOUR + 10 * MINUTE)
    resumed = story.last(Resumed)
    assert (resumed.at, resumed.by.kind) == (MONDAY + 3 * HOUR, "time")
    assert story.ticket.state is State.WORKING
    assert story.due("resolve") == at("2026-11-25 12:00")


def test_going_on_by_itself_brings_no_review_of_the_time_it_was_held():
    story = Story().open().ok(Claim("sam"))
    held(story, HoldReason.SCHEDULED, until=at("2026-11-25 12:00"), chase_at=at("2026-12-01 09:00"))
    story.until(at("2026-11-25 12:10"))
    assert not story.all(Reviewed)
    assert story.ticket.review_at == at("2026-11-26 12:00")


def test_a_hold_that_ends_at_the_instant_of_its_chase_is_not_chased():
    story = held(Story().open(), until=MONDAY + HOUR, chase_at=MONDAY + HOUR).wait(HOUR)
    assert not story.all(Reviewed)


def test_a_hold_of_an_unclaimed_ticket_stops_its_queue_clock():
    story = held(Story().open().wait(5 * MINUTE)).wait(HOUR).ok(Resume())
    assert story.due("queue") == story.now + 10 * MINUTE
    assert story.ticket.state is State.QUEUED


def test_opened_in_the_last_tenth_of_a_clock_it_stops_a_hold_is_marked():
    story = held(Story().open().ok(Claim("sam")).wait(26 * MINUTE))
    assert not story.ticket.hold.late
    story = held(Story().open().ok(Claim("sam")).wait(27 * MINUTE))
    assert story.ticket.hold.late


def test_words_while_on_hold_leave_the_silent_clock_still():
    story = held(Story().open().ok(Claim("sam"))).wait(MINUTE).ok(Note("asked again"))
    assert story.due("silent") is None


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (PutOnHold(CLIENT, ""), "missing"),
        (PutOnHold(CLIENT, "x", chase_at=MONDAY), "instant_past"),
        (PutOnHold(CLIENT, "x", until=MONDAY - MINUTE), "instant_past"),
        (PutOnHold(CLIENT, "x", until=datetime(2026, 12, 1)), "not_an_instant"),  # noqa: DTZ001
        (PutOnHold(CLIENT, "x", chase_at=datetime(2130, 1, 1, tzinfo=UTC)), "not_an_instant"),
        (Resume(), "not_on_hold"),
    ],
)
def test_a_hold_without_sense_is_refused(command, code):
    assert Story().open().ok(Claim("sam")).refused(command) == code


def test_only_the_owner_or_a_lead_holds_and_resumes():
    story = Story().open().ok(Claim("sam"))
    assert story.refused(PutOnHold(CLIENT, "x"), KIM) == "owned"
    held(story)
    assert story.refused(Resume(), KIM) == "owned"
    story.ok(Resume(), SAM)


def test_what_is_over_is_not_held():
    assert Story().open().ok(Resolve("x")).refused(PutOnHold(CLIENT, "x")) == "not_active"


def test_a_warning_due_while_held_comes_after_the_hold_and_says_when_it_was_due():
    policy = promising(example_policy(), NINE_TO_FIVE, resolve=100)
    story = Story(policy).open().ok(Claim("sam")).wait(40 * MINUTE)
    held(story).wait(HOUR).ok(Resume()).wait(30 * MINUTE)
    warned = next(e for e in story.all(Warned) if e.what.clock == "resolve")
    assert warned.at == warned.what.due == MONDAY + 110 * MINUTE
