"""Management is called: by which trigger, at which instant, whom, and what it is then owed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.oversights import HALF_HOUR, managed_policy
from tests.domain.worlds import (
    HOUR,
    MINUTE,
    MONDAY,
    MONITOR,
    OFFICE,
    P1,
    P2,
    P3,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
    minutes,
    person,
    promising,
)
from tierline.domain.commands import (
    AskApproval,
    Attach,
    Claim,
    Close,
    JoinMajor,
    LeaveMajor,
    MakePlan,
    Move,
    Prioritise,
    Release,
    Reopen,
    Resolve,
    Retype,
)
from tierline.domain.events import ApprovalAnswered, Lapsed, Reviewed
from tierline.domain.floor import Floor
from tierline.domain.management import Trigger, When
from tierline.domain.managing import MISSED_IN_A_ROW
from tierline.domain.oversight import (
    ActionPlanMissed,
    BriefMissed,
    ManagementCalled,
    Reallocated,
)
from tierline.domain.oversight_commands import AddAction, Brief, Reallocate, StateComplexity
from tierline.domain.policy import Duration
from tierline.domain.terms import ClockName, Mode, TicketType

BOSS = ("service manager",)


def when(**asked: object) -> Story:
    """A story under a policy whose one trigger asks this."""
    return Story(managed_policy(Trigger("it", When(**asked), BOSS)))


def calls(story: Story) -> list[tuple[str, str]]:
    """Who was called for, and when."""
    return [(e.what.trigger, f"{e.at:%a %H:%M}") for e in story.all(ManagementCalled)]


def test_a_p1_calls_the_service_manager_at_once_and_stays_where_it_is():
    story = Story(managed_policy()).open(priority=P1, start="Desk")
    call = story.last(ManagementCalled)
    assert (call.at, call.what.people, call.what.late_s) == (MONDAY, ("mia",), 0)
    assert call.why.rule == "management: Any P1"
    assert call.why.values == {"call": ["service manager"], "priority": "P1"}
    assert (story.ticket.group, story.ticket.tier) == ("Desk", "T1")
    assert ("mia", "management called", "notify") in story.notices_of(call)


def test_no_other_priority_calls_them_and_a_change_to_it_does_at_that_instant():
    story = Story(managed_policy()).open(priority=P2).wait(5 * MINUTE)
    assert calls(story) == []
    story.ok(Prioritise("all are hit", priority=P1), TOM)
    assert calls(story) == [("Any P1", "Mon 09:05")]
    story.ok(Prioritise("no", priority=P2), TOM).ok(Prioritise("yes", priority=P1), TOM)
    assert len(calls(story)) == 1, "once a cycle"


def test_a_broken_promise_calls_at_the_instant_it_breaks_however_late_that_is_seen():
    trigger = Trigger(
        "broken", When(breached=frozenset({ClockName.RESOLVE})), (*BOSS, "account manager")
    )
    policy = promising(managed_policy(trigger), respond=15, resolve=60)
    story = Story(policy).open(priority=P2).ok(Claim("sam")).until(MONDAY + 3 * HOUR)
    call = story.last(ManagementCalled)
    assert (call.at, call.what.late_s) == (MONDAY + HOUR, 7200.0)
    assert call.what.people == ("mia", "lou")
    assert call.why.values["breached"] == ["resolve"]


def test_two_business_days_count_on_the_cover_of_the_priority():
    story = when(priorities=frozenset({P3}), open_for=Duration(business_days=2)).open(priority=P3)
    assert story.ticket.watch == {"it": at("2026-11-25 09:00")}
    story.until(at("2026-11-25 08:59"))
    assert calls(story) == []
    story.until(at("2026-11-27 12:00"))
    assert calls(story) == [("it", "Wed 09:00")]


def test_a_new_priority_counts_the_time_open_on_its_own_cover():
    story = when(open_for=minutes(600)).open(priority=P3)
    assert story.ticket.watch == {"it": at("2026-11-23 19:00") + 14 * HOUR}
    story.wait(HOUR).ok(Prioritise("worse", priority=P1), TOM)
    assert story.ticket.watch == {"it": at("2026-11-23 19:00")}


def test_waiting_unclaimed_counts_staffed_time_and_a_claim_ends_it():
    story = when(vip=True, unclaimed_for=minutes(30))
    story.now = at("2026-11-23 17:45")
    story.open(vip=True, priority=P3, start="Desk")
    assert story.ticket.watch == {"it": at("2026-11-24 08:15")}
    story.wait(10 * MINUTE).ok(Claim("sam"))
    assert story.ticket.watch == {}
    story.wait(MINUTE).ok(Release("off shift")).until(at("2026-11-24 09:00"))
    assert calls(story) == [("it", "Tue 08:26")]


def test_waiting_unclaimed_begins_when_a_question_to_an_approver_expires():
    story = when(unclaimed_for=minutes(30)).open(start="Desk", priority=P3).wait(MINUTE)
    story.ok(AskApproval("a new switch", "Ruth", "ruth@contoso.example"), TOM)
    assert story.ticket.watch == {}
    story.until(at("2026-11-25 17:00"))
    (expired,) = story.all(ApprovalAnswered)
    assert story.ticket.unclaimed
    assert calls(story) == [("it", f"{expired.at + 30 * MINUTE:%a %H:%M}")]


def test_what_becomes_an_incident_calls_as_one():
    story = when(types=frozenset({TicketType.INCIDENT})).open(type=TicketType.REQUEST)
    assert calls(story.wait(MINUTE)) == []
    assert calls(story.ok(Retype(TicketType.INCIDENT, "it is broken"))) == [("it", "Mon 09:01")]


def test_a_move_to_another_queue_does_not_begin_the_wait_anew():
    story = when(unclaimed_for=minutes(30)).open(start="Desk", priority=P3).wait(20 * MINUTE)
    story.ok(Move("theirs", to_group="Network")).wait(20 * MINUTE)
    assert calls(story) == [("it", "Mon 09:30")]


def test_the_second_reopening_calls_and_each_cycle_may_call_again():
    story = when(reopened=2).open().ok(Claim("sam"))
    story.ok(Resolve("x")).ok(Reopen("again"))
    assert calls(story) == []
    story.wait(MINUTE).ok(Resolve("x")).ok(Reopen("and again"), TOM)
    assert calls(story) == [("it", "Mon 09:01")]
    story.wait(MINUTE).ok(Resolve("x")).ok(Reopen("still"), TOM)
    assert calls(story) == [("it", "Mon 09:01"), ("it", "Mon 09:02")]


@pytest.mark.parametrize(
    ("asked", "stated"),
    [
        ({"vip": True}, {"vip": True}),
        ({"categories": frozenset({"security"})}, {"category": "security"}),
        ({"types": frozenset({"alert"})}, {}),
        ({}, {}),
    ],
)
def test_a_plain_fact_calls_with_the_opening(asked, stated):
    assert calls(when(**asked).open(**stated)) == [("it", "Mon 09:00")]


def test_what_comes_again_and_again_calls_at_that_alert():
    story = when(alerts=3).open().ok(Attach("2", "firing"), MONITOR).wait(MINUTE)
    assert calls(story) == []
    assert calls(story.ok(Attach("3", "firing"), MONITOR)) == [("it", "Mon 09:01")]


def test_a_move_to_another_group_makes_it_escalated():
    story = when(escalated=True).open(start="Desk").wait(MINUTE)
    assert calls(story) == []
    assert calls(story.ok(Move("theirs", to_group="Network"))) == [("it", "Mon 09:01")]


def test_a_technician_states_that_it_is_complex():
    story = when(complex=True).open().ok(Claim("sam")).wait(MINUTE)
    story.ok(StateComplexity("three vendors"))
    assert calls(story) == [("it", "Mon 09:01")]
    assert story.ticket.complexity == "three vendors"
    assert story.refused(StateComplexity(" ")) == "missing"
    assert story.ok(Resolve("x")).refused(StateComplexity("again")) == "not_active"


def test_of_several_that_hold_at_one_instant_the_first_is_told_and_names_the_others():
    first = Trigger("first", When(priorities=frozenset({P1})), BOSS)
    second = Trigger("second", When(vip=True), ("account manager",))
    later = Trigger("later", When(complex=True), ("lead",))
    story = Story(managed_policy(first, second, later)).open(priority=P1, vip=True, start="Desk")
    (call,) = story.all(ManagementCalled)
    assert (call.what.trigger, call.what.also, call.what.people) == ("first", ("second",), ("mia",))
    story.wait(MINUTE).ok(StateComplexity("x"))
    assert story.last(ManagementCalled).what.people == ("priya",)
    assert story.ticket.attention.people == ("mia", "priya")


def test_a_role_that_nobody_fills_is_left_out_and_the_schedule_says_who_is_on_duty():
    story = Story(managed_policy(Trigger("it", When(), ("duty manager", *BOSS))))
    assert story.open().last(ManagementCalled).what.people == ("mia",)

    class OnDuty(Story):
        @property
        def floor(self) -> Floor:
            return Floor(self.now, {}, lambda name, _: ("ann",) if name == "duty manager" else ())

    story = OnDuty(managed_policy(Trigger("it", When(), ("duty manager", *BOSS))))
    assert story.open().last(ManagementCalled).what.people == ("ann", "mia")


def test_a_trigger_that_left_the_policy_is_let_go_and_a_new_one_is_found_with_the_next_event():
    story = when(open_for=minutes(10)).open(priority=P3)
    story.policy = example_policy()
    story.wait(12 * MINUTE)
    assert calls(story) == []
    (gone,) = [e for e in story.all(Reviewed) if e.what.kind == "trigger"]
    assert (gone.at, story.ticket.watch) == (MONDAY + 10 * MINUTE, {})
    assert story.notices_of(gone) == set()
    story.policy = managed_policy(Trigger("new", When(), BOSS))
    story.ok(Claim("sam"))
    assert calls(story) == [("new", "Mon 09:12")]


def test_in_watch_it_is_recorded_and_nobody_is_told():
    policy = replace(managed_policy(), mode=example_policy(mode=Mode.WATCH).mode)
    story = Story(policy).open(priority=P1)
    assert len(calls(story)) == 1
    assert story.notices_of(story.last(ManagementCalled)) == set()


def test_nothing_is_watched_once_no_work_is_owed():
    story = when(open_for=minutes(60)).open(priority=P1).ok(Claim("sam")).ok(Resolve("x"))
    assert story.ticket.watch == {}
    story.wait(2 * HOUR)
    assert calls(story) == []
    story.ok(Reopen("again"))
    assert story.ticket.watch == {"it": story.now + HOUR}, "since work is owed again"


# -- the word that is owed


def briefed_late(story: Story) -> list[tuple[int, str]]:
    return [(e.what.missed, f"{e.at:%a %H:%M}") for e in story.all(BriefMissed)]


def test_a_word_is_owed_each_period_and_its_want_is_said():
    story = Story(managed_policy()).open(priority=P1, start="Desk").ok(Claim("sam"))
    story.ok(MakePlan("swap it", MONDAY + 55 * MINUTE))
    assert story.ticket.attention.next_due == MONDAY + 30 * MINUTE
    story.wait(31 * MINUTE)
    assert story.told(BriefMissed) == {
        ("sam", "brief missed", "notify"),
        ("priya", "brief missed", "notify"),
    }
    story.wait(30 * MINUTE)
    assert ("mia", "brief missed again", "notify") in story.told(BriefMissed)
    assert briefed_late(story) == [(1, "Mon 09:30"), (2, "Mon 10:00")]
    story.ok(Brief("the part is here"))
    assert story.ticket.attention.next_due == story.now + 30 * MINUTE
    assert story.ticket.attention.missed == 0


def test_after_an_outage_each_period_is_there_and_one_message_goes_out():
    story = Story(managed_policy()).open(priority=P1).wait(2 * HOUR)
    assert [e.what.collapsed for e in story.all(BriefMissed)] == [True, True, True, False]
    assert story.last(BriefMissed).what.late_s == 0
    assert story.all(BriefMissed)[0].what.late_s == 5400.0


def test_after_some_in_a_row_it_is_said_once_a_business_day():
    story = Story(managed_policy()).open(priority=P1).ok(Claim("sam")).wait(timedelta(days=3))
    missed = briefed_late(story)
    assert missed[: MISSED_IN_A_ROW + 1][-2:] == [(6, "Mon 12:00"), (7, "Tue 12:00")]
    assert len(missed) == MISSED_IN_A_ROW + 2


def test_whoever_is_called_later_is_owed_a_word_as_often_as_the_shorter_period_asks():
    hourly = Trigger("hourly", When(priorities=frozenset({P1})), BOSS, Duration(seconds=3600))
    often = Trigger("often", When(complex=True), ("lead",), HALF_HOUR)
    story = Story(managed_policy(hourly, often)).open(priority=P1, start="Desk")
    story.wait(45 * MINUTE).ok(StateComplexity("x"))
    attention = story.ticket.attention
    assert (attention.every_s, attention.next_due) == (1800, MONDAY + HOUR)


def test_a_word_is_only_owed_where_management_was_called_and_ends_with_the_work():
    story = Story(managed_policy()).open(priority=P2).ok(Claim("sam"))
    assert story.refused(Brief("x")) == "not_called"
    story.ok(Prioritise("worse", priority=P1), TOM)
    assert story.refused(Brief(" ")) == "missing"
    story.ok(Resolve("x")).wait(4 * HOUR)
    assert story.ticket.attention is None
    assert briefed_late(story) == []


def test_a_word_for_management_is_a_word_of_the_owner():
    story = Story(managed_policy()).open(priority=P1, start="Desk").ok(Claim("sam"))
    story.wait(19 * MINUTE).ok(Brief("looking"), SAM).wait(10 * MINUTE)
    assert [e for e in story.all(Lapsed) if e.what.clock is ClockName.SILENT] == []


# -- the plan that is needed


def needing() -> Story:
    trigger = Trigger("plan it", When(priorities=frozenset({P1})), BOSS, plan_within=minutes(240))
    return Story(managed_policy(trigger)).open(priority=P1, start="Desk").ok(Claim("sam"))


def test_an_action_plan_that_is_not_there_in_time_is_said_once_to_those_who_answer_for_it():
    story = needing()
    assert story.ticket.plan_owed.due == MONDAY + 4 * HOUR
    story.wait(5 * HOUR)
    (missed,) = story.all(ActionPlanMissed)
    assert (missed.at, missed.what.late_s) == (MONDAY + 4 * HOUR, 3600.0)
    assert ("mia", "action plan missed", "notify") in story.notices_of(missed)
    story.wait(timedelta(days=2))
    assert len(story.all(ActionPlanMissed)) == 1
    assert story.ticket.plan_owed.missed
    story.ok(AddAction("swap it", "sam", story.now + HOUR))
    assert story.ticket.plan_owed is None


def test_an_action_in_time_is_a_plan():
    story = needing().wait(HOUR).ok(AddAction("swap it", "sam", MONDAY + 30 * HOUR)).wait(5 * HOUR)
    assert story.all(ActionPlanMissed) == []


def test_the_plan_is_owed_beyond_the_resolution_and_not_beyond_the_end():
    story = needing().ok(Resolve("x")).wait(5 * HOUR)
    assert len(story.all(ActionPlanMissed)) == 1
    story = needing().ok(Resolve("x")).ok(Close("a test"), TOM)
    assert story.ticket.plan_owed is None


# -- people beside the owner


def test_a_lead_puts_people_beside_the_owner_and_lets_them_go():
    story = Story().open(start="Desk").ok(Claim("sam"))
    assert story.refused(Reallocate("help", ("ana",))) == "lead_decides"
    story.ok(Reallocate("two more", ("ana", "tom")), TOM)
    assert story.ticket.joined == ("ana", "tom")
    assert story.told(Reallocated) == {
        ("ana", "reallocated", "notify"),
        ("sam", "reallocated", "notify"),
    }, "nobody hears of what they did themselves"
    story.ok(Reallocate("enough", (), ("tom",)), TOM)
    assert story.ticket.joined == ("ana",)
    assert ("tom", "reallocated", "notify") not in story.told(Reallocated)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Reallocate("x"), "missing"),
        (Reallocate(" ", ("ana",)), "missing"),
        (Reallocate("x", ("sam",)), "same_people"),
        (Reallocate("x", (), ("ana",)), "unknown_people"),
        (Reallocate("x", tuple(f"p{n}" for n in range(11))), "too_many_people"),
    ],
)
def test_what_makes_no_sense_is_refused(command, code):
    assert Story().open(start="Desk").ok(Claim("sam")).refused(command, TOM) == code


def test_people_beside_the_owner_stay_over_a_move_and_go_with_the_end_of_the_work():
    story = Story().open(start="Desk").ok(Reallocate("x", ("ana",)), TOM)
    story.ok(Move("theirs", to_group="Network"))
    assert story.ticket.joined == ("ana",)
    assert story.ok(Resolve("x"), person("ana")).ticket.joined == ()


def test_whoever_helps_takes_room_in_their_own_groups():
    group = replace(example_policy().groups["Desk"], capacity=3)
    floor = Floor(MONDAY, {"Desk": 1}, beside={"sam": 1, "ana": 4})
    assert (floor.room(group), floor.full(group)) == (1, False)
    assert floor.seen(group, MONDAY)["helping"] == 1
    before = Story().open(start="Network").ticket
    helped = Story().open(start="Network").ok(Reallocate("x", ("kim", "ana")), TOM).ticket
    assert floor.after(before, helped).full(group)
    assert floor.after(before, helped).after(helped, before).beside == {
        "sam": 1,
        "ana": 4,
        "kim": 0,
    }
    assert Floor(MONDAY, {"Desk": 1}).seen(group, MONDAY).get("helping") is None


def test_a_sparse_cover_is_counted_too():
    policy = promising(managed_policy(), OFFICE, respond=15, resolve=60)
    story = Story(policy, now=at("2026-11-23 17:50")).open(priority=P1)
    assert story.ticket.attention.next_due == at("2026-11-24 08:20")


def test_what_is_worked_under_a_major_incident_is_not_left_unclaimed():
    """Nobody is to take it; once it is by itself again it waits anew."""
    story = when(unclaimed_for=HALF_HOUR).call(priority=P3).wait(10 * MINUTE)
    story.ok(JoinMajor(900)).wait(3 * HOUR)
    assert calls(story) == []
    story.ok(LeaveMajor("it is another thing")).wait(HOUR)
    assert calls(story) == [("it", "Mon 12:40")]
