"""Resolving, confirming and closing."""

import pytest

from tests.domain.worlds import HOUR, KIM, MIA, MINUTE, MONDAY, MONITOR, P1, SAM, TOM, Story, at
from tierline.domain.commands import Claim, Close, Confirm, MakePlan, Reject, Reopen, Resolve
from tierline.domain.events import Breached, Closed, Confirmed, Lapsed, Resolved, Reviewed
from tierline.domain.terms import ClockName, State, TicketType


def test_solved_on_the_spot_it_was_answered_planned_and_resolved():
    story = Story().call().wait(MINUTE).ok(Resolve("turned it on"))
    for name in ("respond", "plan", "resolve"):
        assert story.clock(name).met_at == story.now
    for name in ("tier", "queue"):
        assert not story.clock(name).running
    assert (story.ticket.state, story.ticket.resolved_by) == (State.RESOLVED, "sam")
    assert story.last(Resolved).what.gross_s == 60


def test_a_request_is_fulfilled_by_it():
    story = Story().call(type=TicketType.REQUEST).ok(Resolve("delivered"))
    assert story.clock("fulfil").met_at == MONDAY


def test_a_breach_stays_beside_what_was_met_later():
    story = Story().open(priority=P1).wait(5 * HOUR).ok(Resolve("at last"), TOM)
    clock = story.clock("resolve")
    assert (clock.breached_at, clock.met_at) == (MONDAY + 4 * HOUR, MONDAY + 5 * HOUR)


def test_resolved_at_the_instant_of_the_promise_it_was_too_late():
    """No command overtakes time: what is due at `now` comes first."""
    story = Story().open(priority=P1).wait(4 * HOUR).ok(Resolve("phew"), TOM)
    assert story.clock("resolve").breached_at == MONDAY + 4 * HOUR
    assert story.all(Breached)[-1].seq < story.last(Resolved).seq


def test_nobody_answers_and_it_closes_after_three_business_days():
    story = Story().open().ok(Resolve("done")).until(at("2026-11-26 08:59"))
    assert story.ticket.state is State.RESOLVED
    story.until(at("2026-11-26 09:00"))
    closed = story.last(Closed)
    assert (closed.at, closed.by.kind) == (at("2026-11-26 09:00"), "time")
    assert story.last(Lapsed).what.clock is ClockName.CONFIRM
    assert story.ticket.closed_at == closed.at


def test_confirmed_it_closes_at_once():
    story = Story().open().ok(Resolve("done")).wait(HOUR).ok(Confirm("thanks"))
    assert story.names()[-2:] == ["Confirmed", "Closed"]
    assert story.last(Confirmed).what.note == "thanks"
    assert story.clock("confirm").met_at == MONDAY + HOUR
    story.wait(1000 * HOUR)
    assert story.names()[-1] == "Closed"


def test_until_confirmed_it_is_looked_at_daily():
    story = Story().open().ok(Resolve("done")).until(at("2026-11-25 12:00"))
    assert story.when(Reviewed) == ["Tue 09:00", "Wed 09:00"]


def test_only_the_owner_a_lead_or_while_nobodys_anybody_resolves():
    story = Story().open().ok(Claim("sam"))
    assert story.refused(Resolve("x"), KIM) == "owned"
    assert story.ok(Resolve("x"), TOM).ticket.resolved_by == "sam"
    assert Story().open().ok(Resolve("x"), KIM).ticket.resolved_by == "kim"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Resolve(" "), "missing"),
        (Resolve("x", "perhaps"), "unknown_answer"),
        (Confirm(), "not_resolved"),
        (Reject("x"), "not_resolved"),
        (Reopen("x"), "active"),
        (Close(""), "missing"),
        (Close("spam"), "lead_decides"),
    ],
)
def test_an_end_without_sense_is_refused(command, code):
    assert Story().open().ok(Claim("sam")).refused(command) == code


@pytest.mark.parametrize("answer", ["", "no", "access", "guide", "training"])
def test_could_the_tier_below_have_done_it(answer):
    story = Story().open().ok(Resolve("x", answer))
    assert story.last(Resolved).what.tier_below_could == answer


@pytest.mark.parametrize("asker", [TOM, MIA, MONITOR])
def test_a_lead_or_a_service_closes_what_needs_no_work(asker):
    story = Story().open().ok(Close("duplicate"), asker)
    assert story.ticket.state is State.CLOSED
    assert not any(clock.running for clock in story.ticket.clocks.values())
    assert story.clock("resolve").met_at is None, "closing is not resolving"


def test_a_resolved_ticket_is_closed_by_anyone_and_names_its_successor():
    story = Story().open().ok(Resolve("x")).ok(Close("fires again", successor=1002), SAM)
    assert story.last(Closed).what.successor == 1002
    assert story.refused(Close("again"), TOM) == "closed"


def test_resolving_ends_plan_hold_and_proposal():
    story = Story().open().ok(Claim("sam")).ok(MakePlan("x", MONDAY + HOUR)).ok(Resolve("x"))
    ticket = story.ticket
    assert (ticket.plan, ticket.hold, ticket.proposal) == (None, None, None)
