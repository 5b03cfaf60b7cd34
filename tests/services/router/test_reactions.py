"""What an event means for other tickets: exactly once, in order, in steps, behind the walls."""

import asyncio
from unittest.mock import AsyncMock, patch

import pytest

from router.reactions import reactor as reactor_module
from router.routes import gathering
from tests.services.router.reacting import Reactions
from tests.services.router.world import HARBOUR, OAKFIELD, TIDEWATER, World

HERE, THERE = "ruth@harbourdental.example", "head@oakfield.example"


@pytest.fixture
def reactions(world: World) -> Reactions:
    return Reactions(world)


async def major(reactions: Reactions, *clients: str, **fields: object) -> tuple[int, list[int]]:
    """A major incident of Oakfield, and a ticket of each of `clients` under it."""
    world = reactions.world
    parent = await world.open("Line down", client=OAKFIELD, **fields)
    await world.did("priya", parent, "declare-major", reason="no line is up")
    children = []
    for number, client in enumerate(clients):
        email = f"caller{number}@example.org"
        asked = {"name": "Caller", "email": email}
        children.append(await world.open(f"No internet {number}", client=client, requester=asked))
        await world.did("priya", children[-1], "join", parent=parent)
    await reactions.settle()
    return parent, children


async def events(world: World, number: int, who: str = "priya") -> list[dict]:
    answer = await world.as_(who).get(f"/v1/tickets/{number}/events")
    return answer.json()["items"]


async def kinds(world: World, number: int) -> list[str]:
    return [event["type"] for event in await events(world, number)]


async def test_a_ticket_joins_and_both_say_so(world, reactions):
    parent, (child,) = await major(reactions, HARBOUR)
    shown = await world.ticket(parent)
    assert shown["major"]["children"] == [child]
    assert [one["number"] for one in shown["children"]] == [child]
    assert shown["leads"] == 1
    assert (await world.ticket(child))["under"] == parent
    event = (await events(world, parent))[-1]
    assert (event["type"], event["by"]["kind"]) == ("child_joined", "system")
    assert event["cause"] == f"{child}/{(await world.ticket(child))['seq']}"
    await world.did("sam", child, "leave", reason="another line")
    await reactions.settle()
    assert (await world.ticket(parent))["major"]["children"] == []


async def test_what_flows_down_flows_once_whoever_hears_it_again(world, reactions):
    parent, children = await major(reactions, HARBOUR, TIDEWATER)
    await world.did("priya", parent, "notes", text="A fibre is cut.", to_client=True)
    await reactions.settle()
    before = await world.counts()
    for child in children:
        told = [e for e in await events(world, child) if e["type"] == "noted"]
        assert [(e["what"]["text"], e["what"]["flowed"]) for e in told] == [
            ("A fibre is cut.", parent)
        ]
        assert (await world.ticket(child))["clocks"][0]["met_at"] is None, "respond is its own"
    await world.sql("UPDATE tierline.progress SET seq = 0 WHERE consumer = 'reactions'")
    await reactions.settle()
    assert await world.counts() == before


async def test_two_routers_that_react_at_once_react_once(world, reactions):
    parent, children = await major(reactions, HARBOUR, TIDEWATER, HARBOUR, OAKFIELD)
    await world.did("priya", parent, "resolve", resolution="A new fibre.")
    other = Reactions(world)
    await asyncio.gather(reactions.hear(), other.hear())
    for _ in range(3):
        await asyncio.gather(reactions.reactor.step(), other.reactor.step())
    assert await reactions.outcomes("resolution flows down") == [(n, "done") for n in children]
    for child in children:
        assert (await kinds(world, child)).count("resolved") == 1


async def test_who_dies_between_steps_leaves_the_rest_to_another(world, reactions):
    parent, children = await major(reactions, HARBOUR, TIDEWATER, HARBOUR)
    await world.did("priya", parent, "resolve", resolution="A new fibre.")
    with patch.object(reactor_module, "REACTION_STEP", 2):
        await reactions.hear()
        assert await reactions.reactor.step() == 2
    states = [(await world.ticket(child))["state"] for child in children]
    assert states == ["resolved", "resolved", "queued"]
    await Reactions(world).settle()
    assert (await world.ticket(children[2]))["state"] == "resolved"


async def test_a_step_that_fails_in_its_commit_has_done_nothing(world, reactions):
    parent, children = await major(reactions, HARBOUR)
    await world.did("priya", parent, "resolve", resolution="A new fibre.")
    await reactions.hear()
    before = await world.counts()

    async def died(*_: object) -> None:
        raise ConnectionResetError("the database is gone")

    with patch.object(reactor_module, "settle", died), pytest.raises(ConnectionResetError):
        await reactions.reactor.step()
    assert await world.counts() == before
    await reactions.settle()
    assert (await kinds(world, children[0])).count("resolved") == 1


