"""The root cause analysis: asked for by rule, chased, written on a problem, complete."""

from datetime import timedelta

import pytest

from tests.domain.oversights import daily, managed_policy
from tests.domain.worlds import HOUR, MIA, MONDAY, P1, P3, SAM, TOM, Story, at
from tierline.domain.commands import Claim, Close, Confirm, LinkProblem, Move, Reopen, Resolve
from tierline.domain.correction import (
    CorrectionHanded,
    RcaChased,
    RcaDone,
    RcaRequired,
    RcaWritten,
)
from tierline.domain.events import ProblemCalled, ProblemLinked
from tierline.domain.management import RcaRule, When
from tierline.domain.oversight_commands import (
    AddAction,
    CompleteAction,
    HandCorrection,
    TakeCorrection,
    WriteRca,
)
from tierline.domain.policy import Duration
from tierline.domain.rca import CAUSES_MAX, COMMENTS_MAX, Rca, taken_over
from tierline.domain.terms import State, TicketType

DAY = timedelta(days=1)
CRITICAL = When(priorities=frozenset({P1}), escalated=True)
ADD = AddAction("keep a spare", "sam", MONDAY + 9 * DAY, "preventive")


def rule(*, in_problem: bool = True) -> RcaRule:
    return RcaRule(CRITICAL, Duration(business_days=5), in_problem)


def resolved(*, in_problem: bool = True, **stated: object) -> Story:
    story = Story(managed_policy(rca=rule(in_problem=in_problem)))
    story.call(priority=P1, start="Desk", **stated).ok(Move("theirs", to_group="Network"))
    return story.ok(Resolve("a new card"))


def written_here() -> Story:
    return resolved(in_problem=False).ok(WriteRca("The card failed.", ("no spare",)))


def problem() -> Story:
    return Story(managed_policy()).call(id=1002, type=TicketType.PROBLEM)


def test_a_critical_ticket_that_was_escalated_needs_one_from_its_resolution():
    story = resolved()
    required = story.last(RcaRequired)
    assert (required.at, required.what.rca.due) == (MONDAY, at("2026-11-30 09:00"))
    assert required.what.rca.about == (1001,)
    assert required.why.values["groups"] == ["Desk", "Network"]
    assert {who for who, *_ in story.told(RcaRequired)} == {"tom", "mia"}


@pytest.mark.parametrize("stated", [{"priority": P3}, {"type": TicketType.PROBLEM}])
def test_no_other_ticket_does(stated):
    policy = managed_policy(rca=rule())
    plain = {"priority": P1, "start": "Desk", **stated}
    story = Story(policy).call(**plain).ok(Move("x", to_group="Network")).ok(Resolve("x"))
    assert story.all(RcaRequired) == []
    unmoved = Story(policy).call(priority=P1, start="Desk").ok(Resolve("x"))
    assert unmoved.all(RcaRequired) == []


def test_a_problem_is_asked_for_to_write_it_on():
    story = resolved()
    called = story.last(ProblemCalled)
    assert (called.at, called.what.title, called.by.kind) == (MONDAY, story.ticket.title, "time")
    assert resolved(in_problem=False).all(ProblemCalled) == []
    story.ok(LinkProblem(1002))
    assert story.last(ProblemLinked).what.owes == story.ticket.rca
    story.ok(HandCorrection(1002, rca_alone=True)).ok(LinkProblem(1003))
    assert story.last(ProblemLinked).what.owes is None, "it is owed there now"


def test_not_where_a_problem_is_behind_it_already():
    story = Story(managed_policy(rca=rule())).call(priority=P1, start="Desk")
    story.ok(LinkProblem(1002)).ok(Move("theirs", to_group="Network")).ok(Resolve("a new card"))
    assert story.last(ProblemLinked).what.owes is None
    assert (len(story.all(RcaRequired)), story.all(ProblemCalled)) == (1, [])


def test_the_analysis_alone_goes_and_the_actions_stay():
    story = resolved().ok(ADD).ok(HandCorrection(1002, rca_alone=True))
    handed = story.last(CorrectionHanded).what
    assert (handed.actions, handed.rca.about) == ((), (1001,))
    assert [action.open for action in story.ticket.actions] == [True]
    assert story.refused(HandCorrection(1002, rca_alone=True)) == "nothing_open"


def test_it_is_asked_for_like_an_action_and_once_only():
    story = daily(resolved(), 9)
    assert [(e.what.stage, f"{e.at:%a %H:%M}") for e in story.all(RcaChased)] == [
        ("soon", "Fri 09:00"),
        ("due", "Mon 09:00"),
        ("overdue", "Tue 09:00"),
        ("overdue", "Wed 09:00"),
    ]
    assert ("mia", "rca overdue", "notify") in story.told(RcaChased)
    story.ok(Reopen("again"), TOM).ok(Resolve("x"), TOM)
    assert len(story.all(RcaRequired)) == 1


