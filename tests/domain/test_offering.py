"""Offers: one person at a time, five minutes of staffed time each, every one explained."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.crew import EARLY, Manned, away, people, pushing
from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    P1,
    P3,
    SAM,
    TOM,
    at,
)
from tierline.domain.advance import next_due
from tierline.domain.assignment import NotOffered, OfferDeclined, Offered, OfferLapsed
from tierline.domain.choosing import choose
from tierline.domain.commands import (
    AcceptOffer,
    Claim,
    DeclineOffer,
    JoinMajor,
    LeaveMajor,
    Move,
    Note,
    PutOnHold,
    Release,
    Reopen,
    Resolve,
    Resume,
)
from tierline.domain.events import Claimed, Reopened
from tierline.domain.floor import Floor
from tierline.domain.people import Person
from tierline.domain.policy import Policy
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import still_wanted
from tierline.domain.terms import Assign, HoldReason, Mode, TicketType

TUESDAY_AT_8 = at("2026-11-24 08:00")


def opened(**stated) -> Manned:
    policy = stated.pop("policy", None) or pushing()
    parts = {name: stated.pop(name) for name in ("people", "held", "turns") if name in stated}
    now = stated.pop("now", MONDAY)
    return Manned(policy, now, **parts).open(**{"priority": P3, "start": "Desk", **stated})


def offers(story: Manned) -> list[tuple[str, str, str]]:
    """Each offer: to whom, when, until when."""
    return [(e.what.to, f"{e.at:%a %H:%M}", f"{e.what.until:%a %H:%M}") for e in story.all(Offered)]


def test_an_offer_that_nobody_answers_goes_to_the_next_one_in_the_same_instant():
    story = opened().wait(12 * MINUTE)
    assert offers(story) == [("sam", "Mon 09:00", "Mon 09:05"), ("kim", "Mon 09:05", "Mon 09:10")]
    assert story.when(OfferLapsed) == ["Mon 09:05", "Mon 09:10"]
    nobody = story.last(NotOffered)
    assert (nobody.what.because, nobody.what.again_at) == ("everybody was asked", TUESDAY_AT_8)
    assert story.ticket.offered_to == ""
    assert story.told(NotOffered) == {("priya", "nobody to offer", "notify")}


def test_the_next_round_begins_at_the_groups_opening_and_its_lead_is_told_once():
    story = opened().until(TUESDAY_AT_8 + 20 * MINUTE)
    assert [offer[0] for offer in offers(story)] == ["sam", "kim", "sam", "kim"]
    assert offers(story)[2] == ("sam", "Tue 08:00", "Tue 08:05")
    assert [e.what.tell_lead for e in story.all(NotOffered)] == [True, False]


def test_five_minutes_are_of_staffed_time():
    """At 17:58 two minutes are left of Monday: the other three are Tuesday's."""
    story = opened(now=at("2026-11-23 17:58"))
    assert offers(story) == [("sam", "Mon 17:58", "Tue 08:03")]
    story.until(at("2026-11-24 08:03"))
    assert offers(story)[1] == ("kim", "Tue 08:03", "Tue 08:08")


def test_what_comes_at_night_is_offered_in_the_morning_and_wakes_nobody():
    story = opened(now=at("2026-11-23 22:00"))
    nobody = story.last(NotOffered)
    assert nobody.what.because == "Desk is closed"
    assert nobody.what.again_at == TUESDAY_AT_8
    assert story.told(NotOffered) == set()
    story.until(TUESDAY_AT_8)
    assert offers(story) == [("sam", "Tue 08:00", "Tue 08:05")]


def test_who_accepts_owns_it_and_the_claim_says_so():
    story = opened().wait(2 * MINUTE).ok(AcceptOffer(), SAM)
    assert story.ticket.owner == "sam"
    assert story.last(Claimed).what.accepted
    assert story.ticket.offer is None
    story.wait(2 * HOUR)
    assert len(offers(story)) == 1


def test_who_declines_is_followed_by_the_next_one_at_once():
    story = opened().wait(2 * MINUTE).ok(DeclineOffer("on the phone"), SAM)
    assert offers(story)[1] == ("kim", "Mon 09:02", "Mon 09:07")
    assert story.last(OfferDeclined).what.reason == "on the phone"
    assert story.refused(DeclineOffer(), SAM) == "not_offered"
    assert story.refused(AcceptOffer(), SAM) == "not_offered"
    story.ok(DeclineOffer(), KIM)
    assert story.last(NotOffered).what.because == "everybody was asked"