async def test_a_reaction_that_cannot_be_done_blocks_no_other(world, reactions):
    parent, children = await major(reactions, HARBOUR, TIDEWATER)
    await world.did("priya", parent, "resolve", resolution="A new fibre.")
    await reactions.hear()
    real = reactor_module.decide

    def decide(ticket, *more, **named):
        if ticket.id == children[0]:
            raise ValueError("drawn: it cannot be decided")
        return real(ticket, *more, **named)

    with patch.object(reactor_module, "decide", decide):
        await reactions.settle()
    assert await reactions.outcomes("resolution flows down") == [
        (children[0], "failed"),
        (children[1], "done"),
    ]
    letter = await world.sql("SELECT id FROM tierline.dead_letter")
    reason = await world.sql("SELECT reason FROM tierline.dead_letter")
    assert reason.startswith(f"resolution flows down, for ticket {children[0]}: ValueError")
    answer = await world.as_("all").post(f"/v1/dead-letters/{letter}/replay")
    assert answer.status_code == 200
    await reactions.settle()
    assert (await world.ticket(children[0]))["state"] == "resolved"


async def test_resolved_reopened_and_not_helped(world, reactions):
    parent, (ours, theirs) = await major(reactions, HARBOUR, TIDEWATER)
    (alert,) = await world.open_many(["router is down"], client=TIDEWATER)
    await world.did("priya", alert, "join", parent=parent)
    await reactions.settle()
    await world.did("priya", parent, "resolve", resolution="A new fibre.")
    await reactions.settle()
    assert (await world.ticket(ours))["resolution"] == "A new fibre."
    assert [(await world.ticket(n))["state"] for n in (ours, theirs, alert)] == [
        "resolved",
        "resolved",
        "queued",
    ]
    assert (await world.ticket(parent))["major"]["leftovers"] == [
        {"ticket": alert, "because": "it still fires"}
    ]
    await world.did("sam", ours, "reject", reason="still dark")
    await reactions.settle()
    shown = await world.ticket(parent)
    assert shown["major"]["children"] == [theirs]
    assert shown["major"]["leftovers"][-1] == {"ticket": ours, "because": ""}
    assert "still dark" not in (await world.as_("nora").get(f"/v1/tickets/{parent}/events")).text
    await world.did("priya", parent, "reopen", reason="down again")
    await reactions.settle()
    assert (await world.ticket(theirs))["state"] == "queued"
    assert (await world.ticket(theirs))["under"] == parent


async def test_who_joins_what_is_over_by_then_goes_on_by_itself(world, reactions):
    parent, _ = await major(reactions)
    late = await world.open("No internet", client=HARBOUR)
    await world.did("priya", late, "join", parent=parent)
    await world.did("priya", parent, "resolve", resolution="A new fibre.")
    await reactions.settle()
    assert (await world.ticket(late))["under"] == 0
    assert (await world.ticket(late))["state"] == "queued"


async def test_it_is_closed_over_others_only_where_it_is_said(world, reactions):
    parent, (child,) = await major(reactions, HARBOUR)
    refused = await world.do("priya", parent, "close", reason="a duplicate")
    assert (refused.status_code, refused.json()["code"]) == (409, "open_under")
    await world.did("priya", parent, "close", reason="a duplicate", leaving="each by itself")
    await reactions.settle()
    assert (await world.ticket(child))["under"] == 0
    assert (await world.ticket(parent))["major"]["leftovers"] == [
        {"ticket": child, "because": "each by itself"}
    ]


async def test_a_requester_of_several_hears_it_of_one(world, reactions):
    asked = {"name": "Ruth", "email": HERE}
    parent, _ = await major(reactions, requester={"name": "Head", "email": THERE})
    mine = [await world.open("x", client=HARBOUR, requester=asked) for _ in range(2)]
    head = await world.open("x", client=OAKFIELD, requester={"name": "H", "email": THERE.upper()})
    for number in (*mine, head):
        await world.did("priya", number, "join", parent=parent)
    await reactions.settle()
    await world.did("priya", parent, "notes", text="A fibre is cut.", to_client=True)
    await reactions.settle()
    muted = []
    for number in (*mine, head):
        told = [e for e in await events(world, number) if e["type"] == "noted"]
        muted.append(told[0]["what"]["muted"])
    assert muted == [False, True, True]


# -- many at once


