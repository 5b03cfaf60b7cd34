"""A storm on the board of its group, and its page with the one decision."""

from tests.services.console.fake_router import problem
from tests.services.console.stormy import STORM
from tests.services.console.world import make_ticket

FORM = {"key": "k1", "decision": "pick", "reason": "the rest can wait", "pick-1043": "on"}


async def test_the_board_has_a_card_with_the_decision_for_a_lead(priya, sam, world):
    world.storms.append(STORM)
    page = (await priya.get("/")).text
    assert "Storm: 2 tickets wait" in page
    assert 'action="/storms/3"' in page
    assert "Move all to Network" in page
    technicians = (await sam.get("/")).text
    assert "Storm: 2 tickets wait" in technicians
    assert "Move all" not in technicians


async def test_its_page_lists_what_waits_and_what_does_not(priya, sam, world):
    world.storms.append(STORM)
    page = (await priya.get("/storms/3")).text
    assert "Storm 3 of Desk" in page
    assert "Printer &lt;b&gt;3" in page
    assert 'name="pick-1043"' in page
    assert 'name="pick-1044"' not in page
    assert "Move all 2" in page
    technicians = (await sam.get("/storms/3")).text
    assert "is a lead's to decide" in technicians or "is a lead&#39;s to decide" in technicians
    assert 'name="pick-1043"' not in technicians
    assert (await sam.get("/storms/9")).status_code == 404


async def test_some_are_picked_or_all_move(priya, world):
    world.storms.append(STORM)
    token = await priya.token("/storms/3")
    answer = await priya.send("/storms/3", FORM, token=token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/storms/3?done=decided")
    picked = {"decision": "pick", "reason": "the rest can wait", "tickets": [1043]}
    assert ("decide 3", picked, "k1") in world.asked
    many = {f"pick-{number}": "on" for number in range(1, 900)}
    answer = await priya.send("/storms/3", {**FORM, **many}, token=token)
    assert answer.status_code == 303, "as many as a storm has"
    await priya.send("/storms/3", {"key": "k2", "decision": "move all"}, token=token)
    assert ("decide 3", {"decision": "move all", "reason": ""}, "k2") in world.asked


async def test_a_refusal_is_shown_with_what_was_ticked(priya, world):
    world.storms.append(STORM)
    world.refuse["decide"] = problem(422, "missing", "reason must not be empty")
    answer = await priya.send("/storms/3", FORM, token=await priya.token("/storms/3"))
    assert answer.status_code == 422
    assert "reason must not be empty" in answer.text
    assert 'name="pick-1043" aria-label="Move #1043" checked' in answer.text


async def test_what_is_over_asks_for_nothing(priya, world):
    world.storms.append({**STORM, "over_at": "2026-11-20T14:04:00Z", "waiting": 0})
    page = (await priya.get("/storms/3")).text
    assert "It is over since" in page
    assert "Move all" not in page


async def test_a_tickets_page_names_its_storm(priya, world):
    proposal = {"seq": 7, "to_tier": "T2", "to_group": "Network", "reason": "T1 limit reached",
                "choice": "storm", "decide_by": None, "storm": 3}  # fmt: skip
    world.add(make_ticket(1045, "Printer", proposal=proposal, allowed=["accept", "decline"]))
    page = (await priya.get("/tickets/1045")).text
    assert '<a href="/storms/3">storm 3</a>' in page
