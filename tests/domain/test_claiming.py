"""Claim, release and notes: who has it, and whose word keeps which promise."""

from dataclasses import replace

import pytest

from tests.domain.worlds import HOUR, KIM, MINUTE, MONDAY, P1, SAM, TOM, Story, at, person
from tierline.domain.commands import Claim, Close, Move, Note, PutOnHold, Release, Resolve, Resume
from tierline.domain.events import Claimed, Released
from tierline.domain.terms import ClockName, HoldReason, State, TicketType


def test_a_claim_takes_it_and_stops_the_queue_clock():
    story = Story().open().wait(4 * MINUTE).ok(Claim("sam"))
    assert (story.ticket.state, story.ticket.owner) == (State.WORKING, "sam")
    assert story.clock("queue").met_at == MONDAY + 4 * MINUTE
    assert story.due("silent") == MONDAY + 24 * MINUTE
    assert story.due("tier") == MONDAY + 30 * MINUTE, "only a plan stops the tier clock"


def test_of_two_claimers_one_wins_and_the_other_is_told_who():
    story = Story().open().ok(Claim("sam"))
    before = story.ticket
    assert story.refused(Claim("kim"), KIM) == "owned"
    assert story.ticket == before
    assert "sam" in story.rejected.reason
    assert story.rejected.place == {
        "state": "working",
        "tier": "T1",
        "group": "Desk",
        "owner": "sam",
    }


def test_a_claim_names_somebody():
    assert Story().open().refused(Claim("  ")) == "missing"


def test_for_an_alert_a_claim_is_the_response():
    story = Story().open().wait(HOUR / 2)
    assert story.ok(Claim("sam")).clock("respond").met_at == story.now


def test_for_an_incident_a_claim_is_not_a_response_but_the_first_word_to_the_client_is():
    story = Story().call().ok(Claim("sam")).wait(MINUTE).ok(Note("cabling?"))
    assert story.clock("respond").running
    story.wait(MINUTE).ok(Note("We are on it", to_client=True))
    first = story.clock("respond").met_at
    assert first == MONDAY + 2 * MINUTE
    assert story.wait(MINUTE).ok(Note("Still", to_client=True)).clock("respond").met_at == first


def test_a_breach_is_not_undone_by_a_late_response():
    story = Story().call().wait(3 * HOUR).ok(Claim("sam")).ok(Note("Sorry", to_client=True))
    clock = story.clock("respond")
    assert clock.breached_at == MONDAY + 2 * HOUR
    assert clock.met_at == MONDAY + 3 * HOUR


def test_every_word_restarts_the_silent_clock():
    story = Story().open().ok(Claim("sam")).wait(15 * MINUTE).ok(Note("looking"))
    assert story.due("silent") == MONDAY + 35 * MINUTE
    assert story.fired("silent") == []


def test_an_owner_without_a_word_lapses_once_until_the_next_word():
    story = Story().open().ok(Claim("sam")).wait(29 * MINUTE)
    assert story.fired("silent") == [("Lapsed", 1.0, "Mon 09:20")]
    story.ok(Note("here")).wait(MINUTE / 2)
    assert story.due("silent") == MONDAY + 49 * MINUTE
    assert len(story.fired("silent")) == 1


def test_release_puts_it_back_with_a_new_queue_clock_and_no_plan():
    story = Story().open().ok(Claim("sam")).wait(10 * MINUTE).ok(Release("lunch"))
    assert (story.ticket.state, story.ticket.owner) == (State.QUEUED, "")
    assert story.last(Released).what == Released("sam", "lunch")
    assert story.due("queue") == MONDAY + 25 * MINUTE
    assert not story.clock("silent").running
    assert story.due("tier") == MONDAY + 30 * MINUTE
    story.wait(5 * MINUTE).ok(Claim("kim"), KIM)
    assert story.clock("queue").met_at == MONDAY + 15 * MINUTE
    assert story.ticket.desk_owner == "sam", "who took it first keeps the client"


