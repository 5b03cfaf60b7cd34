"""`GET /v1/tickets/{number}/due`: why each promise is due when it is."""

from datetime import datetime

from tests.services.router.world import MONDAY


async def due_of(world, number, **params):
    answer = await world.as_("sam").get(f"/v1/tickets/{number}/due", params=params)
    assert answer.status_code == 200, answer.text
    return {clock["name"]: clock for clock in answer.json()["clocks"]}


async def test_every_clock_comes_with_its_terms_and_a_ledger_that_adds_up(world):
    number = await world.open()
    await world.did("sam", number, "claim")
    await world.jump(minutes=10)
    await world.did("sam", number, "hold", reason="client", asked="which one?")
    await world.jump(hours=1)
    await world.did("sam", number, "resume")
    ticket, found = await world.ticket(number), await due_of(world, number)
    assert list(found) == [clock["name"] for clock in ticket["clocks"]]
    for shown in ticket["clocks"]:
        clock = found[shown["name"]]
        assert (clock["due"], clock["target_s"]) == (shown["due"], shown["target_s"])
        assert clock["policy"] == world.context.source.current.version
        assert clock["calendar"]["hash"]
        for before, after in zip(clock["ledger"], clock["ledger"][1:], strict=False):
            assert before["end"] == after["start"]
        if clock["due"]:
            assert clock["carried_s"] + clock["counted_s"] == clock["target_s"]
            assert clock["ledger"][-1]["end"] == clock["due"]
    held = [one for one in found["resolve"]["ledger"] if one["kind"] == "held"]
    assert [one["reason"] for one in held] == ["hold:client"]
    assert datetime.fromisoformat(found["resolve"]["ledger"][0]["start"]) >= MONDAY


async def test_only_the_clocks_asked_for_come(world):
    number = await world.open()
    assert list(await due_of(world, number, clock="resolve")) == ["resolve"]
    assert list(await due_of(world, number, clock=["tier", "resolve"])) == ["resolve", "tier"]
    assert await due_of(world, number, clock="vendor") == {}
    answer = await world.as_("sam").get(f"/v1/tickets/{number}/due", params={"clock": "sprint"})
    assert answer.status_code == 422
