"""Training and guides over HTTP: what there is to teach, who may say what came of it, walls."""

import pytest
import pytest_asyncio

from tests.services.router.world import HARBOUR, OAKFIELD

pytestmark = pytest.mark.postgres


async def ask(world, path="/v1/training", who="priya", **params):
    answer = await world.as_(who).get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def climbed(world, answer="guide", title="VPN token is lost", client=HARBOUR):
    """A ticket that the desk handed up, and that the network resolved with such an answer."""
    number = await world.open(title, client=client, category="vpn")
    await world.did("sam", number, "claim")
    await world.did("sam", number, "move", to_group="Network", reason="a firewall")
    await world.did("tom", number, "claim")
    await world.did("tom", number, "resolve", resolution="a new token", tier_below_could=answer)
    return number


async def mark(world, item, state, who="priya", **body):
    path = f"/v1/training/{item['ticket']}/{item['seq']}"
    return await world.as_(who).post(path, json={"state": state, **body})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def taught(shared_world):
    return shared_world, await climbed(shared_world), await climbed(shared_world, client=OAKFIELD)


async def test_a_yes_goes_to_the_next_session_of_the_tier_it_came_from(taught):
    world, one, other = taught
    page = await ask(world)
    assert {item["ticket"] for item in page["items"]} == {one, other}
    item = page["items"][0]
    assert (item["tier"], item["kind"], item["state"]) == ("T1", "guide", "open")
    assert (item["text"], item["category"]) == ("a new token", "vpn")
    assert (len(item["like"]), item["by_recurrence"], item["effect"]) == (1, False, None)
    agenda = next(it for it in page["agendas"] if it["tier"] == "T1")
    assert agenda == {"tier": "T1", "at": "2026-12-01T09:00:00Z", "open": 2, "planned": 0}
    assert (await ask(world, tier="T2"))["items"] == []


async def test_an_item_behind_the_wall_is_none(taught):
    world, mine, hidden = taught
    every = (await ask(world))["items"]
    assert [it["ticket"] for it in (await ask(world, who="wally"))["items"]] == [mine]
    assert [it["ticket"] for it in (await ask(world, who="nora"))["items"]] == [hidden]
    behind = next(it for it in every if it["ticket"] == mine)
    there = await mark(world, behind, "done", who="nora")
    missing = await mark(world, {"ticket": 999_999, "seq": behind["seq"]}, "done", who="nora")
    assert (there.status_code, missing.status_code) == (404, 404)
    assert await world.sql("SELECT count(*) FROM tierline.training") == 0


async def test_a_lead_plans_and_a_technician_does_not(taught):
    world, one, _ = taught
    item = next(it for it in (await ask(world))["items"] if it["ticket"] == one)
    refused = await mark(world, item, "planned", who="sam")
    assert (refused.status_code, refused.json()["code"]) == (403, "lead_decides")
    assert (await mark(world, item, "soon")).status_code == 422
    done = await mark(world, item, "planned", note="Tom shows it")
    assert done.status_code == 200, done.text
    (found,) = (await ask(world, state="planned"))["items"]
    assert (found["by"], found["note"]) == ("priya", "Tom shows it")
    agenda = next(it for it in (await ask(world))["agendas"] if it["tier"] == "T1")
    assert (agenda["open"], agenda["planned"]) == (1, 1)


async def test_an_event_that_resolved_nothing_is_no_item(taught):
    world, one, _ = taught
    answer = await mark(world, {"ticket": one, "seq": 1}, "planned")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_item")


async def test_once_taught_escalations_before_and_since_are_counted(taught):
    """Two went up before (one of each client); one goes up a day after it was taught."""
    world, one, _ = taught
    item = next(it for it in (await ask(world))["items"] if it["ticket"] == one)
    assert (await mark(world, item, "done")).status_code == 200
    await world.jump(hours=25)
    await climbed(world, answer="no")
    (found,) = (await ask(world, state="done"))["items"]
    assert found["effect"] == {"of": "vpn", "before": 2, "after": 1, "after_days": 1}
    (walled,) = (await ask(world, state="done", who="wally"))["items"]
    assert walled["effect"]["before"] == 1


async def test_a_tier_that_is_not_there_is_refused_with_the_one_meant(shared_world):
    answer = await shared_world.as_("priya").get("/v1/training", params={"tier": "T11"})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_tier")


async def test_a_tickets_guides_are_those_of_its_category_and_ours_alone(taught):
    world, one, _ = taught
    put = await world.as_("priya").put(
        "/v1/records/guides/vpn/New%20token",
        json={"steps": ["Ask for the code", "Send it"], "review_by": "2026-11-01"},
        headers={"If-None-Match": "*"},
    )
    assert put.status_code == 201, put.text
    (guide,) = (await ask(world, f"/v1/tickets/{one}/guides"))["items"]
    assert guide == {
        "category": "vpn",
        "title": "New token",
        "steps": ["Ask for the code", "Send it"],
        "link": "",
        "review_by": "2026-11-01",
        "overdue": True,
    }
    assert (await ask(world, f"/v1/tickets/{one}/guides", who="wally"))["items"] == []
    other = await world.open("Printer", category="printer")
    assert (await ask(world, f"/v1/tickets/{other}/guides"))["items"] == []
    week = await ask(world, "/v1/reports/week")
    assert week["overdue_guides"] == ["vpn: New token (2026-11-01)"]
    assert (await ask(world, "/v1/reports/week", who="wally"))["overdue_guides"] == []