def test_only_the_owner_or_a_lead_releases():
    story = Story().open().ok(Claim("sam"))
    assert story.refused(Release(), KIM) == "owned"
    assert story.ok(Release(), TOM).ticket.owner == ""
    assert story.refused(Release(), SAM) == "unclaimed"


def test_released_while_on_hold_it_stays_on_hold_and_queues_on_resuming():
    story = Story().open().ok(Claim("sam")).ok(PutOnHold(HoldReason.VENDOR, "a part", "Acme"))
    story.wait(HOUR).ok(Release("off sick"))
    assert (story.ticket.state, story.ticket.owner) == (State.ON_HOLD, "")
    assert story.clock("queue").due is None
    story.wait(HOUR).ok(Resume("it came"), TOM)
    assert story.ticket.state is State.QUEUED
    assert story.due("queue") == MONDAY + 2 * HOUR + 15 * MINUTE


def test_claimed_while_on_hold_it_stays_on_hold():
    story = Story().open().ok(PutOnHold(HoldReason.CLIENT, "which port?", "jo"))
    story.ok(Claim("kim"), KIM)
    assert (story.ticket.state, story.ticket.owner) == (State.ON_HOLD, "kim")
    assert story.clock("silent").due is None
    assert story.ok(Resume(), KIM).ticket.state is State.WORKING
    assert story.due("silent") == MONDAY + 20 * MINUTE


def test_claiming_again_after_a_release_does_not_renew_the_first_claim_of_the_stay():
    story = Story().open().ok(Claim("sam")).wait(5 * MINUTE).ok(Release()).wait(5 * MINUTE)
    assert story.ok(Claim("kim"), KIM).ticket.claimed_at == MONDAY


@pytest.mark.parametrize("end", [Resolve("done"), Close("duplicate")])
def test_nobody_claims_what_is_over(end):
    story = Story().open().ok(end, TOM)
    assert story.refused(Claim("kim"), KIM) == "not_active"
    assert story.refused(Release(), TOM) == "not_active"


def test_a_note_has_a_text_and_a_closed_ticket_takes_none():
    story = Story().open()
    assert story.refused(Note(" \n")) == "missing"
    story.ok(Resolve("done")).ok(Note("a last word"))
    assert story.ok(Close("done")).refused(Note("hello?")) == "closed"


def test_a_note_after_the_resolution_starts_no_clock():
    story = Story().call().ok(Claim("sam")).ok(Resolve("done"))
    before = story.ticket.clocks
    assert story.ok(Note("was it?", to_client=True)).ticket.clocks == before


def test_a_word_to_the_client_restarts_update_and_an_internal_one_does_not():
    story = Story().call(priority=P1).ok(Claim("sam")).ok(Move("too deep"))
    assert story.due("update") == MONDAY + 30 * MINUTE
    story.wait(10 * MINUTE).ok(Claim("kim"), KIM).ok(Note("inside"), KIM)
    assert story.due("update") == MONDAY + 30 * MINUTE
    story.ok(Note("Network is looking", to_client=True), KIM)
    assert story.due("update") == MONDAY + 40 * MINUTE


def test_a_dispatcher_may_claim_for_somebody():
    story = Story().open().ok(Claim("kim"), TOM)
    claimed = story.last(Claimed)
    assert (claimed.what.owner, claimed.by.name) == ("kim", "tom")


def test_a_claim_moves_the_review_a_business_day_ahead():
    assert Story().open().ok(Claim("sam")).ticket.review_at == at("2026-11-24 09:00")


def test_a_request_claimed_has_no_tier_clock_to_lapse():
    story = Story().call(type=TicketType.REQUEST).ok(Claim("sam")).wait(10 * HOUR)
    assert ClockName.TIER not in story.ticket.clocks
    assert story.ticket.tier == "T1"


def test_an_asker_without_a_lead_role_is_not_the_owner_by_an_integrations_name():
    """An integration called like the owner owns nothing."""
    story = Story().open().ok(Claim("sam"))
    same_name = replace(person("sam"), actor=replace(SAM.actor, kind="integration"))
    assert story.refused(Release(), same_name) == "owned"
