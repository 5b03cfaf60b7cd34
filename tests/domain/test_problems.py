"""Problems: one cause behind several tickets, what is known of it, what helps meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.escalations import TIERLINE
from tests.domain.worlds import HOUR, MINUTE, MONITOR, P1, P3, SAM, TOM, Story, example_policy
from tierline.domain.commands import (
    CallProblem,
    Claim,
    Close,
    CountIncident,
    GiveWorkaround,
    LinkProblem,
    Move,
    Reopen,
    Resolve,
    StateCause,
    TellSolved,
)
from tierline.domain.events import (
    IncidentLinked,
    Paged,
    ProblemCalled,
    ProblemLinked,
    ProblemSolved,
    Reviewed,
    WorkaroundGiven,
)
from tierline.domain.known import CATEGORY, DEVICE, LINKED, matches
from tierline.domain.policy import PagingRules, RecoveryRules
from tierline.domain.terms import TicketType
from tierline.domain.ties import TICKETS_KEPT

AGAIN = Reopen("it fires again", alert="2")


def problem(**stated: object) -> Story:
    return Story().call(type=TicketType.PROBLEM, **stated)


def known(**stated: object) -> Story:
    return problem(**stated).ok(StateCause("bad firmware")).ok(GiveWorkaround("power-cycle it"))


def test_a_problem_has_no_clocks_but_its_review():
    paging = PagingRules(frozenset({P1}), timedelta(minutes=5), 1)
    story = Story(replace(example_policy(), paging=paging))
    story.call(type=TicketType.PROBLEM, priority=P1)
    assert story.ticket.clocks == {}
    story.ok(Claim("sam")).ok(Move("theirs", to_group="Network"), TOM).ok(Claim("sam"))
    assert story.ticket.clocks == {}
    story.wait(timedelta(days=3))
    assert {type(e.what) for e in story.events[-3:]} == {Reviewed}
    assert story.all(Paged) == []


# -- asking for one


def test_somebody_asks_for_a_problem_behind_several_tickets():
    called = CallProblem("the third this week", "Switches", (7, 7, 1001))
    story = Story().call(priority=P3).ok(called)
    asked = story.last(ProblemCalled).what
    assert (asked.title, asked.reason, asked.others) == ("Switches", "the third this week", (7,))
    titled = Story().call().ok(CallProblem("x")).last(ProblemCalled).what
    assert titled.title == "Switch is down"


def third(policy=None) -> Story:
    rules = RecoveryRules(third_time=True)
    story = Story(policy or replace(example_policy(), recovery=rules)).open(priority=P3)
    for _ in range(2):
        story.ok(Resolve("rebooted"), TOM).wait(HOUR).ok(AGAIN, MONITOR)
    return story


def test_what_fires_the_third_time_asks_for_a_problem_by_itself():
    story = third()
    called = story.last(ProblemCalled)
    assert story.names()[-2:] == ["Reopened", "ProblemCalled"]
    assert (called.what.reason, called.why.rule) == ("it fired 3 times", "third time")
    assert called.by.kind == "integration"
    story.ok(LinkProblem(1050), TIERLINE).ok(Resolve("x"), TOM).wait(HOUR).ok(AGAIN, MONITOR)
    assert len(story.all(ProblemCalled)) == 1, "it has one"


def test_not_the_second_time_and_not_where_the_policy_does_not_say_so():
    rules = replace(example_policy(), recovery=RecoveryRules(third_time=True))
    story = Story(rules).open(priority=P3).ok(Resolve("x"), TOM).wait(HOUR).ok(AGAIN, MONITOR)
    assert story.all(ProblemCalled) == []
    assert third(example_policy()).all(ProblemCalled) == []


def test_what_people_reopen_does_not_count_as_firing():
    rules = replace(example_policy(), recovery=RecoveryRules(third_time=True))
    story = Story(rules).open(priority=P3)
    for _ in range(3):
        story.ok(Resolve("x"), TOM).wait(HOUR).ok(Reopen("no"), TOM)
    assert story.all(ProblemCalled) == []


# -- links


def test_a_ticket_is_linked_and_the_link_corrected():
    story = Story().call().ok(LinkProblem(1050))
    assert story.ticket.problem == 1050
    assert story.refused(LinkProblem(1050)) == "linked"
    story.ok(LinkProblem(1060))
    assert story.last(ProblemLinked).what.was == 1050
    assert story.refused(CallProblem("x")) == "has_problem"


@pytest.mark.parametrize("command", [LinkProblem(1050), CallProblem("x")])
def test_a_problem_has_no_problem(command):
    assert problem().refused(command) == "a_problem"


def test_recurrence_is_counted_and_the_newest_are_kept():
    story = problem()
    for number in range(TICKETS_KEPT + 1):
        story.ok(CountIncident(2_000 + number), TIERLINE)
    finding = story.ticket.finding
    assert finding.count == TICKETS_KEPT + 1
    assert len(finding.tickets) == TICKETS_KEPT
    assert finding.tickets[-1] == 2_000 + TICKETS_KEPT
    assert finding.last_at == story.now
    assert story.refused(CountIncident(2_001), TIERLINE) == "linked"
    story.ok(CountIncident(2_001, gone=True), TIERLINE)
    assert story.ticket.finding.count == TICKETS_KEPT
    story.ok(CountIncident(2_000, gone=True), TIERLINE)  # counted, and not named any more
    assert story.ticket.finding.count == TICKETS_KEPT - 1
    assert story.refused(CountIncident(2_001, gone=True), TIERLINE) == "not_linked"
    assert Story().call().refused(CountIncident(1), TIERLINE) == "no_problem"


def test_a_problem_that_comes_back_after_its_end_is_said():
    story = problem().ok(Claim("sam")).ok(CountIncident(7), TIERLINE)
    assert story.told(IncidentLinked) == set()
    story.ok(Resolve("new firmware")).ok(CountIncident(8), TIERLINE)
    assert ("priya", "problem came back", "notify") in story.told(IncidentLinked)


def test_when_it_is_solved_the_owners_of_open_tickets_are_told():
    story = Story().call().ok(Claim("sam")).ok(LinkProblem(1050))
    story.ok(TellSolved(1050, "new firmware", "Contoso"), TIERLINE)
    assert story.told(ProblemSolved) == {("sam", "problem solved", "notify")}
    assert story.last(ProblemSolved).what.resolution == "new firmware"
    assert story.refused(TellSolved(1051, "x", "Contoso"), TIERLINE) == "not_linked"
    assert (
        story.ok(Close("x"), TOM).refused(TellSolved(1050, "x", "Contoso"), TIERLINE)
        == "not_linked"
    )


# -- what is known


def test_cause_and_workaround_together_make_a_known_error():
    story = problem().ok(GiveWorkaround("power-cycle it"))
    assert not story.ticket.finding.known_error
    assert ("desk", "workaround", "notify") in story.told(WorkaroundGiven)
    story.ok(StateCause("bad firmware"))
    assert story.ticket.finding.known_error


@pytest.mark.parametrize("command", [StateCause("x"), GiveWorkaround("x")])
def test_of_a_problem_that_is_open_and_of_nothing_else(command):
    assert Story().call().refused(command) == "no_problem"
    assert problem().ok(Close("x"), TOM).refused(command) == "closed"


@pytest.mark.parametrize("command", [StateCause(" "), GiveWorkaround("")])
def test_it_is_said_in_words(command):
    assert problem().refused(command) == "missing"


HERE = {"host": "sw1", "category": "internet"}


@pytest.mark.parametrize(
    ("of_problem", "of_ticket", "because"),
    [
        (HERE, HERE, DEVICE),
        (HERE, {"host": "sw1"}, DEVICE),
        (HERE, {"host": "sw2", "category": "internet"}, ""),
        (HERE, {"category": "internet"}, ""),
        ({"category": "internet"}, HERE, CATEGORY),
        ({"category": "internet"}, {"category": "mail"}, ""),
        ({"category": ""}, {"category": ""}, ""),
        (HERE, {**HERE, "client": "Unsorted"}, ""),
    ],
)
def test_a_known_error_helps_the_same_device_or_category_of_the_same_client(
    of_problem, of_ticket, because
):
    behind = replace(known(**of_problem).ticket, id=1050)
    ticket = Story().call(**of_ticket).ticket
    assert [one.because for one in matches(ticket, [behind])] == ([because] if because else [])


def test_on_its_own_tickets_a_workaround_alone_is_enough():
    behind = replace(problem(host="sw9").ok(GiveWorkaround("x")).ticket, id=1050)
    ticket = Story().call().ok(LinkProblem(1050)).ticket
    assert [one.because for one in matches(ticket, [behind])] == [LINKED]
    assert matches(Story().call(host="sw9").ticket, [behind]) == [], "its cause is not known"


def test_the_own_problem_comes_first_and_what_is_over_is_not_suggested():
    mine, device, category = (
        replace(known(**about).ticket, id=number)
        for number, about in ((1060, {}), (1050, HERE), (1040, {"category": "internet"}))
    )
    story = Story().call(**HERE).ok(LinkProblem(1060))
    found = matches(story.ticket, [category, device, mine])
    assert [one.problem.id for one in found] == [1060, 1050, 1040]
    solved = replace(known(**HERE).ok(Resolve("x"), SAM).ticket, id=1050)
    assert matches(Story().call(**HERE).ticket, [solved]) == []
    assert matches(Story().call(**HERE).ok(Resolve("x")).ticket, [device]) == []
    assert matches(device, [device]) == []


def test_minutes_are_not_counted_on_a_problem():
    story = problem().wait(10 * MINUTE).ok(Resolve("x"), SAM)
    assert story.ticket.resolution == "x"