async def test_many_join_by_what_they_have_in_common(world, reactions):
    parent, _ = await major(reactions)
    alike = [await world.open("No internet", client=HARBOUR, category="internet") for _ in range(3)]
    other = await world.open("No mail", client=HARBOUR, category="mail")
    body = {"client": [HARBOUR], "category": ["internet"]}
    path = f"/v1/tickets/{parent}/gather"
    shown = await world.as_("priya").post(path, json={**body, "preview": True})
    assert shown.json() == {"tickets": alike, "joined": [], "refused": []}
    writes = AsyncMock(side_effect=gathering.write_changes)
    with patch.object(gathering, "write_changes", writes):
        done = (await world.as_("priya").post(path, json=body)).json()
    assert done["joined"] == alike
    assert writes.await_count == 1, "their rows are locked for one writing, not for one each"
    again = (await world.as_("priya").post(path, json={"tickets": [alike[0], other]})).json()
    assert again["joined"] == [other]
    assert [(one["number"], one["code"]) for one in again["refused"]] == [(alike[0], "under_major")]
    await reactions.settle()
    assert set((await world.ticket(parent))["major"]["children"]) == {*alike, other}
    hidden = await world.open(client=HARBOUR)
    seen = (await world.as_("nora").post(path, json={"tickets": [hidden, 999_999]})).json()
    assert [one["code"] for one in seen["refused"]] == ["no_such_ticket", "no_such_ticket"]
    nothing = await world.as_("priya").post(path, json={})
    assert nothing.status_code == 422


# -- walls


async def test_a_client_sees_its_own_child_and_nothing_of_the_others(world, reactions):
    parent, (ours, theirs) = await major(reactions, HARBOUR, TIDEWATER)
    await world.did("priya", parent, "notes", text="Oakfield's line card died")
    await world.did("priya", parent, "notes", text="We work on it.", to_client=True)
    await reactions.settle()
    wally = world.as_("wally")
    assert (await wally.get(f"/v1/tickets/{parent}")).status_code == 404
    assert (await wally.get(f"/v1/tickets/{theirs}")).status_code == 404
    for path in ("", "/events", "/due"):
        said = (await wally.get(f"/v1/tickets/{ours}{path}")).text
        assert OAKFIELD not in said
        assert TIDEWATER not in said
        assert "line card" not in said
    assert (await wally.get("/v1/board")).json()["majors"] == []
    nora = world.as_("nora")
    shown = (await nora.get(f"/v1/tickets/{parent}")).json()
    assert shown["children"] == []
    assert HARBOUR not in (await nora.get(f"/v1/tickets/{parent}/events")).text
    (banner,) = (await nora.get("/v1/board")).json()["majors"]
    assert (banner["number"], banner["children"], banner["clients"]) == (parent, 0, 1)
    (banner,) = (await world.as_("sam").get("/v1/board")).json()["majors"]
    assert (banner["children"], banner["clients"]) == (2, 3)


async def test_words_that_go_to_several_clients_name_none_of_them(world, reactions):
    parent, _ = await major(reactions, HARBOUR)
    said = f"the line of {OAKFIELD.upper()} died"
    for verb, body in (
        ("notes", {"text": said, "to_client": True}),
        ("resolve", {"resolution": said}),
        ("close", {"reason": "x", "leaving": f"{HARBOUR} waits"}),
    ):
        answer = await world.do("priya", parent, verb, **body)
        assert (answer.status_code, answer.json()["code"]) == (422, "names_client")
    await world.did("priya", parent, "notes", text=said)
    alone, _ = await major(reactions, OAKFIELD)
    await world.did("priya", alone, "notes", text=said, to_client=True)


@pytest.mark.parametrize(
    ("verb", "field"), [("join", "parent"), ("link-problem", "problem"), ("problem", "others")]
)
async def test_another_ticket_behind_the_wall_is_like_none(world, verb, field):
    own, hidden = await world.open(), await world.open(client=OAKFIELD)
    said = []
    for number in (hidden, 999_999):
        value = [number] if field == "others" else number
        body = {field: value, **({"reason": "x"} if verb == "problem" else {})}
        answer = await world.do("wally", own, verb, **body)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_ticket")
        said.append(answer.text.replace(str(number), "N"))
    assert said[0] == said[1]


async def test_what_is_named_must_be_what_it_is_taken_for(world):
    one, other = await world.open(), await world.open()
    answer = await world.do("sam", one, "join", parent=other)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_major")
    answer = await world.do("sam", one, "link-problem", problem=other)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_problem")
    await world.did("priya", other, "declare-major", reason="x")
    await world.did("priya", other, "resolve", resolution="x")
    answer = await world.do("sam", one, "join", parent=other)
    assert (answer.status_code, answer.json()["code"]) == (409, "major_over")


# -- problems


