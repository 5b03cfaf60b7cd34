"""A claim ends with its owner's shift or absence, at that instant, unless it is kept."""

from dataclasses import replace

import pytest

from tests.domain.crew import EARLY, NIGHTS, Manned, away, people, pushing, staying
from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    MONITOR,
    OFFICE,
    P1,
    P2,
    P3,
    P4,
    SAM,
    TOM,
    at,
)
from tierline.domain.assignment import (
    AbsenceNoted,
    ClaimEnded,
    ClaimKept,
    ClaimStands,
    HandedOver,
    Offered,
    ShiftEnding,
)
from tierline.domain.calendar import Calendar
from tierline.domain.commands import (
    Claim,
    HandOver,
    KeepClaim,
    MakePlan,
    NoteAbsence,
    Prioritise,
    PutOnHold,
    Resume,
)
from tierline.domain.events import Paged, PlanSlipped
from tierline.domain.people import AWAY, BACK, SHIFT, Person
from tierline.domain.policy import PagingRules
from tierline.domain.terms import HoldReason, Mode, State
from tierline.domain.ticket import ClaimEnd

FOUR = at("2026-11-23 16:00")
SAMS = people(Person("sam", shifts=EARLY))


def claimed(crew=SAMS, *, priority=P3, now=MONDAY, policy=None) -> Manned:
    story = Manned(policy or staying(), now, people=dict(crew))
    return story.open(priority=priority, start="Desk").ok(Claim("sam"), SAM)


def test_a_claim_keeps_when_its_owners_shift_ends():
    assert claimed().ticket.claim_end == ClaimEnd(FOUR, SHIFT)
    assert claimed(people(Person("sam"))).ticket.claim_end is None
    evening = claimed(now=at("2026-11-23 17:00"))
    assert evening.ticket.claim_end == ClaimEnd(at("2026-11-24 16:00"), SHIFT), "of the next shift"


def test_the_owner_is_told_a_quarter_of_an_hour_before_and_then_it_is_back_in_the_queue():
    story = claimed().ok(MakePlan("swap it", at("2026-11-24 10:00")), SAM).until(FOUR)
    assert story.when(ShiftEnding) == ["Mon 15:45"]
    assert story.told(ShiftEnding) == {("sam", "claim ending", "notify")}
    assert story.when(ClaimEnded) == ["Mon 16:00"]
    ended = story.last(ClaimEnded).what
    assert (ended.owner, ended.because, ended.plan_void) == ("sam", "end of shift", True)
    ticket = story.ticket
    assert (ticket.state, ticket.owner, ticket.plan) == (State.QUEUED, "", None)
    assert (ticket.claim_ended, ticket.claim_end) == ("end of shift", None)
    assert story.told(ClaimEnded) == {
        ("priya", "claim ended", "notify"),
        ("sam", "claim ended", "notify"),
    }
    story.ok(Claim("kim"), KIM)
    assert story.ticket.claim_ended == "", "the flag goes with the next claim"


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        ("2026-10-24 23:00", "2026-10-25 06:00"),
        ("2027-03-27 23:00", "2027-03-28 05:00"),
    ],
    ids=["an hour longer", "an hour shorter"],
)
def test_a_night_shift_ends_by_the_clock_on_the_wall_when_the_clocks_change(start, ends):
    """22:00 to 06:00 in London, nine hours in October and seven in March."""
    crew = people(Person("sam", shifts=NIGHTS))
    story = claimed(crew, now=at(start), policy=staying(ALWAYS)).until(at(ends))
    assert story.ticket.claim_ended == "end of shift"
    assert [e.at for e in story.all(ClaimEnded)] == [at(ends)]
    assert [e.at for e in story.all(ShiftEnding)] == [at(ends) - 15 * MINUTE]


def test_what_is_kept_stays_with_its_owner_until_their_next_shift_ends():
    story = claimed().wait(HOUR).ok(KeepClaim(), SAM)
    assert story.last(ClaimKept).what.until == FOUR
    story.until(at("2026-11-24 15:59"))
    assert story.ticket.owner == "sam"
    stands = story.last(ClaimStands)
    assert stands.what.because == "its owner chose to keep it"
    assert stands.what.ends == ClaimEnd(at("2026-11-24 16:00"), SHIFT)
    assert story.told(ClaimStands) == {("priya", "claim stands", "digest")}
    story.wait(MINUTE)
    assert story.ticket.claim_ended == "end of shift", "keeping is for one night"


@pytest.mark.parametrize("priority", [P1, P2])
def test_a_p1_or_p2_is_never_kept(priority):
    policy = staying(ALWAYS)
    assert claimed(priority=priority, policy=policy).refused(KeepClaim(), SAM) == "never_kept"


