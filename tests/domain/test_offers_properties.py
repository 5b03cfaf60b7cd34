"""Whoever is in the team, whenever they are there: what holds of every offer."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.anything import CALENDARS
from tests.domain.crew import Manned, people, pushing
from tests.domain.worlds import ALWAYS, MINUTE, MONDAY, P3, person
from tierline.domain.assignment import NotOffered, OfferDeclined, Offered, OfferLapsed
from tierline.domain.commands import Claim, DeclineOffer, Open, Release
from tierline.domain.decide import decide, decide_open
from tierline.domain.evolve import evolve
from tierline.domain.floor import Floor, Turn
from tierline.domain.people import Away, Person
from tierline.domain.policy import Policy
from tierline.domain.terms import Assign, TicketType

TEAM = ("ann", "bob", "cal", "dan", "eve", "fay", "gus")
SOON = st.integers(-20, 60).map(lambda hours: MONDAY + timedelta(hours=hours))


@st.composite
def persons(draw: st.DrawFn, login: str) -> Person:
    absences = draw(st.lists(SOON, max_size=2))
    return Person(
        login,
        shifts=draw(st.sampled_from([None, *CALENDARS])),
        skills=draw(st.sampled_from([(), ("voip",)])),
        capacity=draw(st.sampled_from([None, 0, 2])),
        usual_clients=draw(st.sampled_from([(), ("Contoso",)])),
        clients=draw(st.sampled_from([None, None, ("Fabrikam",)])),
        away=tuple(Away(at, at + timedelta(hours=draw(st.integers(1, 30)))) for at in absences),
        active=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def teams(draw: st.DrawFn) -> Manned:
    """A desk that pushes, whoever is in it, with a ticket in its queue."""
    members = TEAM[: draw(st.integers(1, len(TEAM)))]
    policy = pushing(
        draw(st.sampled_from([way for way in Assign if way is not Assign.CLAIM])),
        members=members,
        hours=draw(st.sampled_from(CALENDARS)),
        capacity=draw(st.sampled_from([None, 3])),
    )
    story = Manned(policy, people=people(*(draw(persons(login)) for login in members)))
    story.held = {login: draw(st.integers(0, 4)) for login in members}
    turns = {("Desk", login): draw(SOON) - timedelta(days=9) for login in members}
    story.turns = {key: at for key, at in turns.items() if draw(st.booleans())}
    return story.open(priority=P3, start="Desk", category=draw(st.sampled_from(["", "voip"])))


@given(story=teams(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_offer_is_to_somebody_who_can_take_it_and_was_not_asked_in_this_round(story, data):
    for _ in range(data.draw(st.integers(1, 6))):
        to = story.ticket.offered_to
        if to and data.draw(st.booleans()):
            story.ok(DeclineOffer(), person(to))
        else:
            story.wait(timedelta(minutes=data.draw(st.sampled_from([1, 5, 60, 700, 1_500]))))
    desk, asked, ticket = story.policy.groups["Desk"], set(), None
    for event in story.events:
        before, ticket = ticket, evolve(ticket, event)
        what = event.what
        if isinstance(what, NotOffered):
            asked = set(what.tried)
        if isinstance(what, Offered):
            assert before.offered_to == "", "one offer at a time"
            if not what.tried:
                asked = set()
            assert set(what.tried) == asked
            assert what.to in desk.members
            assert what.to not in asked
            who = story.people[what.to]
            assert who.not_in(event.at, desk.hours) == ""
            assert who.sees("Contoso")
            room = who.capacity if who.capacity is not None else desk.capacity
            assert room is None or story.held[what.to] < room
            others = set(desk.members) - {what.to}
            assert set(event.why.values["passed"]) == others, "each of the others has a reason"
        if isinstance(what, OfferDeclined | OfferLapsed):
            asked = {*asked, what.login}
            assert before.offered_to == what.login
            assert ticket.offered_to == ""


@given(story=teams(), parts=st.lists(st.integers(1, 900), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_time_makes_the_same_of_it_in_one_go_and_in_several(story, parts):
    whole = replace(story, events=list(story.events))
    for minutes in parts:
        story.wait(timedelta(minutes=minutes))
    whole.until(story.now)
    assert _offers(whole) == _offers(story)


def _offers(story):
    kinds = Offered | OfferLapsed | NotOffered
    return [
        (e.at, e.what, e.why.values.get("passed"))
        for e in story.events
        if isinstance(e.what, kinds)
    ]


# Fairness. A plugin of another product skipped half of every even team: its cursor counted what it
# passed over. Here nothing is counted; whose turn is longest ago comes next.


def arrivals(policy: Policy, floor: Floor, count: int, start: datetime, busy=lambda _: False):
    """Tickets that come one by one and are offered: to whom each went. `busy` ones decline."""
    got: list[str] = []
    now = start
    for number in range(count):
        now += MINUTE
        command = Open(
            number, TicketType.INCIDENT, "x", "Contoso", "managed", now, start="Desk", priority=P3
        )
        ticket = decide_open(command, person("tom"), policy, floor, now).ticket
        floor = floor.after(None, ticket)
        while busy(ticket.offered_to):
            asked = person(ticket.offered_to)
            after = decide(ticket, DeclineOffer(), asked, policy, floor, now).ticket
            floor, ticket = floor.after(ticket, after), after
        got.append(ticket.offered_to)
        floor = floor.after(ticket, _taken(ticket, policy, floor, now)) if got[-1] else floor
    return got


def _taken(ticket, policy, floor, now):
    return decide(
        ticket, Claim(ticket.offered_to), person(ticket.offered_to), policy, floor, now
    ).ticket


@given(size=st.integers(1, 7), rounds=st.integers(1, 4), extra=st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_round_robin_gives_each_the_same_in_a_team_of_any_size(size, rounds, extra):
    policy = pushing(members=TEAM[:size], hours=ALWAYS)
    got = arrivals(policy, Floor(MONDAY), size * rounds + extra, MONDAY)
    counts = [got.count(login) for login in TEAM[:size]]
    assert max(counts) - min(counts) <= 1
    assert got[:size] == list(TEAM[:size]), "in order, none left out"


@given(
    size=st.integers(2, 7),
    gone=st.sets(st.sampled_from(TEAM), max_size=5),
    first=st.integers(0, 9),
    then=st.integers(0, 9),
)
@settings(max_examples=40, deadline=None)
def test_whoever_is_away_for_a_while_the_others_share_evenly(size, gone, first, then):
    """Even and odd teams, half of them away in the middle, and back."""
    members = TEAM[:size]
    policy = pushing(members=members, hours=ALWAYS)
    begin = MONDAY + first * MINUTE
    crew = people(*(Person(login, away=(Away(begin, begin + 40 * MINUTE),)) for login in gone))
    floor = Floor(MONDAY, people=crew)
    here = [login for login in members if login not in gone]
    got = arrivals(policy, floor, 40 + first + then, MONDAY)
    during = got[first : first + 39]
    counts = [during.count(login) for login in here]
    if here:
        assert max(counts) - min(counts) <= 1
        assert set(during) <= set(here)
    else:
        assert set(during) == {""}


@given(size=st.integers(2, 6))
@settings(max_examples=10, deadline=None)
def test_who_always_declines_gets_no_ticket_and_takes_no_turn_from_the_others(size):
    policy = pushing(members=TEAM[:size], hours=ALWAYS)
    got = arrivals(policy, Floor(MONDAY), 6 * size, MONDAY, busy=lambda login: login == "ann")
    counts = [got.count(login) for login in TEAM[1:size]]
    assert "ann" not in got
    assert max(counts) - min(counts) <= 1


def test_a_crowd_at_one_instant_is_spread_over_those_who_have_least():
    """Ten tickets of one batch: the load is counted on from each to the next."""
    policy = pushing(Assign.LEAST_LOADED, members=("ann", "bob"), hours=ALWAYS)
    floor = Floor(MONDAY, held={"ann": 4})
    got: list[str] = []
    for number in range(10):
        command = Open(number, TicketType.INCIDENT, "x", "Contoso", "managed", MONDAY, start="Desk")
        ticket = decide_open(command, person("tom"), policy, floor, MONDAY).ticket
        got.append(ticket.offered_to)
        floor = floor.after(None, ticket)
    assert got[:4] == ["bob"] * 4
    assert sorted(got[4:]) == ["ann"] * 3 + ["bob"] * 3
    assert floor.held == {"ann": 7, "bob": 7}


def test_what_is_offered_counts_once_it_is_claimed_released_or_gone():
    policy = pushing(members=("sam", "kim"), hours=ALWAYS)
    floor = Floor(MONDAY)
    sam = person("sam")
    command = Open(1, TicketType.INCIDENT, "x", "Contoso", "managed", MONDAY, start="Desk")
    offered = decide_open(command, sam, policy, floor, MONDAY).ticket
    floor = floor.after(None, offered)
    assert floor.held == {"sam": 1}
    claimed = decide(offered, Claim("sam"), sam, policy, floor, MONDAY).ticket
    floor = floor.after(offered, claimed)
    assert floor.held == {"sam": 1}
    released = decide(claimed, Release(), sam, policy, floor, MONDAY).ticket
    floor = floor.after(claimed, released)
    assert floor.held == {"sam": 0, "kim": 1}
    assert floor.turns == {("Desk", "sam"): Turn(MONDAY), ("Desk", "kim"): Turn(MONDAY)}


@given(size=st.integers(1, 6), count=st.integers(0, 20))
@settings(max_examples=30, deadline=None)
def test_round_robin_is_as_even_where_all_come_at_one_instant(size, count):
    policy = pushing(members=TEAM[:size], hours=ALWAYS)
    floor, got = Floor(MONDAY), []
    for number in range(count):
        command = Open(number, TicketType.INCIDENT, "x", "Contoso", "managed", MONDAY, start="Desk")
        ticket = decide_open(command, person("tom"), policy, floor, MONDAY).ticket
        got.append(ticket.offered_to)
        floor = floor.after(None, ticket)
    counts = [got.count(login) for login in TEAM[:size]]
    assert max(counts) - min(counts) <= 1