def test_a_ticket_does_not_close_over_it_and_a_problem_may_carry_on():
    story = resolved().ok(Confirm())
    assert story.ticket.state is State.RESOLVED
    assert story.refused(Close("x"), TOM) == "unfinished"
    assert "its root cause analysis" in story.rejected.reason
    assert story.refused(WriteRca("x")) == "no_rca"
    story.ok(HandCorrection(1002), TOM)
    assert story.ticket.state is State.CLOSED
    assert (story.ticket.rca.held_by, story.ticket.rca.owed) == (1002, False)


def test_on_the_problem_it_is_chased_written_and_completed():
    handed = resolved().ok(HandCorrection(1002), TOM)
    assert handed.refused(WriteRca("x")) == "held_elsewhere"
    story = problem().ok(TakeCorrection(1001, (), resolved().ticket.rca))
    daily(story, 8)
    assert [e.what.stage for e in story.all(RcaChased)] == ["soon", "due", "overdue"]
    story.ok(WriteRca("The card failed.", ("no spare", "old firmware"), {"1001/4": "too late"}))
    assert story.refused(WriteRca(done=True)) == "missing"
    story.ok(ADD).ok(WriteRca(done=True), MIA)
    assert story.last(RcaDone).what == RcaDone(("no spare", "old firmware"), 1)
    assert story.ticket.rca.next_chase is None
    assert story.refused(WriteRca("more")) == "rca_over"
    story.ok(Resolve("known"))
    assert story.refused(Close("x"), TOM) == "unfinished", "its action is still open"
    story.ok(CompleteAction(1, "bought")).ok(Close("x"), TOM)


def test_a_small_provider_writes_it_on_the_ticket_itself():
    story = written_here().ok(Confirm())
    story.ok(ADD).ok(WriteRca(done=True))
    assert story.ticket.state is State.RESOLVED, "its action is still open"
    story.ok(CompleteAction(1, "bought"))
    assert story.ticket.state is State.CLOSED


def test_the_last_word_of_the_analysis_may_close_what_only_waited_for_it():
    story = written_here().ok(ADD).ok(CompleteAction(1, "bought")).ok(Confirm())
    assert story.ticket.state is State.RESOLVED
    assert story.ok(WriteRca(done=True)).names()[-2:] == ["RcaDone", "Closed"]


def test_what_is_left_out_stays_and_a_comment_without_words_goes():
    story = written_here().ok(WriteRca(comments={"1001/2": "why so late?", "1001/3": "x"}))
    story.ok(WriteRca(causes=("no spare", "nobody looked"), comments={"1001/3": ""}))
    rca = story.ticket.rca
    assert rca.summary == "The card failed."
    assert rca.causes == ("no spare", "nobody looked")
    assert rca.comments == {"1001/2": "why so late?"}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (WriteRca(), "missing"),
        (WriteRca(causes=("x", " ")), "invalid"),
        (WriteRca(causes=("x",) * (CAUSES_MAX + 1)), "invalid"),
        (WriteRca(comments={"1001": "x"}), "invalid"),
        (WriteRca(comments={f"1/{n}": "x" for n in range(COMMENTS_MAX + 1)}), "invalid"),
        (WriteRca(causes=("x",), done=True), "missing"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_of_it_is_kept(command, code):
    story = resolved(in_problem=False)
    assert story.refused(command) == code
    assert story.all(RcaWritten) == []


def test_nobody_writes_one_where_none_is_asked_for_but_on_a_problem():
    assert Story().call().ok(Claim("sam")).refused(WriteRca("x")) == "no_rca"
    story = problem().ok(WriteRca("x", ("y",)), SAM)
    assert (story.ticket.rca.due, story.ticket.rca.about) == (None, (1002,))
    story.ok(Resolve("known")).ok(Confirm())
    assert story.ticket.state is State.CLOSED, "nobody waits for it"


def test_one_document_explains_several_tickets_by_the_earlier_date():
    first = Rca(MONDAY + DAY, MONDAY, (1,), "a", ("x",), {"1/1": "c"}, MONDAY + HOUR)
    second = Rca(MONDAY + 2 * DAY, MONDAY, (2,), "b", ("x", "y"), {}, MONDAY, on_problem=True)
    both = taken_over(first, second)
    assert (both.due, both.about, both.summary, both.causes) == (
        MONDAY + DAY,
        (1, 2),
        "a",
        ("x", "y"),
    )
    assert (both.next_chase, both.on_problem) == (MONDAY, False)


@pytest.mark.parametrize("over", [{"done_at": MONDAY, "done_by": "mia"}, {"held_by": 1_003}])
def test_what_was_complete_or_handed_on_keeps_its_words_and_is_owed_for_one_ticket_more(over):
    first = Rca(MONDAY - DAY, MONDAY - 9 * DAY, (1,), "a", ("x",), {"1/1": "c"}, chases=3, **over)
    second = Rca(MONDAY + 2 * DAY, MONDAY, (2,), next_chase=MONDAY + DAY, on_problem=True)
    both = taken_over(first, second)
    assert (both.about, both.summary, both.causes) == ((1, 2), "a", ("x",))
    assert both.owed
    assert (both.due, both.next_chase, both.chases) == (MONDAY + 2 * DAY, MONDAY + DAY, 0)
    assert (both.done_at, both.done_by, both.comments) == (None, "", {"1/1": "c"})
