"""Actions: taken on, chased, moved, done; and that nothing closes over them."""

from datetime import timedelta

import pytest

from tests.domain.oversights import daily
from tests.domain.worlds import HOUR, KIM, MINUTE, MONDAY, MONITOR, SAM, TOM, Story, at, person
from tierline.domain.action import KEPT_MAX, OPEN_MAX, open_of
from tierline.domain.commands import (
    Asker,
    Claim,
    Close,
    Confirm,
    PutOnHold,
    Reject,
    Release,
    Reopen,
    Resolve,
)
from tierline.domain.correction import (
    ActionAdded,
    ActionChased,
    ActionCompleted,
    ActionMoved,
    CorrectionHanded,
    CorrectionTaken,
)
from tierline.domain.events import SYSTEM, Closed, Confirmed, Reviewed
from tierline.domain.oversight_commands import (
    AddAction,
    CompleteAction,
    HandCorrection,
    MoveAction,
    TakeCorrection,
)
from tierline.domain.terms import HoldReason, State, TicketType

DAY = timedelta(days=1)
THURSDAY = at("2026-11-26 12:00")
SWAP = AddAction("swap the card", "kim", THURSDAY)


def worked() -> Story:
    """A request, which no limit moves, with Sam of the desk."""
    return Story().call(type=TicketType.REQUEST).ok(Claim("sam"))


def acting() -> Story:
    return worked().ok(SWAP)


def chases(story: Story) -> list[tuple[int, str, int, str]]:
    return [
        (e.what.number, e.what.stage, e.what.count, f"{e.at:%a %H:%M}")
        for e in story.all(ActionChased)
    ]


def test_an_action_has_an_owner_a_date_and_a_reminder_a_business_day_before():
    story = acting()
    (action,) = story.ticket.actions
    assert (action.number, action.owner, action.due, action.kind) == (
        1,
        "kim",
        THURSDAY,
        "corrective",
    )
    assert action.next_chase == at("2026-11-25 12:00")
    assert story.told(ActionAdded) == {("kim", "action given", "notify")}


def test_its_owner_is_reminded_before_then_the_lead_too_each_business_day_until_it_is_over():
    story = daily(acting(), 9)
    assert chases(story) == [
        (1, "soon", 0, "Wed 12:00"),
        (1, "due", 1, "Thu 12:00"),
        (1, "overdue", 2, "Fri 12:00"),
        (1, "overdue", 3, "Mon 12:00"),
        (1, "overdue", 4, "Tue 12:00"),
    ]
    soon, due, *_ = story.all(ActionChased)
    assert story.notices_of(soon) == {("kim", "action soon", "notify")}
    assert story.notices_of(due) == {
        ("kim", "action due", "notify"),
        ("priya", "action due", "notify"),
    }
    story.ok(CompleteAction(1, "swapped"), KIM)
    assert len(chases(daily(story, 5))) == 5


def test_after_an_outage_every_reminder_is_there_late_and_one_is_told():
    story = acting().until(at("2026-12-01 13:00"))
    assert [e.what.collapsed for e in story.all(ActionChased)] == [True] * 4 + [False]
    assert story.all(ActionChased)[0].what.late_s == 6 * 86_400 + 3_600
    assert len([e for e in story.all(ActionChased) if story.notices_of(e)]) == 1


def test_what_is_due_within_a_business_day_is_first_said_when_it_is_due():
    story = worked().ok(AddAction("call them", "sam", MONDAY + 2 * HOUR)).wait(3 * HOUR)
    assert chases(story) == [(1, "due", 1, "Mon 11:00")]


def test_a_reminder_never_falls_into_the_night():
    story = worked().ok(AddAction("call them", "sam", at("2026-11-27 08:00")))
    assert story.ticket.actions[0].next_chase == at("2026-11-26 08:00")
    story.ok(AddAction("and again", "sam", at("2026-11-29 03:00")))
    assert story.ticket.actions[1].next_chase == at("2026-11-27 08:00")