@pytest.mark.parametrize("priority", [P3, P4])
def test_nor_what_became_one_after_it_was_kept(priority):
    story = claimed(priority=priority).ok(KeepClaim(), SAM)
    story.ok(Prioritise("all stand still", priority=P1), TOM).until(FOUR)
    assert story.ticket.claim_ended == "end of shift"
    assert story.last(ClaimEnded).why.values["kept"] is True


def test_keeping_is_refused_where_there_is_nothing_to_keep_it_from():
    assert claimed(people(Person("sam"))).refused(KeepClaim(), SAM) == "no_end"
    assert claimed().ok(KeepClaim(), SAM).refused(KeepClaim(), SAM) == "kept"
    assert claimed().refused(KeepClaim(), KIM) == "owned"
    story = Manned(staying()).open(priority=P3, start="Desk")
    assert story.refused(KeepClaim(), SAM) == "unclaimed"


def test_a_p1_without_an_owner_is_told_to_room_and_lead_and_pages_at_night():
    crew = people(Person("sam", shifts=EARLY))
    story = claimed(crew, priority=P1).until(FOUR)
    assert story.told(ClaimEnded) == {
        ("desk", "claim ended P1-P2", "notify"),
        ("priya", "claim ended P1-P2", "page"),
        ("sam", "claim ended P1-P2", "notify"),
    }
    policy = replace(staying(EARLY), paging=PagingRules(frozenset({P1})))
    night = claimed(crew, priority=P1, policy=policy).until(FOUR)
    assert night.when(Paged) == ["Mon 16:00"]


def test_back_in_the_queue_it_is_offered_to_somebody_else():
    crew = people(Person("sam", shifts=EARLY))
    story = claimed(crew, policy=pushing()).until(FOUR)
    assert story.last(Offered).at == FOUR
    assert story.ticket.offered_to == "kim"


def test_on_hold_it_loses_its_owner_and_waits_for_the_hold():
    story = claimed().ok(PutOnHold(HoldReason.VENDOR, "a part", "Fabrik"), SAM).until(FOUR)
    assert (story.ticket.state, story.ticket.owner) == (State.ON_HOLD, "")
    assert story.ok(Resume(), TOM).ticket.state is State.QUEUED


def test_a_shift_that_was_prolonged_meanwhile_is_judged_at_the_instant():
    story = claimed()
    late = Calendar.build("Europe/London", {"mon": ["08:00-20:00"]})
    story.people["sam"] = Person("sam", shifts=late)
    story.until(FOUR)
    assert story.last(ClaimStands).what.because == "their shift goes on"
    assert story.ticket.claim_end == ClaimEnd(at("2026-11-23 20:00"), SHIFT)


@pytest.mark.parametrize("mode", [Mode.SUGGEST, Mode.WATCH])
def test_where_tierline_may_not_act_the_claim_stands_and_the_lead_hears_of_it(mode):
    story = claimed(policy=staying(mode=mode)).until(FOUR)
    assert story.ticket.owner == "sam"
    assert story.last(ClaimStands).what.because == (
        f"its mode is {mode}: Tierline takes it from nobody"
    )
    assert story.ticket.claim_end == ClaimEnd(at("2026-11-24 16:00"), SHIFT)


def test_it_is_handed_over_to_somebody_who_is_in_and_the_plan_goes():
    crew = people(Person("sam", shifts=EARLY), Person("kim", shifts=OFFICE))
    story = claimed(crew).ok(MakePlan("swap it", at("2026-11-23 14:00")), SAM)
    story.ok(HandOver("kim", "I go at four"), SAM)
    ticket = story.ticket
    assert (ticket.owner, ticket.plan) == ("kim", None)
    assert ticket.claim_end == ClaimEnd(at("2026-11-23 18:00"), SHIFT), "hers, not his"
    assert story.told(HandedOver) == {("kim", "given", "notify")}


def test_to_nobody_who_is_off_nor_by_somebody_else():
    crew = people(Person("sam", shifts=OFFICE), Person("kim", shifts=EARLY))
    story = claimed(crew, now=at("2026-11-23 16:30"))
    assert story.refused(HandOver("kim"), SAM) == "not_in"
    assert story.refused(HandOver("kim"), TOM) == "not_in", "a lead neither"
    assert story.refused(HandOver("sam"), SAM) == "same_owner"
    assert story.refused(HandOver(" "), SAM) == "missing"
    assert story.refused(HandOver("tom"), KIM) == "owned"
    assert Manned(staying()).open(start="Desk").refused(HandOver("kim"), SAM) == "unclaimed"


# Absences.

NOON = "2026-11-23 12:00"
TOMORROW = "2026-11-24 12:00"


