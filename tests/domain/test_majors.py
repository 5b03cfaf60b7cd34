"""Major incidents: what stops and what runs on, what flows down, who is not helped."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.escalations import TIERLINE
from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    KIM,
    MIA,
    MINUTE,
    MONDAY,
    MONITOR,
    P1,
    P2,
    P3,
    SAM,
    TOM,
    Story,
    example_policy,
    promising,
)
from tierline.domain.commands import (
    AddChild,
    Claim,
    Close,
    Confirm,
    DeclareMajor,
    DropChild,
    EndUnder,
    FlowReopening,
    FlowResolution,
    FlowUpdate,
    JoinMajor,
    LeaveMajor,
    MakePlan,
    Move,
    Note,
    Prioritise,
    PutOnHold,
    Recover,
    Reject,
    Reopen,
    Resolve,
)
from tierline.domain.events import (
    ChildLeft,
    Escalated,
    Lapsed,
    MajorDeclared,
    MajorJoined,
    MajorLeft,
    Noted,
    Paged,
    PlanSlipped,
    Reopened,
    Resolved,
    Reviewed,
    Warned,
)
from tierline.domain.handlers.majors import CHILDREN_MAX
from tierline.domain.policy import PagingRules
from tierline.domain.terms import HoldReason, State, TicketType
from tierline.domain.ticket import Leftover

PARENT = 900


def child(**stated: object) -> Story:
    """A call that has been with the desk for ten minutes, and is put under the major incident."""
    story = Story().call(priority=P3, **stated).wait(10 * MINUTE)
    return story.ok(JoinMajor(PARENT), KIM)


def parent(**stated: object) -> Story:
    return Story().call(priority=P3, **stated).ok(DeclareMajor("no site is up"), TOM)


# -- declaring


@pytest.mark.parametrize(
    ("priority", "asker", "code"),
    [(P1, SAM, ""), (P2, SAM, "lead_decides"), (P3, TOM, ""), (P3, MIA, ""), (P3, MONITOR, "")],
)
def test_a_lead_declares_and_a_technician_only_a_p1(priority, asker, code):
    story = Story().call(priority=priority)
    story.do(DeclareMajor("all down"), asker)
    assert (story.rejected.code if story.rejected else "") == code
    assert (story.ticket.major is not None) is (code == "")


def test_from_then_on_clients_hear_of_it_as_of_a_p1():
    policy = promising(example_policy(), ALWAYS, respond=15, resolve=600)
    story = Story(policy).call(priority=P3).ok(DeclareMajor("all down"), TOM)
    assert story.due("update") == MONDAY + 30 * MINUTE, "its own SLA promises none"
    story.wait(20 * MINUTE).ok(Note("we are on it", to_client=True))
    assert story.due("update") == MONDAY + 50 * MINUTE
    promised = promising(example_policy(), ALWAYS, resolve=600, update=12)
    story = Story(promised).call(priority=P3).ok(DeclareMajor("all down"), TOM)
    assert story.due("update") == MONDAY + 12 * MINUTE


def test_a_new_priority_does_not_take_the_word_to_clients_away():
    policy = promising(example_policy(), ALWAYS, respond=15, resolve=600)
    story = Story(policy).call(priority=P3).ok(DeclareMajor("all down"), TOM)
    story.ok(Prioritise("not that bad", priority=P2), TOM)
    assert story.due("update") == MONDAY + 30 * MINUTE


def test_reopened_it_owes_clients_a_word_again():
    story = parent().ok(Resolve("a new switch"), TOM).wait(HOUR).ok(Reopen("down again"), TOM)
    assert story.clock("update").running
    assert story.due("update") > story.now


def test_it_is_told_to_the_room_the_lead_and_the_service_manager():
    story = parent()
    assert story.told(MajorDeclared) == {
        ("desk", "major incident", "notify"),
        ("priya", "major incident", "notify"),
        ("mia", "major incident", "notify"),
    }


def test_declared_once_and_not_what_is_under_another_or_a_problem():
    assert parent().refused(DeclareMajor("again"), TOM) == "major"
    assert child().refused(DeclareMajor("x"), TOM) == "under_major"
    assert Story().call(type=TicketType.PROBLEM).refused(DeclareMajor("x"), TOM) == "a_problem"
    assert Story().call().refused(DeclareMajor(" "), TOM) == "missing"
    assert Story().call().ok(Resolve("x")).refused(DeclareMajor("x"), TOM) == "not_active"


# -- under one


def test_its_own_clocks_stand_still_and_its_clients_run_on():
    story = child()
    assert {name for name in ("tier", "queue") if story.clock(name).stopped_by == "parent"} == {
        "tier",
        "queue",
    }
    respond = story.due("respond")
    assert respond is not None
    story.wait(3 * HOUR)
    assert story.all(Lapsed) == []
    assert [e for e in story.all(Warned) if e.what.clock == "respond"] != []
    assert story.ticket.tier == "T1", "nothing moves it"


def test_nobody_is_told_each_evening_or_woken_for_it():
    policy = replace(
        example_policy(), paging=PagingRules(frozenset({P1, P2, P3}), timedelta(minutes=5), 1)
    )
    story = Story(policy).call(priority=P3).ok(JoinMajor(PARENT))
    story.wait(timedelta(days=1))
    assert story.all(Paged) == []
    assert [e.what.kind for e in story.all(Reviewed) if e.what.kind == "closing"] == []


def test_its_owner_has_a_silent_clock_no_more():
    story = Story().call(priority=P3).ok(Claim("sam")).ok(JoinMajor(PARENT))
    assert story.clock("silent").stopped_by == "parent"


def test_a_plan_that_slips_moves_nothing_while_the_work_is_done_elsewhere():
    story = child().ok(Claim("sam")).ok(MakePlan("wait for it", MONDAY + 30 * MINUTE))
    story.wait(2 * HOUR)
    assert len(story.all(PlanSlipped)) == 2
    assert story.all(Escalated) == []


def test_leaving_it_goes_on_where_its_work_had_stood():
    story = child().wait(3 * HOUR)
    used = story.clock("tier").carried_us
    assert used == 10 * 60 * 1_000_000
    story.ok(LeaveMajor("another switch"))
    assert story.ticket.under is None
    assert story.due("tier") == story.now + 20 * MINUTE, "of the 30 minutes 10 were used"
    assert story.clock("queue").running
    left = story.last(MajorLeft).what
    assert (left.parent, left.leftover) == (PARENT, False)
    assert story.told(MajorLeft) == set()


def test_held_or_moved_it_stays_under_it():
    story = child().ok(Move("theirs", to_group="Network"), TOM)
    assert story.ticket.under is not None
    story.ok(PutOnHold(HoldReason.CLIENT, "which port?"), TOM)
    assert story.ticket.under is not None
    assert story.clock("tier").stopped_by == "parent"


def test_its_requester_is_told_once_that_it_is_part_of_more():
    assert ("jo@contoso.example", "under a major incident", "notify") in child().told(MajorJoined)


@pytest.mark.parametrize(
    ("story", "command", "code"),
    [
        (child, JoinMajor(901), "under_major"),
        (parent, JoinMajor(PARENT), "major"),
        (lambda: Story().call(), JoinMajor(1001), "same_ticket"),
        (lambda: Story().call(type=TicketType.PROBLEM), JoinMajor(PARENT), "a_problem"),
        (lambda: Story().call().ok(Resolve("x")), JoinMajor(PARENT), "not_active"),
        (lambda: Story().call(), LeaveMajor("x"), "not_under"),
        (child, LeaveMajor(""), "missing"),
    ],
)
def test_joining_and_leaving_are_refused_with_a_reason(story, command, code):
    assert story().refused(command, TOM) == code


# -- what flows down


def test_a_word_of_it_restarts_update_and_meets_nobodys_respond():
    story = Story(promising(example_policy(), ALWAYS, respond=60, update=30)).call(priority=P2)
    story.ok(Claim("sam")).ok(Move("up", to_tier="T2"), TOM).ok(JoinMajor(PARENT))
    story.wait(20 * MINUTE).ok(FlowUpdate(PARENT, story.now, "a switch died"), TIERLINE)
    assert story.due("update") == story.now + 30 * MINUTE
    assert story.clock("respond").met_at is None
    assert story.told(Noted) == {("jo@contoso.example", "client note", "notify")}


def test_a_requester_who_hears_it_already_is_not_told_twice():
    story = child()
    story.ok(FlowUpdate(PARENT, story.now, "a switch died", muted=True), TIERLINE)
    assert story.told(Noted) == set()


def test_a_word_from_it_does_not_count_as_somebody_looking():
    story = Story().open(priority=P3).ok(JoinMajor(PARENT), MONITOR)
    story.ok(FlowUpdate(PARENT, story.now, "x"), TIERLINE)
    assert not story.ticket.touched
    story.ok(Recover("2"), MONITOR).wait(10 * MINUTE)
    assert story.ticket.self_healed


def test_resolved_with_it_each_client_is_asked_to_confirm():
    story = child()
    story.ok(FlowResolution(PARENT, story.now, "a new switch", "lightning"), TIERLINE)
    done = story.last(Resolved).what
    assert (done.resolution, done.fault, done.flowed, done.by) == (
        "a new switch",
        "lightning",
        PARENT,
        "",
    )
    assert not done.first_contact
    assert story.ticket.under.resolved
    assert story.told(Resolved) == {("jo@contoso.example", "please confirm", "notify")}
    story.ok(Confirm())
    assert story.ticket.state is State.CLOSED


def test_what_still_fires_is_not_helped_and_goes_on_with_its_own_group():
    story = Story().open(priority=P3, start="Desk").wait(10 * MINUTE).ok(JoinMajor(PARENT))
    story.wait(HOUR).ok(FlowResolution(PARENT, story.now, "a new switch"), TIERLINE)
    assert (story.ticket.state, story.ticket.group) == (State.QUEUED, "Desk")
    left = story.last(MajorLeft).what
    assert (left.parent, left.because, left.leftover) == (PARENT, "it still fires", True)
    assert story.due("tier") == story.now + 20 * MINUTE
    assert ("desk", "leftover", "notify") in story.told(MajorLeft)


def test_an_alert_that_recovered_is_resolved_with_it():
    story = Story().open(priority=P3).ok(Claim("sam")).ok(JoinMajor(PARENT))
    story.ok(Recover("2"), MONITOR).ok(FlowResolution(PARENT, story.now, "x"), TIERLINE)
    assert story.ticket.state is State.RESOLVED


def test_reopened_with_it_and_under_it_again():
    story = child()
    story.ok(FlowResolution(PARENT, story.now, "a new switch"), TIERLINE).wait(HOUR)
    story.ok(FlowReopening(PARENT, story.now, "down again"), TIERLINE)
    assert story.ticket.state is State.QUEUED
    assert story.ticket.under is not None
    assert not story.ticket.under.resolved
    assert story.clock("tier").stopped_by == "parent"
    assert story.told(Reopened) == set()
    story.ok(FlowResolution(PARENT, story.now, "for good"), TIERLINE)
    assert story.ticket.state is State.RESOLVED


def test_what_was_resolved_by_itself_or_confirmed_is_not_reopened_with_it():
    story = child().ok(Resolve("it was something else"), TOM)
    flow = FlowReopening(PARENT, story.now, "x")
    assert story.refused(flow, TIERLINE) == "not_resolved_with_it"
    story = child()
    story.ok(FlowResolution(PARENT, story.now, "x"), TIERLINE).ok(Confirm())
    assert story.refused(flow, TIERLINE) == "not_resolved_with_it"


@pytest.mark.parametrize("again", [Reject("still dark"), Reopen("fires", alert="3")])
def test_a_client_who_disagrees_was_not_helped(again):
    story = child()
    story.ok(FlowResolution(PARENT, story.now, "x"), TIERLINE).wait(HOUR).ok(again)
    assert story.ticket.under is None
    assert story.last(MajorLeft).what.leftover
    assert story.names()[-2:] == ["Reopened", "MajorLeft"]
    assert (story.ticket.group, story.clock("queue").running) == ("Desk", True)


def test_what_flows_is_refused_once_it_is_over():
    story = child()
    joined = story.now
    before = joined - MINUTE
    for flow in (
        FlowUpdate(PARENT, before, "x"),
        FlowResolution(PARENT, before, "x"),
        FlowReopening(PARENT, before, "x"),
        FlowUpdate(PARENT + 1, joined, "x"),
        FlowResolution(PARENT + 1, joined, "x"),
        EndUnder(PARENT + 1, "x"),
    ):
        assert story.refused(flow, TIERLINE) == "not_under"
    story.ok(FlowResolution(PARENT, joined, "x"), TIERLINE)
    assert story.refused(FlowResolution(PARENT, joined, "x"), TIERLINE) == "not_active"
    assert story.refused(FlowUpdate(PARENT, joined, "x"), TIERLINE) == "not_active"


def test_with_nothing_to_be_under_it_goes_on_by_itself():
    story = child().ok(EndUnder(PARENT, "it was over"), TIERLINE)
    assert story.ticket.under is None
    assert not story.last(MajorLeft).what.leftover


# -- the parent's side


def test_children_are_counted_and_leave():
    story = parent().ok(AddChild(1002), TIERLINE).ok(AddChild(1003), TIERLINE)
    assert story.ticket.major.numbers == (1002, 1003)
    assert story.refused(AddChild(1003), TIERLINE) == "joined"
    story.ok(DropChild(1002, "another switch"), TIERLINE)
    assert story.ticket.major.numbers == (1003,)
    assert story.ticket.major.leftovers == ()
    assert story.refused(DropChild(1002), TIERLINE) == "not_joined"


def test_leftovers_are_listed_even_after_it_is_closed_and_told_to_its_owner():
    story = parent().ok(Claim("sam")).ok(AddChild(1002), TIERLINE).ok(AddChild(1003), TIERLINE)
    story.ok(Resolve("a new switch")).ok(DropChild(1002, "it still fires", leftover=True), TIERLINE)
    assert story.told(ChildLeft) == {("sam", "leftover found", "notify")}
    story.ok(Confirm()).ok(DropChild(1003, "still dark", leftover=True), TIERLINE)
    assert story.ticket.major.leftovers == (
        Leftover(1002, "it still fires"),
        Leftover(1003, "still dark"),
    )


@pytest.mark.parametrize(
    ("story", "because"),
    [
        (lambda: Story().call(), "it is no major incident"),
        (lambda: parent().ok(Resolve("x"), TOM), "the major incident was over"),
    ],
)
def test_who_comes_too_late_is_sent_back(story, because):
    found = story().ok(AddChild(1002), TIERLINE)
    what = found.last(ChildLeft).what
    assert (what.child, what.because, what.declined) == (1002, because, True)
    assert found.ticket.major is None or found.ticket.major.numbers == ()
    assert found.told(ChildLeft) == set()


def test_it_takes_so_many_and_no_more():
    story = parent()
    for number in range(CHILDREN_MAX):
        story.do(AddChild(2_000 + number), TIERLINE)
    story.ok(AddChild(9_999), TIERLINE)
    assert len(story.ticket.major.children) == CHILDREN_MAX
    assert story.last(ChildLeft).what.declined


def test_it_is_not_closed_over_others_without_saying_so():
    story = parent().ok(AddChild(1002), TIERLINE)
    assert story.refused(Close("a duplicate", open_under=1), TOM) == "open_under"
    story.ok(Close("a duplicate", leaving="each goes on by itself", open_under=1), TOM)
    assert story.events[-1].what.leaving == "each goes on by itself"
    assert parent().ok(Close("spam", open_under=0), TOM).ticket.state is State.CLOSED


def test_silence_does_not_close_it_over_others():
    asked = PutOnHold(HoldReason.CLIENT, "which port?", "jo")
    story = parent().ok(AddChild(1002), TIERLINE).ok(asked, TOM).wait(timedelta(days=20))
    assert story.ticket.state is State.ON_HOLD
    alone = parent().ok(asked, TOM).wait(timedelta(days=20))
    assert alone.ticket.state is State.CLOSED
