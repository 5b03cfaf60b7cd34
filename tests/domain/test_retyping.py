"""An incident that is a request, and back: whose promises count, from when."""

import pytest

from tests.domain.worlds import HOUR, KIM, MINUTE, MONDAY, P1, TOM, Story, at
from tierline.domain.commands import Claim, Confirm, Move, Note, PutOnHold, Resolve, Resume, Retype
from tierline.domain.events import Breached, Retyped
from tierline.domain.terms import HoldReason, State, TicketType

INCIDENT, REQUEST = TicketType.INCIDENT, TicketType.REQUEST
TO_REQUEST = Retype(REQUEST, "a new starter")
BACK = Retype(INCIDENT, "no, it is broken")


def called(**stated: object) -> Story:
    return Story().call(**stated).ok(Claim("sam"))


def request() -> Story:
    return Story().call(type=REQUEST).ok(Claim("sam"))


def test_a_request_is_to_be_fulfilled_and_has_no_tier_limit():
    story = request()
    assert set(story.ticket.clocks) == {"respond", "fulfil", "queue", "silent"}
    story.wait(3 * HOUR)
    assert story.ticket.group == "Desk"
    story.ok(Move("theirs", to_group="Network"))
    assert "tier" not in story.ticket.clocks
    story.ok(Resolve("set up"), TOM).ok(Confirm())
    assert story.clock("fulfil").met_at is not None


def test_an_incident_becomes_a_request_counted_from_acceptance():
    story = called().wait(20 * MINUTE).ok(TO_REQUEST)
    assert story.ticket.type is REQUEST
    fulfil = story.clock("fulfil")
    assert fulfil.started_at == MONDAY
    assert fulfil.carried_us == 20 * 60 * 1_000_000
    assert story.due("fulfil") == at("2026-11-26 09:00"), "30 hours of the office"
    for name in ("resolve", "plan", "tier"):
        assert story.clock(name).over, name
    assert story.due("respond") == MONDAY + 4 * HOUR, "a request's answer, from acceptance"


def test_the_event_says_what_became_of_each_promise_and_why():
    event = called().wait(20 * MINUTE).ok(TO_REQUEST).last(Retyped)
    old, new = event.what.dues["fulfil"]
    assert (old, new is not None) == (None, True)
    assert event.what.dues["resolve"][1] is None
    assert event.why.values["counted_from"] == MONDAY.isoformat()
    assert event.why.values["ended"] == ["plan", "resolve", "tier"]


def test_and_back_the_tier_has_what_it_had_left():
    story = called().wait(20 * MINUTE).ok(TO_REQUEST).wait(2 * HOUR).ok(BACK)
    assert story.ticket.type is INCIDENT
    assert story.due("tier") == story.now + 10 * MINUTE
    resolve = story.clock("resolve")
    assert (resolve.started_at, resolve.running) == (MONDAY, True)
    assert resolve.carried_us == 140 * 60 * 1_000_000
    assert story.due("resolve") == at("2026-11-25 09:00")
    assert story.clock("fulfil").over


def test_a_tier_left_behind_as_a_request_still_remembers():
    story = called().wait(20 * MINUTE).ok(TO_REQUEST).ok(Move("theirs", to_group="Network"))
    story.ok(BACK, TOM).ok(Move("back down", to_group="Desk"), TOM)
    assert story.due("tier") == story.now + 10 * MINUTE


def test_a_promise_met_stays_met():
    story = called().wait(MINUTE).ok(Note("on it", to_client=True)).ok(TO_REQUEST)
    assert story.clock("respond").met_at == MONDAY + MINUTE


def test_what_was_held_stays_held():
    story = called().wait(HOUR).ok(PutOnHold(HoldReason.CLIENT, "?")).wait(2 * HOUR).ok(Resume())
    story.ok(TO_REQUEST)
    assert story.clock("fulfil").carried_us == 3600 * 1_000_000


def test_on_hold_it_stands_still_on():
    story = called().ok(PutOnHold(HoldReason.CLIENT, "?")).ok(TO_REQUEST)
    assert not story.clock("fulfil").running
    story.ok(BACK)
    assert not story.clock("tier").running
    story.ok(Resume())
    assert story.clock("tier").running


def test_to_and_fro_never_tells_a_threshold_of_one_round_twice():
    story = called(priority=P1).wait(3 * HOUR)
    for _ in range(3):
        story.ok(TO_REQUEST, TOM).wait(MINUTE).ok(BACK, TOM).wait(MINUTE)
    seen = [
        (e.what.clock, e.what.cycle, e.what.fraction)
        for e in story.events
        if hasattr(e.what, "fraction")
    ]
    assert len(seen) == len(set(seen))


def test_a_promise_already_broken_by_then_is_broken_at_once():
    story = called(priority=P1).ok(TO_REQUEST).wait(5 * HOUR).ok(BACK)
    breach = [e for e in story.all(Breached) if e.what.clock == "resolve"]
    assert [e.at for e in breach] == [story.now]


@pytest.mark.parametrize(
    ("story", "command", "asker", "code"),
    [
        (called, Retype(INCIDENT, "x"), TOM, "same_type"),
        (called, Retype(REQUEST, " "), TOM, "missing"),
        (called, TO_REQUEST, KIM, "owned"),
        (called, Retype(TicketType.PROBLEM, "x"), TOM, "not_turned"),
        (lambda: Story().open(), TO_REQUEST, TOM, "not_turned"),
        (lambda: called().ok(Resolve("x")), TO_REQUEST, TOM, "not_active"),
    ],
)
def test_what_is_not_turned(story, command, asker, code):
    assert story().refused(command, asker) == code


def test_its_owner_and_desk_owner_hear():
    story = called(desk_owner="kim").ok(TO_REQUEST, TOM)
    assert story.told(Retyped) == {("sam", "retyped", "notify"), ("kim", "retyped", "notify")}
    assert story.ticket.state is State.WORKING