def test_another_date_is_counted_and_reminds_anew():
    story = acting().until(at("2026-11-26 13:00"))
    assert story.refused(MoveAction(1, story.now + DAY, " "), KIM) == "missing"
    story.ok(MoveAction(1, at("2026-11-30 12:00"), "the part is late"), KIM)
    (action,) = story.ticket.actions
    assert (action.moves, action.chases, action.next_chase) == (1, 0, at("2026-11-27 12:00"))
    assert ("priya", "action moved", "digest") in story.told(ActionMoved)
    story.until(at("2026-11-30 13:00"))
    assert chases(story)[-2:] == [(1, "soon", 0, "Fri 12:00"), (1, "due", 1, "Mon 12:00")]


def test_who_may_say_what_becomes_of_an_action():
    story = acting().wait(MINUTE)
    assert story.refused(CompleteAction(1, "x"), person("ann")) == "not_your_action"
    assert story.refused(MoveAction(1, THURSDAY + DAY, "x"), person("ann")) == "not_your_action"
    unowned = acting().ok(Release("not mine"))
    assert unowned.refused(CompleteAction(1, "x"), MONITOR) == "not_your_action", "it is nobody"
    assert story.refused(CompleteAction(1, "x", dropped=True), KIM) == "lead_decides"
    story.ok(CompleteAction(1, "not worth it", dropped=True), TOM)
    assert ("kim", "action over", "notify") in story.told(ActionCompleted)
    assert story.ticket.actions[0].dropped
    assert story.refused(CompleteAction(1, "x"), TOM) == "action_over"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (AddAction(" ", "sam", THURSDAY), "missing"),
        (AddAction("x", "", THURSDAY), "missing"),
        (AddAction("x", "sam", MONDAY), "instant_past"),
        (AddAction("x", "sam", THURSDAY.replace(tzinfo=None)), "not_an_instant"),
        (AddAction("x", "sam", THURSDAY, "odd"), "unknown_kind"),
        (MoveAction(2, THURSDAY, "x"), "unknown_action"),
        (MoveAction(1, THURSDAY, "x"), "same_date"),
        (MoveAction(1, MONDAY, "x"), "instant_past"),
        (CompleteAction(1, " "), "missing"),
        (CompleteAction(9, "x"), "unknown_action"),
    ],
)
def test_what_makes_no_sense_is_refused(command, code):
    assert acting().refused(command) == code


def test_a_ticket_has_only_so_many_actions():
    story = worked()
    for _ in range(OPEN_MAX):
        story.ok(SWAP)
    assert story.refused(SWAP) == "too_many_actions"
    story = worked()
    for number in range(1, KEPT_MAX + 1):
        story.ok(SWAP).ok(CompleteAction(number, "x"))
    assert story.refused(SWAP) == "too_many_actions"


# -- nothing closes over them


def test_people_are_refused_to_close_over_an_open_action_and_told_what_to_do():
    story = acting()
    assert story.refused(Close("a duplicate"), TOM) == "unfinished"
    assert "1 open action" in story.rejected.reason
    assert "problem" in story.rejected.reason
    assert story.ok(Resolve("x")).refused(Close("done")) == "unfinished"
    assert story.refused(Close("done"), Asker(SYSTEM)) == "unfinished"
    story.ok(CompleteAction(1, "swapped"), KIM).ok(Close("done"))


def test_the_client_may_agree_and_the_ticket_closes_with_its_last_action():
    story = acting().ok(Resolve("x")).ok(Confirm("thanks"))
    assert story.names()[-1] == "Confirmed"
    assert story.ticket.state is State.RESOLVED
    assert story.refused(Confirm()) == "confirmed"
    daily(story, 5)
    assert [stage for _, stage, *_ in chases(story)] == ["soon", "due", "overdue"]
    story.ok(CompleteAction(1, "swapped"), KIM)
    closed = story.last(Closed)
    assert closed.what.reason == "confirmed by the client, and all that was left is done"
    assert closed.by == KIM.actor