async def test_a_problem_is_opened_linked_counted_and_solved(world, reactions):
    first = await world.open("Switch died", category="network")
    second = await world.open("Switch died again")
    await world.did("sam", first, "problem", reason="the third", title="Switches", others=[second])
    await world.did("sam", first, "problem", reason="asked twice")
    await reactions.settle()
    number = (await world.ticket(first))["problem"]
    assert (await world.ticket(second))["problem"] == number
    problem = await world.ticket(number)
    assert (problem["type"], problem["title"], problem["clocks"]) == ("problem", "Switches", [])
    assert (problem["client"], problem["group"], problem["linked"]) == (
        HARBOUR,
        "Desk",
        [first, second],
    )
    assert problem["finding"]["count"] == 2
    assert await world.sql("SELECT count(*) FROM tierline.ticket WHERE type = 'problem'") == 1
    await world.did("sam", second, "claim")
    theirs = await world.open("Switch died", client=OAKFIELD)
    await world.did("sam", theirs, "link-problem", problem=number)
    await reactions.settle()
    await world.did("sam", number, "resolve", resolution="New firmware.")
    await reactions.settle()
    told = [(await events(world, one))[-1] for one in (second, theirs)]
    assert [event["type"] for event in told] == ["problem_solved", "problem_solved"]
    said = [event["what"]["resolution"] for event in told]
    assert said == ["New firmware.", ""], "what is said behind a wall stays there"


async def test_an_analysis_opens_its_problem_and_is_owed_there(world, reactions):
    number = await world.open("Fire", priority="P1")
    await world.did("sam", number, "move", reason="over my head", to_group="Network")
    await world.did("ines", number, "resolve", resolution="a new card")
    await reactions.settle()
    problem = (await world.ticket(number))["problem"]
    shown = await world.ticket(problem)
    assert (shown["type"], shown["rca"]["about"], shown["rca"]["on_problem"]) == (
        "problem",
        [number],
        False,
    )
    assert (await world.ticket(number))["rca"]["held_by"] == problem
    document = (await world.as_("sam").get(f"/v1/tickets/{problem}/rca")).json()
    assert document["about"] == [number]
    assert {entry["ticket"] for entry in document["timeline"]} == {number}


async def test_an_analysis_that_the_problem_cannot_take_is_still_owed(world, reactions):
    number = await world.open("Fire", priority="P1")
    await world.did("sam", number, "problem", reason="again")
    await reactions.settle()
    problem = (await world.ticket(number))["problem"]
    await world.did("priya", problem, "close", reason="not one")
    await world.did("sam", number, "move", reason="over my head", to_group="Network")
    await world.did("ines", number, "resolve", resolution="a new card")
    await reactions.settle()
    assert await reactions.outcomes("analysis joins") == [(problem, "refused")]
    assert (await world.ticket(number))["rca"]["held_by"] == 0


async def test_an_analysis_is_not_handed_to_a_problem_of_another_client(world, reactions):
    number = await world.open("Fire", priority="P1")
    problem = await world.open(type="problem", client=OAKFIELD)
    await world.did("sam", number, "link-problem", problem=problem)
    await world.did("sam", number, "move", reason="over my head", to_group="Network")
    await world.did("ines", number, "resolve", resolution="a new card")
    await reactions.settle()
    assert await reactions.outcomes("analysis joins") == [(problem, "refused")]
    assert (await world.ticket(number))["rca"]["held_by"] == 0


async def test_known_errors_help_on_new_tickets_within_the_wall(world, reactions):
    ticket = await world.open("Switch died", category="network")
    await world.did("sam", ticket, "problem", reason="again")
    await reactions.settle()
    number = (await world.ticket(ticket))["problem"]
    known = "/v1/known-errors"
    assert (await world.as_("sam").get(known)).json()["items"] == []
    await world.did("sam", number, "cause", cause="bad firmware")
    await world.did("sam", number, "workaround", workaround="power-cycle it")
    (item,) = (await world.as_("sam").get(known)).json()["items"]
    assert (item["number"], item["cause"], item["count"]) == (number, "bad firmware", 1)
    fresh = await world.open("Switch dead", category="network")
    (helps,) = (await world.ticket(fresh, "wally"))["workarounds"]
    assert (helps["problem"], helps["workaround"], helps["because"]) == (
        number,
        "power-cycle it",
        "same category",
    )
    (linked,) = (await world.ticket(ticket))["workarounds"]
    assert linked["because"] == "linked"
    theirs = await world.open("Switch dead", client=OAKFIELD, category="network")
    assert (await world.ticket(theirs))["workarounds"] == []
    await world.did("sam", theirs, "link-problem", problem=number)
    assert [one["problem"] for one in (await world.ticket(theirs))["workarounds"]] == [number]
    assert (await world.ticket(theirs, "nora"))["workarounds"] == [], "it is behind their wall"
    assert (await world.as_("nora").get(known)).json()["items"] == []
    named = await world.as_("sam").get(known, params={"client": OAKFIELD})
    assert named.json()["items"] == []