def test_anybody_may_still_claim_and_the_offer_ends():
    story = opened().ok(Claim("kim"), KIM)
    assert not story.last(Claimed).what.accepted
    assert story.refused(AcceptOffer(), SAM) == "owned"
    assert offers(story.wait(HOUR)) == [("sam", "Mon 09:00", "Mon 09:05")]


def test_nobody_is_offered_what_a_lead_gives_away():
    story = opened().ok(Claim("kim"), TOM)
    assert (story.ticket.owner, story.ticket.offer) == ("kim", None)


def test_the_one_asked_hears_of_it_and_of_a_p1_at_once():
    assert opened().told(Offered) == {("sam", "offered", "notify")}
    urgent = opened(priority=P1)
    assert urgent.told(Offered) == {("sam", "offered P1-P2", "page")}


def test_who_gives_it_back_is_not_asked_again_in_that_round():
    story = opened().ok(AcceptOffer(), SAM).ok(Release("not mine"), SAM)
    assert offers(story)[-1][0] == "kim"
    story.ok(DeclineOffer(), KIM)
    assert story.last(NotOffered).what.tried == ("sam", "kim")


@pytest.mark.parametrize(
    ("come", "asked"),
    [
        (lambda s: s.ok(Claim("sam"), SAM).ok(Move("up", to_group="Network"), SAM), []),
        (lambda s: s.ok(Move("x", to_group="Network"), TOM).ok(Move("x", to_group="Desk"), TOM), 2),
        (lambda s: s.ok(PutOnHold(HoldReason.CLIENT, "?"), SAM).ok(Resume(), SAM), 2),
    ],
    ids=["to a group that claims", "moved back", "resumed"],
)
def test_a_round_begins_wherever_a_ticket_comes_into_such_a_queue(come, asked):
    story = opened()
    come(story)
    if asked:
        assert len(offers(story)) == asked
        assert story.ticket.offered_to == "sam"
    else:
        assert story.ticket.offer is None


def test_on_hold_nobody_is_asked():
    story = opened().ok(PutOnHold(HoldReason.CLIENT, "which port?"), SAM).wait(HOUR)
    assert story.ticket.offer is None
    assert story.all(OfferLapsed) == []


def test_reopened_without_its_resolver_it_is_offered_anew():
    crew = people(Person("kim", shifts=EARLY))
    story = opened(people=crew, type=TicketType.INCIDENT, alert="").ok(Claim("kim"), KIM)
    story.ok(Resolve("done"), KIM).until(at("2026-11-23 16:30")).ok(Reopen("again"), SAM)
    assert story.last(Reopened).what.owner == "", "kim went at four, although the desk is there"
    assert offers(story)[-1][0] == "sam"


def test_reopened_while_the_resolver_is_in_it_is_theirs():
    crew = people(Person("kim", shifts=EARLY))
    story = opened(people=crew, type=TicketType.INCIDENT, alert="").ok(Claim("kim"), KIM)
    story.ok(Resolve("done"), KIM).until(at("2026-11-23 15:30")).ok(Reopen("again"), SAM)
    what = story.last(Reopened).what
    assert (what.owner, what.ends.at) == ("kim", at("2026-11-23 16:00"))
    assert story.ticket.offer is None


def test_in_watch_nobody_would_be_told_so_nobody_is_asked():
    assert opened(policy=pushing(mode=Mode.WATCH)).all(Offered) == []
    assert len(opened(policy=pushing(mode=Mode.SUGGEST)).all(Offered)) == 1


def test_a_policy_that_stops_offering_ends_the_round():
    story = opened()
    story.policy = pushing(Assign.CLAIM)
    story.wait(6 * MINUTE)
    assert story.last(NotOffered).what.because == "Desk lets its people claim"
    assert story.ticket.offer.again_at is None


# Who is asked.


def passed(story: Manned) -> dict[str, str]:
    kind = Offered if story.all(Offered) else NotOffered
    return dict(story.last(kind).why.values["passed"])