def test_time_does_not_close_over_them_and_does_with_the_last_one():
    story = worked().ok(AddAction("swap", "kim", at("2026-12-04 12:00"))).ok(Resolve("x"))
    story.until(at("2026-12-03 12:00"))
    assert story.ticket.state is State.RESOLVED
    story.ok(CompleteAction(1, "swapped"), KIM)
    assert story.last(Closed).what.reason.startswith("nobody answered within the time to confirm")


def test_a_client_who_answers_no_reminder_waits_for_them_too():
    story = acting().ok(PutOnHold(HoldReason.CLIENT, "which card?", "Jo")).wait(14 * DAY)
    assert story.ticket.state is State.ON_HOLD
    story.ok(CompleteAction(1, "swapped"), KIM).wait(2 * DAY)
    assert story.ticket.state is State.CLOSED


def test_a_rejection_opens_it_again_and_a_confirmation_counts_no_more():
    story = acting().ok(Resolve("x")).ok(Confirm()).ok(Reject("still down"))
    story.ok(CompleteAction(1, "swapped"), KIM)
    assert story.ticket.state is State.WORKING
    assert story.ok(Resolve("x")).ok(Confirm()).ticket.state is State.CLOSED
    assert len(story.all(Confirmed)) == 2


def test_the_daily_review_goes_on_while_it_waits():
    story = daily(acting().ok(Resolve("x")).ok(Confirm()), 3)
    assert len([e for e in story.all(Reviewed) if e.what.kind == "daily"]) == 3


def test_a_successor_carries_them_on():
    story = acting().ok(Resolve("x")).wait(MINUTE)
    left = open_of(story.ticket.actions)
    story.ok(Close("it fires again", successor=1002), MONITOR)
    assert story.ticket.actions == ()
    new = Story(now=story.now).open(id=1002, linked=(1001,), actions=left)
    assert new.ticket.actions == left
    assert chases(new.until(at("2026-11-25 13:00"))) == [(1, "soon", 0, "Wed 12:00")]


# -- a problem carries on


def test_a_problem_takes_them_over_under_numbers_of_its_own():
    story = acting().ok(AddAction("done soon", "sam", THURSDAY)).ok(CompleteAction(2, "done"))
    story.ok(Resolve("x")).ok(Confirm()).ok(HandCorrection(1002))
    assert story.names()[-2:] == ["CorrectionHanded", "Closed"]
    handed = story.last(CorrectionHanded).what
    assert [a.number for a in story.ticket.actions] == [2], "what is over stays"
    problem = Story().call(id=1002, type=TicketType.PROBLEM).ok(SWAP)
    problem.ok(TakeCorrection(1001, handed.actions), TOM)
    taken = problem.last(CorrectionTaken).what
    assert [(a.number, a.owner, a.due) for a in taken.actions] == [(2, "kim", THURSDAY)]
    assert [a.number for a in problem.ticket.actions] == [1, 2]
    problem.until(at("2026-11-25 13:00"))
    assert chases(problem) == [(1, "soon", 0, "Wed 12:00"), (2, "soon", 0, "Wed 12:00")]


def test_handing_over_nothing_or_to_itself_is_refused():
    assert worked().refused(HandCorrection(1002)) == "nothing_open"
    assert acting().refused(HandCorrection(1001)) == "same_ticket"
    closed = worked().ok(Resolve("x")).ok(Confirm())
    assert closed.refused(HandCorrection(1002)) == "closed"
    assert closed.refused(SWAP) == "closed"
    assert closed.refused(TakeCorrection(7, acting().ticket.actions)) == "closed"
    assert worked().refused(TakeCorrection(7, ())) == "nothing_open"
    full = worked()
    for _ in range(OPEN_MAX):
        full.ok(SWAP)
    assert full.refused(TakeCorrection(7, acting().ticket.actions)) == "too_many_actions"


def test_reopening_a_ticket_keeps_its_actions():
    story = acting().ok(Resolve("x")).ok(Reopen("again"), SAM)
    assert open_of(story.ticket.actions) == story.ticket.actions
