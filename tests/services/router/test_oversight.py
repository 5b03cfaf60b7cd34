"""Management, actions and the analysis over HTTP, on a real database."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from router.routes import actions
from tests.services.router.world import MONDAY, OAKFIELD, World


def later(**after: float) -> str:
    return (MONDAY + timedelta(**after)).isoformat()


async def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def act(world: World, number: int, what: str, owner: str = "ines", **after: float) -> None:
    due = later(**(after or {"days": 30}))
    await world.did("priya", number, "add-action", what=what, owner=owner, due=due)


async def listed(world: World, who: str, **params: Any) -> list[tuple[int, int, str]]:
    answer = await world.as_(who).get("/v1/actions", params=params)
    assert answer.status_code == 200, answer.text
    return [(it["ticket"], it["number"], it["what"]) for it in answer.json()["items"]]


async def test_a_p1_calls_management_who_are_told_and_owed_a_word(world):
    number = await world.open(priority="P1")
    ticket = await world.ticket(number)
    assert (ticket["management"], ticket["called"]) == (True, ["Any P1"])
    assert ticket["attention"]["people"] == ["grace"]
    rows = (await world.as_("sam").get("/v1/tickets")).json()["items"]
    assert [(row["number"], row["management"]) for row in rows] == [(number, True)]
    done = await world.did("sam", number, "brief", text="a spare is on its way")
    assert done["events"][-1]["words"] == "Sam told management: a spare is on its way."
    await world.did("sam", number, "state-complex", text="three vendors")
    assert (await world.ticket(number))["complexity"] == "three vendors"
    assert "state-complex" not in (await world.ticket(number))["allowed"]


async def test_people_beside_an_owner_are_known_people_who_may_see_the_ticket(world):
    number = await world.open(client=OAKFIELD)
    refused = await world.do("sam", number, "reallocate", reason="x", join=["ines"])
    assert await code(refused) == (403, "lead_decides")
    for nobody in ("wally", "nobody"):
        answer = await world.do("tom", number, "reallocate", reason="x", join=[nobody])
        assert await code(answer) == (422, "unknown_owner")
    await world.did("tom", number, "reallocate", reason="two more hands", join=["ines", "sam"])
    assert (await world.ticket(number))["joined"] == ["ines", "sam"]
    await world.did("tom", number, "reallocate", reason="enough", relieve=["sam"])
    count = "SELECT string_agg(login, ',') FROM tierline.joined WHERE ticket = $1"
    assert await world.sql(count, number) == "ines"
    await world.did("tom", number, "resolve", resolution="done")
    assert await world.sql(count, number) is None


async def test_actions_are_listed_by_owner_and_date_page_by_page(world):
    first, second = await world.open(), await world.open(client=OAKFIELD)
    await act(world, first, "last", days=9)
    await act(world, second, "first", days=1)
    await act(world, first, "sams", "sam", days=2)
    assert await listed(world, "ines") == [(second, 1, "first"), (first, 1, "last")]
    assert await listed(world, "priya") == []
    everybody = [(second, 1, "first"), (first, 2, "sams"), (first, 1, "last")]
    assert await listed(world, "priya", owner="all") == everybody
    assert await listed(world, "priya", owner="all", client=OAKFIELD) == everybody[:1]
    assert await listed(world, "wally", owner="all") == everybody[1:], "behind the wall"
    page = (await world.as_("priya").get("/v1/actions", params={"owner": "all", "limit": 2})).json()
    assert await listed(world, "priya", owner="all", cursor=page["next_cursor"]) == everybody[2:]
    odd = await world.as_("priya").get("/v1/actions", params={"cursor": "nonsense"})
    assert await code(odd) == (422, "invalid")
    await world.jump(days=3)
    assert await listed(world, "priya", owner="all", overdue=True) == everybody[:2]
    over = {"number": 1, "outcome": "done"}
    await world.as_("ines").post(f"/v1/tickets/{second}/complete-action", json=over)
    moved = {"number": 2, "due": later(days=20), "reason": "the part is late"}
    await world.as_("sam").post(f"/v1/tickets/{first}/move-action", json=moved)
    assert await listed(world, "priya", owner="all") == [everybody[2], everybody[1]]
    assert (await world.ticket(first))["action_due"] == later(days=9).replace("+00:00", "Z")


async def test_an_action_is_given_to_somebody_who_may_see_the_ticket(world):
    number = await world.open(client=OAKFIELD)
    body = {"what": "x", "due": later(days=1), "owner": "wally"}
    answer = await world.do("priya", number, "add-action", **body)
    assert await code(answer) == (422, "unknown_owner")
    done = await world.did("sam", number, "add-action", what="x", due=later(days=1))
    assert done["ticket"]["actions"][0]["owner"] == "sam"
    assert "complete-action" in done["ticket"]["allowed"]


async def test_a_problem_carries_on_and_the_ticket_closes(world):
    number, problem = await world.open(), await world.open(type="problem")
    await act(world, number, "swap it")
    await world.did("sam", number, "resolve", resolution="a spare")
    await world.did("sam", number, "confirm")
    ticket = await world.ticket(number)
    assert ticket["state"] == "resolved"
    assert {"confirm", "close"} & set(ticket["allowed"]) == set()
    refused = await world.do("priya", number, "close", reason="x")
    assert await code(refused) == (409, "unfinished")
    done = await world.did("priya", number, "to-problem", problem=problem)
    assert [event["type"] for event in done["events"]] == ["correction_handed", "closed"]
    assert await listed(world, "ines") == [(problem, 1, "swap it")]
    taken = (await world.as_("sam").get(f"/v1/tickets/{problem}/events")).json()["items"][-1]
    assert taken["words"] == f"Priya took over 1 action from ticket {number}."


async def test_only_an_open_problem_of_the_same_client_carries_on(world):
    number = await world.open()
    await act(world, number, "swap it")
    incident, others = await world.open(), await world.open(type="problem", client=OAKFIELD)
    for wrong in (incident, others):
        answer = await world.do("priya", number, "to-problem", problem=wrong)
        assert await code(answer) == (422, "unknown_problem")
    behind = await world.do("wally", number, "to-problem", problem=others)
    assert await code(behind) == (404, "no_such_ticket")
    closed = await world.open(type="problem")
    await world.did("priya", closed, "close", reason="not one")
    before = await world.counts()
    answer = await world.do("priya", number, "to-problem", problem=closed)
    assert await code(answer) == (409, "closed")
    assert await world.counts() == before, "nothing is moved, nothing is lost"
    assert await listed(world, "ines") == [(number, 1, "swap it")]


async def test_an_analysis_is_asked_for_written_on_a_problem_and_read_as_markdown(world):
    number, problem = (
        await world.open("Fire | smoke", priority="P1"),
        await world.open(type="problem"),
    )
    await world.did("sam", number, "move", reason="over my head", to_group="Network")
    await world.did("ines", number, "resolve", resolution="a <new> card")
    assert (await world.ticket(number))["rca"]["on_problem"] is True
    await world.did("tom", number, "to-problem", problem=problem)
    entry = f"{number}/2"
    await world.did(
        "tom", problem, "rca",
        summary="The card failed.", causes=["no *spare*"], comments={entry: "too slow"},
    )  # fmt: skip
    refused = await world.do("tom", problem, "rca", done=True)
    assert await code(refused) == (422, "missing")
    await act(world, problem, "keep a spare")
    await world.did("tom", problem, "rca", done=True)
    document = (await world.as_("sam").get(f"/v1/tickets/{problem}/rca")).json()
    assert document["about"] == [number]
    assert document["missing"] == []
    assert [it["comment"] for it in document["timeline"] if it["place"] == entry] == ["too slow"]
    for line in (
        "- no \\*spare\\*",
        "a &#60;new&#62; card",
        "<br>*too slow*",
        "- [ ] keep a spare",
    ):
        assert line in document["markdown"]
    none = await world.as_("sam").get(f"/v1/tickets/{await world.open()}/rca")
    assert await code(none) == (404, "no_rca")


async def test_an_analysis_shows_no_ticket_behind_the_wall(world):
    hidden, problem = await world.open("Secret", client=OAKFIELD), await world.open(type="problem")
    await world.did("tom", problem, "rca", summary="x")
    await world.sql(
        "UPDATE tierline.ticket SET doc = jsonb_set(doc::jsonb, '{rca,about}',"
        f" '[{hidden}, {problem}]')::json WHERE id = {problem}"
    )
    seen = (await world.as_("wally").get(f"/v1/tickets/{problem}/rca")).json()
    assert seen["about"] == [problem]
    assert "Secret" not in seen["markdown"]
    everything = (await world.as_("tom").get(f"/v1/tickets/{problem}/rca")).json()
    assert everything["about"] == [hidden, problem]
    with patch.object(actions, "RCA_EVENTS_MAX", 1):
        cut = (await world.as_("tom").get(f"/v1/tickets/{problem}/rca")).json()
    events = await world.sql(
        "SELECT count(*) FROM tierline.event WHERE ticket = ANY($1)", [hidden, problem]
    )
    assert cut["more"] == events - 1, "what is left out is counted, not read"