def test_away_off_shift_full_left_and_walled_off_are_passed_over_each_with_its_reason():
    five = ("ann", "bob", "cal", "dan", "eve", "sam")
    crew = people(
        Person("ann", away=(away("2026-11-20 00:00", "2026-11-25 00:00"),)),
        Person("bob", shifts=EARLY),
        Person("cal", capacity=2),
        Person("dan", active=False),
        Person("eve", clients=("Fabrikam",)),
    )
    now = at("2026-11-23 17:00")
    story = opened(policy=pushing(members=five), people=crew, held={"cal": 2}, now=now)
    assert story.ticket.offered_to == "sam"
    assert passed(story) == {
        "ann": "away until 2026-11-25 00:00 UTC",
        "bob": "off shift",
        "cal": "full: 2 of 2",
        "dan": "has left or is not on record",
        "eve": "does not see Contoso",
    }


def test_round_robin_asks_whose_turn_is_longest_ago_whoever_has_less_to_do():
    turns = {("Desk", "sam"): MONDAY - HOUR, ("Desk", "kim"): MONDAY - 2 * HOUR}
    story = opened(turns=turns, held={"kim": 9})
    assert story.ticket.offered_to == "kim"
    assert story.last(Offered).what.reason == "their last turn is longest ago: 2026-11-23 07:00 UTC"
    assert passed(story) == {"sam": "not first"}


def test_a_turn_in_another_group_is_none_here():
    story = opened(turns={("Network", "sam"): MONDAY - HOUR, ("Desk", "kim"): MONDAY - HOUR})
    assert story.ticket.offered_to == "sam"


def test_least_loaded_asks_who_has_least_and_of_several_who_waited_longest():
    policy = pushing(Assign.LEAST_LOADED, members=("ann", "sam", "kim"))
    turns = {("Desk", "sam"): MONDAY - HOUR, ("Desk", "kim"): MONDAY - 2 * HOUR}
    story = opened(policy=policy, held={"ann": 4, "sam": 1, "kim": 1}, turns=turns)
    assert story.ticket.offered_to == "kim"
    assert story.last(Offered).what.reason == "fewest open tickets: 1"


@pytest.mark.parametrize(
    ("category", "expected", "why"),
    [
        ("voip", "kim", "handles voip; fewest open tickets: 5"),
        ("printer", "sam", "nobody who is free handles printer; fewest open tickets: 0"),
        ("", "sam", "no category; fewest open tickets: 0"),
    ],
)
def test_by_skill_asks_who_can_handle_it_then_the_others(category, expected, why):
    crew = people(Person("kim", skills=("voip",)))
    policy = pushing(Assign.BY_SKILL)
    story = opened(policy=policy, people=crew, held={"kim": 5}, category=category)
    assert story.ticket.offered_to == expected
    assert story.last(Offered).what.reason == why


def test_the_usual_technician_is_asked_if_in_and_with_room_else_the_least_loaded():
    policy = pushing(Assign.USUAL_TECHNICIAN, capacity=6)
    crew = people(Person("kim", usual_clients=("Contoso",)))
    story = opened(policy=policy, people=crew, held={"kim": 5})
    assert story.ticket.offered_to == "kim"
    assert story.last(Offered).what.reason.startswith("usual technician of Contoso")
    full = opened(policy=policy, people=crew, held={"kim": 6})
    assert full.ticket.offered_to == "sam"
    reason = full.last(Offered).what.reason
    assert reason == "no usual technician of Contoso is free; fewest open tickets: 0"


def test_a_full_team_leaves_it_in_the_queue_and_says_so():
    story = opened(policy=pushing(capacity=3), held={"sam": 3, "kim": 4})
    assert story.last(NotOffered).what.because == "everybody is full"
    assert passed(story) == {"sam": "full: 3 of 3", "kim": "full: 4 of 3"}
    assert story.told(NotOffered) == {("priya", "nobody to offer", "notify")}
    assert story.ticket.unclaimed


