"""Offers, the next ticket, claims that end: through the API, on the real database."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from router.absences import Absences
from router.limits import ABSENCES_EVERY_S, ABSENCES_LOOKS
from tests.services.router.reacting import Reactions
from tierline.domain.policy import Rule, RuleAction
from tierline.domain.terms import Assign
from tierline.policy.crew import crew_of
from tierline.store.floor import FLOOR_EVERY_MAX_S, ROTAS_EVERY_S, FloorSource

SHIFTS = {"shifts": {"zone": "Europe/London", "mon": ["08:00-16:00"], "tue": ["08:00-16:00"]}}


def push(world, assign=Assign.ROUND_ROBIN, members=("sam", "leila")):
    """Let the desk offer its tickets to these."""
    source = world.context.source
    desk = replace(source.current.groups["Desk"], assign=assign, members=members)
    source._policy = replace(source.current, groups={**source.current.groups, "Desk": desk})


async def know(world, login, **fields):
    """Put on record what decides whom a ticket is offered to, and read it."""
    for name, value in fields.items():
        await world.sql(f"UPDATE tierline.person SET {name} = $2 WHERE login = $1", login, value)
    world.context.floor._rotas_due = 0.0
    await world.context.floor.refresh()


async def test_who_is_asked_accepts_and_nobody_else_may(world):
    push(world)
    number = await world.open()
    ticket = await world.ticket(number, "sam")
    assert ticket["offer"]["to"] == ticket["offered_to"] == "sam"
    assert {"accept-offer", "decline-offer"} <= set(ticket["allowed"])
    assert "accept-offer" not in (await world.ticket(number, "leila"))["allowed"]
    refused = await world.do("leila", number, "accept-offer")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_offered")
    declined = await world.did("sam", number, "decline-offer", reason="on the phone")
    assert [event["type"] for event in declined["events"]] == ["offer_declined", "offered"]
    assert declined["events"][1]["why"]["values"]["passed"] == {"sam": "asked before"}
    taken = await world.did("leila", number, "accept-offer")
    assert (taken["ticket"]["owner"], taken["ticket"]["offer"]) == ("leila", None)


async def test_whose_turn_it_was_is_read_from_what_happened_by_whoever_starts(world):
    push(world)
    first = await world.open()
    await world.did("sam", first, "accept-offer")
    second = await world.open()
    assert (await world.ticket(second))["offered_to"] == "leila", "counted on within the service"
    await world.did("sam", second, "claim")
    started = FloorSource(world.db, crew=crew_of(world.context.source))
    floor = await started.refresh()
    assert set(floor.turns) == {("Desk", "sam"), ("Desk", "leila")}
    assert floor.turns["Desk", "sam"].at > floor.turns["Desk", "leila"].at
    assert floor.held == {"sam": 2}
    await world.context.floor.refresh()
    assert (await world.ticket(await world.open()))["offered_to"] == "leila"


async def test_what_waits_as_an_offer_is_part_of_what_somebody_has_in_hand(world):
    push(world, Assign.LEAST_LOADED)
    await world.open()
    floor = await FloorSource(world.db).refresh()
    assert floor.held == {"sam": 1}
    assert floor.load == {"Desk": 1}


async def test_people_are_asked_by_what_the_records_say(world):
    push(world, Assign.BY_SKILL)
    await know(world, "leila", skills=["printer"], doc=json.dumps(SHIFTS))
    assert (await world.ticket(await world.open(category="printer")))["offered_to"] == "leila"
    await world.jump(hours=8)
    number = await world.open(category="printer")
    answer = await world.as_("sam").get(f"/v1/tickets/{number}/events")
    offered = answer.json()["items"][-1]
    assert offered["what"]["to"] == "sam"
    assert offered["why"]["values"]["passed"] == {"leila": "off shift"}
    why = await world.as_("sam").get(f"/v1/tickets/{number}/why", params={"seq": offered["seq"]})
    assert "Passed over: Leila (off shift)." in " ".join(why.json()["words"])


async def test_a_claim_ends_with_the_shift_on_record_unless_it_is_kept(world):
    await know(world, "leila", doc=json.dumps(SHIFTS))
    kept, left = await world.open(), await world.open(priority="P1")
    claimed = (await world.did("leila", kept, "claim"))["ticket"]
    assert claimed["claim_end"]["at"] == "2026-11-23T16:00:00Z"
    assert "keep" in claimed["allowed"]
    urgent = (await world.did("leila", left, "claim"))["ticket"]
    assert "keep" not in urgent["allowed"]
    refused = await world.do("leila", left, "keep")
    assert (refused.status_code, refused.json()["code"]) == (409, "never_kept")
    done = await world.did("leila", kept, "keep")
    assert done["ticket"]["claim_end"]["kept"] is True
    assert "keep" not in done["ticket"]["allowed"]


async def test_it_is_handed_over_to_somebody_who_is_in_and_sees_it(world):
    await know(world, "leila", doc=json.dumps(SHIFTS))
    number = await world.open()
    await world.did("leila", number, "claim")
    for to in ("nora", "nobody"):  # nora is behind another wall
        refused = await world.do("leila", number, "hand-over", to=to)
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_owner")
    done = await world.did("leila", number, "hand-over", to="sam", reason="I go at four")
    assert (done["ticket"]["owner"], done["ticket"]["claim_end"]) == ("sam", None)
    tuesdays = {"shifts": {"zone": "Europe/London", "tue": ["08:00-16:00"]}}
    await know(world, "leila", doc=json.dumps(tuesdays))
    refused = await world.do("sam", number, "hand-over", to="leila")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_in")


async def test_an_absence_on_record_takes_the_tickets_back_once_whoever_looks(world):
    number = await world.open()
    await world.did("leila", number, "claim")
    look = Absences(world.context)
    assert await look.look() == 0
    await world.sql(
        "INSERT INTO tierline.absence (person, since, starts, ends)"
        " VALUES ('Leila', '2026-11-23', '2026-11-23', '2026-11-25')"
    )
    assert await look.look() == 1
    ticket = await world.ticket(number)
    assert (ticket["owner"], ticket["claim_ended"]) == ("", "absence")
    assert [await look.look(), await Absences(world.context).look()] == [0, 0]
    rows = (await world.as_("sam").get("/v1/tickets")).json()["items"]
    assert [row["claim_ended"] for row in rows] == ["absence"]


async def test_one_to_come_is_kept_with_the_claim_and_taken_back_with_the_record(world):
    number = await world.open()
    await world.did("leila", number, "claim")
    await world.sql(
        "INSERT INTO tierline.absence (person, since, starts, ends)"
        " VALUES ('Leila', '2026-12-01', '2026-12-01', '2026-12-03')"
    )
    look = Absences(world.context)
    assert await look.look() == 1
    assert (await world.ticket(number))["claim_end"]["at"] == "2026-12-01T00:00:00Z"
    await world.sql("DELETE FROM tierline.absence")
    assert await look.look() == 1
    assert (await world.ticket(number))["claim_end"] is None


async def test_of_two_who_ask_for_the_next_each_gets_another_one(world, eventually):
    first, second = await world.open(priority="P1"), await world.open()
    async with world.locked(first):
        taken = (await world.as_("leila").post("/v1/next")).json()
        assert taken["ticket"]["number"] == second, "nobody waits for a row that is held"
        waiting = asyncio.create_task(world.as_("sam").post("/v1/next"))
        await eventually(lambda: _waits(world))
    assert (await waiting).json()["ticket"]["number"] == first
    none = (await world.as_("leila").post("/v1/next")).json()
    assert none == {
        "ticket": None,
        "events": [],
        "why": "Nothing waits unclaimed in Desk.",
    }


async def _waits(world):
    return await world.waiting_for_locks() >= 1


async def test_of_two_who_race_for_the_only_one_one_wins(world):
    number = await world.open()
    asked = (world.as_(who).post("/v1/next") for who in ("leila", "sam"))
    answers = [answer.json() for answer in await asyncio.gather(*asked)]
    won = [answer["ticket"]["number"] for answer in answers if answer["ticket"]]
    assert won == [number]
    claims = await world.sql("SELECT count(*) FROM tierline.event WHERE type = 'claimed'")
    assert claims == 1


async def test_next_is_the_most_pressing_that_fits_and_says_why(world):
    await know(world, "leila", skills=["printer"])
    await world.open(priority="P1", category="firewall")
    late, soon = await world.open(priority="P3"), await world.open(priority="P2")
    found = (await world.as_("leila").get("/v1/next")).json()
    assert (found["ticket"]["number"], found["waiting"]) == (soon, 2)
    assert found["why"].startswith("The most pressing of 2 that wait in Desk: P2, respond promised")
    await world.did("leila", soon, "claim")
    assert (await world.as_("leila").get("/v1/next")).json()["ticket"]["number"] == late
    assert (await world.as_("ines").get("/v1/next")).json()["ticket"] is None
    nobody = await world.as_("all").get("/v1/next")
    assert (nobody.status_code, nobody.json()["code"]) == (422, "invalid")


async def test_next_begins_with_what_is_offered_to_me_and_leaves_others_theirs(world):
    push(world)
    offered = await world.open(priority="P4")
    push(world, Assign.CLAIM)
    await world.open(priority="P1")
    found = (await world.as_("sam").get("/v1/next")).json()
    assert found["ticket"]["number"] == offered
    assert (
        found["why"] == "It is offered to you, and comes first of 2 that wait in Dispatch or Desk."
    )
    other = (await world.as_("leila").get("/v1/next")).json()
    assert (other["ticket"]["priority"], other["waiting"]) == ("P1", 1)


async def test_what_may_still_mend_itself_is_nobodys_next(world):
    rule = Rule("Offline", lambda _: True, RuleAction(start="T1", delay=timedelta(minutes=30)))
    source = world.context.source
    source._policy = replace(source.current, triage=(rule,))
    (number,) = await world.open_many(["router is down"], alert="1")
    assert (await world.as_("sam").get("/v1/next")).json()["waiting"] == 0
    assert (await world.as_("sam").post("/v1/next")).json()["ticket"] is None
    await world.did("sam", number, "notes", text="I saw it")
    assert (await world.as_("sam").get("/v1/next")).json()["ticket"]["number"] == number


@pytest.mark.parametrize("again", [False, True])
async def test_a_retry_under_the_same_key_claims_no_second_one(world, again):
    await world.open()
    await world.open()
    headers = {"Idempotency-Key": "next-1"}
    sent = [await world.as_("sam").post("/v1/next", headers=headers) for _ in range(1 + again)]
    assert len({answer.json()["ticket"]["number"] for answer in sent}) == 1
    assert await world.sql("SELECT count(*) FROM tierline.ticket WHERE owner = 'sam'") == 1


async def test_what_is_worked_under_a_major_incident_is_nobodys_next(world):
    major, under = await world.open(priority="P1"), await world.open()
    await world.did("leila", major, "claim")
    await world.did("leila", major, "declare-major", reason="the whole site is down")
    await world.did("leila", under, "join", parent=major)
    assert (await world.as_("leila").get("/v1/next")).json()["ticket"] is None
    assert (await world.as_("leila").post("/v1/next")).json()["ticket"] is None
    await world.did("leila", under, "leave", reason="another cause")
    assert (await world.as_("leila").get("/v1/next")).json()["ticket"]["number"] == under


async def test_a_changed_absence_is_told_again_once_every_floor_knows_of_it(world, monkeypatch):
    """A timer that decided on an older one found the owner in, and let the claim stand."""
    assert ABSENCES_EVERY_S * ABSENCES_LOOKS > FLOOR_EVERY_MAX_S + ROTAS_EVERY_S
    told = []
    look = Absences(world.context)

    async def tell(login, _away):
        told[-1].append(login)
        return 0

    monkeypatch.setattr(look, "_tell", tell)
    await world.sql(
        "INSERT INTO tierline.absence (person, since, starts, ends)"
        " VALUES ('Leila', '2026-12-01', '2026-12-01', '2026-12-03')"
    )
    for _ in range(ABSENCES_LOOKS + 3):
        told.append([])
        await look.look()
    assert [place for place, logins in enumerate(told) if logins] == [0, ABSENCES_LOOKS]


async def test_what_leaves_a_major_incident_at_once_is_not_all_offered_to_one(world):
    """Each reaction sees what those before it left somebody with; so does who decides next."""
    reactions = Reactions(world)
    parent = await world.open()
    await world.did("priya", parent, "declare-major", reason="no line is up")
    children = [await world.open(), await world.open()]
    for child in children:
        await world.did("priya", child, "join", parent=parent)
    await reactions.settle()
    push(world, Assign.LEAST_LOADED)
    await world.did("priya", parent, "close", reason="no major", leaving="each by itself")
    await reactions.hear()
    assert await reactions.reactor.step() == 2, "in one transaction"
    assert {(await world.ticket(child))["offered_to"] for child in children} == {"sam", "leila"}
    assert dict(world.context.floor.current.held) == {"sam": 1, "leila": 1}