def test_an_absence_in_the_middle_of_a_shift_ends_the_claim_when_it_begins():
    crew = people(Person("sam", shifts=EARLY, away=(away(NOON, TOMORROW),)))
    story = claimed(crew)
    assert story.ticket.claim_end == ClaimEnd(at(NOON), AWAY)
    story.until(at(NOON))
    assert story.when(ShiftEnding) == ["Mon 11:45"]
    assert [(e.at, e.what.because) for e in story.all(ClaimEnded)] == [(at(NOON), "absence")]


def test_an_absence_put_on_record_later_changes_when_the_claim_ends():
    story = claimed().wait(HOUR)
    coming = (away(NOON, TOMORROW),)
    story.people["sam"] = Person("sam", shifts=EARLY, away=coming)
    story.ok(NoteAbsence("sam", coming), MONITOR)
    noted = story.last(AbsenceNoted).what
    assert (noted.away_from, noted.ends) == (at(NOON), ClaimEnd(at(NOON), AWAY))
    assert story.told(AbsenceNoted) == {("sam", "absence noted", "notify")}
    assert story.refused(NoteAbsence("sam", coming), MONITOR) == "nothing_new"
    story.until(at(NOON))
    assert story.ticket.claim_ended == "absence"
    assert story.refused(NoteAbsence("sam", coming), MONITOR) == "not_owner"


def test_one_that_has_begun_ends_the_claim_at_once_though_the_floor_does_not_know_it_yet():
    story = claimed().wait(HOUR)
    begun = (away("2026-11-23 08:30", TOMORROW),)
    story.ok(NoteAbsence("sam", begun), MONITOR)
    assert story.names()[-2:] == ["AbsenceNoted", "ClaimEnded"]
    assert story.last(ClaimEnded).at == MONDAY + HOUR, "not before it was known"
    assert story.last(ClaimEnded).why.values["due"] == "2026-11-23T08:30:00+00:00"


def test_an_absence_taken_back_lets_the_shift_decide_again():
    coming = (away(NOON, TOMORROW),)
    story = claimed(people(Person("sam", shifts=EARLY, away=coming)))
    story.people["sam"] = Person("sam", shifts=EARLY)
    story.ok(NoteAbsence("sam", ()), MONITOR)
    assert story.last(AbsenceNoted).what.away_from is None
    assert story.ticket.claim_end == ClaimEnd(FOUR, SHIFT)


def test_even_where_nobody_said_so_it_is_judged_at_its_instant():
    story = claimed(people(Person("sam", shifts=EARLY, away=(away(NOON, TOMORROW),))))
    story.people["sam"] = Person("sam", shifts=EARLY)
    story.until(at(NOON))
    assert story.last(ClaimStands).what.because == "they are not away after all"
    assert story.ticket.claim_end == ClaimEnd(FOUR, SHIFT)


def test_what_is_kept_over_an_absence_is_looked_at_when_they_are_back():
    coming = (away(NOON, TOMORROW),)
    story = claimed(people(Person("sam", shifts=EARLY, away=coming))).ok(KeepClaim(), SAM)
    story.until(at(NOON))
    assert story.ticket.claim_end == ClaimEnd(at(TOMORROW), BACK, told=True)
    assert story.refused(NoteAbsence("sam", coming), MONITOR) == "nothing_new", (
        "a restart tells all"
    )
    story.until(at(TOMORROW))
    assert story.last(ClaimStands).what.because == "they are back"
    assert story.ticket.claim_end == ClaimEnd(at("2026-11-24 16:00"), SHIFT)


def test_who_claims_while_away_keeps_it_until_they_are_back():
    here = (away("2026-11-23 00:00", TOMORROW),)
    story = claimed(people(Person("sam", shifts=EARLY, away=here)))
    assert story.ticket.claim_end == ClaimEnd(at(TOMORROW), BACK, told=True)
    assert story.refused(NoteAbsence("sam", here), MONITOR) == "nothing_new"


def test_a_stand_in_is_asked_first():
    coming = (away(NOON, TOMORROW, "zoe"),)
    crew = people(Person("sam", shifts=EARLY, away=coming))
    policy = pushing(members=("sam", "kim", "zoe"))
    story = claimed(crew, policy=policy).until(at(NOON))
    offer = story.last(Offered)
    assert (offer.what.to, offer.what.reason) == ("zoe", "stands in for who had it")
    assert offer.why.values["passed"] == {"sam": "asked before", "kim": "not first"}


def test_a_plan_in_force_is_not_said_to_have_slipped():
    story = claimed().ok(MakePlan("swap it", at("2026-11-23 17:00")), SAM)
    story.until(at("2026-11-23 17:30"))
    assert story.all(PlanSlipped) == []