def test_round_the_clock_a_round_goes_on_when_a_shift_begins():
    """Nobody is in at five; the early shift comes at eight."""
    crew = people(Person("sam", shifts=EARLY), Person("kim", shifts=EARLY))
    story = opened(policy=pushing(hours=ALWAYS), people=crew, now=at("2026-11-24 05:00"))
    nobody = story.last(NotOffered).what
    assert (nobody.because, nobody.again_at) == ("nobody is on shift", TUESDAY_AT_8)
    story.until(TUESDAY_AT_8)
    assert offers(story) == [("sam", "Tue 08:00", "Tue 08:05")]


def test_an_offer_late_in_being_looked_at_goes_by_its_own_instants():
    """A timer that was away for an hour tells the same round as one that was not."""
    stepwise = opened()
    for _ in range(60):
        stepwise.wait(MINUTE)
    at_once = opened().wait(timedelta(hours=1))
    assert offers(stepwise) == offers(at_once)
    assert stepwise.names() == at_once.names()


def test_what_is_worked_under_a_major_incident_is_offered_to_nobody_until_it_leaves():
    story = opened().wait(MINUTE)
    assert story.ticket.offered_to == "sam"
    story.ok(JoinMajor(900)).wait(2 * HOUR)
    assert story.ticket.offer is None
    assert story.refused(AcceptOffer()) == "not_offered"
    story.ok(PutOnHold(HoldReason.VENDOR, "a part", "Northgrid")).ok(Resume("it came"))
    assert [to for to, *_ in offers(story)] == ["sam"]
    story.turns[("Desk", "sam")] = MONDAY
    story.ok(LeaveMajor("another cause"))
    assert offers(story)[1:] == [("kim", "Mon 11:01", "Mon 11:06")]


def test_what_may_mend_itself_is_offered_when_its_delay_is_over():
    story = opened(policy=delaying(), start="", alert="1").wait(20 * MINUTE)
    assert (story.ticket.group, offers(story)) == ("Desk", [])
    story.wait(10 * MINUTE)
    assert offers(story) == [("sam", "Mon 09:30", "Mon 09:35")]


def test_who_claims_what_is_delayed_has_it_and_nobody_else_is_asked():
    story = opened(policy=delaying(), start="", alert="1").ok(Claim("kim"), KIM)
    assert offers(story) == []
    noted = opened(policy=delaying(), start="", alert="1").ok(Note("a look"), KIM)
    assert offers(noted) == [("sam", "Mon 09:00", "Mon 09:05")]


def delaying() -> Policy:
    """Desk offers its tickets, and what triage puts there waits for half an hour."""
    policy = pushing()
    *first, last = policy.triage
    late = replace(last, do=replace(last.do, start="Desk", delay=timedelta(minutes=30)))
    return replace(policy, triage=(*first, late))


def test_who_stands_beside_an_owner_has_less_room():
    policy = pushing(Assign.LEAST_LOADED, capacity=2)
    group, ticket = policy.groups["Desk"], opened(policy=policy).ticket
    beside = Floor(MONDAY, held={"sam": 1, "kim": 1}, beside={"sam": 1})
    choice = choose(group, ticket, beside, MONDAY, ())
    assert (choice.to, choice.passed) == ("kim", {"sam": "full: 2 of 2"})


def test_who_was_asked_is_not_told_of_it_once_it_is_anothers_turn():
    """As after an outage, in which turns came and went."""
    story = opened()
    offered = story.last(Offered)
    (notice,) = story.notices(Offered)
    assert still_wanted(notice, offered.seq, snapshot(story.ok(Note("x"), TOM).ticket)) == ""
    story.wait(6 * MINUTE)
    reason = still_wanted(notice, offered.seq, snapshot(story.ticket))
    assert reason == "it is offered to kim now"
    lead = replace(notice, recipient="priya", why="offered: lead")
    assert still_wanted(lead, offered.seq, snapshot(story.ticket)) == ""
    story.wait(6 * MINUTE)
    reason = still_wanted(notice, offered.seq, snapshot(story.ticket))
    assert reason == "it is offered to nobody now"


def test_a_year_in_one_go_is_a_year_of_rounds_and_does_not_stick():
    """Much comes due in it, and no rule feeds itself."""
    four = pushing(members=("sam", "kim", "ana", "tom"))
    year = timedelta(days=366)
    story = opened(policy=four).wait(year)
    assert len(story.all(Offered)) > 1_000
    assert next_due(story.ticket) > MONDAY + year
