"""Limits of one group that run out together: one message, one decision, whoever sees them first."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
import pytest_asyncio

from sla_timer import tick as tick_module
from sla_timer.tick import Ticker
from tests.services.router.reacting import Reactions
from tests.services.router.world import OAKFIELD, World
from tierline.store.floor import FloorSource

MANY = 30


@dataclass
class Storms:
    """Timers and routers on one database, each with a floor of its own."""

    world: World
    routers: list[Reactions] = field(init=False)
    floors: list[FloorSource] = field(init=False)

    def __post_init__(self) -> None:
        self.routers = [Reactions(self.world), Reactions(self.world)]
        self.floors = [FloorSource(self.world.db), FloorSource(self.world.db)]

    def timer(self, number: int) -> Ticker:
        """One of two replicas, which know what they did themselves until they read the floor."""
        context, floor = self.world.context, self.floors[number]
        policy = lambda: context.source.current  # noqa: E731 - as the service gives it
        nudge = context.relay.nudge
        return Ticker(context.db, policy, lambda: floor.current, nudge, floor.moved)

    async def run_out(self, count: int = MANY, **fields: Any) -> list[int]:
        """Tickets of the desk whose limit runs out at one instant; their numbers."""
        asked = {"start": "Desk", "facts": {"severity": "warning"}, **fields}
        numbers = await self.world.open_many([f"Printer {n}" for n in range(count)], **asked)
        await self.world.jump(minutes=31)
        for floor in self.floors:
            await floor.refresh()
        return numbers

    async def pass_time(self, *, batch: int = 100) -> None:
        """Both timers at once, until nothing is due."""
        with patch.object(tick_module, "BATCH", batch):
            timers = [self.timer(0), self.timer(1)]
            while any(await asyncio.gather(*(timer.tick() for timer in timers))):
                pass

    async def settle(self) -> None:
        """Both routers at once, until nothing follows any more."""
        for _ in range(9):
            await asyncio.gather(*(router.hear() for router in self.routers))
            await asyncio.gather(*(router.reactor.step() for router in self.routers))
        await self.routers[0].settle()

    async def told(self) -> list[int]:
        """The one minute is over, and what follows; how many tickets each message lists."""
        await self.world.jump(minutes=1)
        await self.pass_time()
        await self.settle()
        return await self.rows(
            "SELECT body #>> '{data,what,count}' FROM tierline.event WHERE type = 'storm_told'"
        )

    async def rows(self, statement: str) -> list[Any]:
        async with self.world.db.connection() as connection:
            return [row[0] for row in await connection.fetch(statement)]

    async def places(self) -> dict[str, int]:
        """How many tickets there are with each group."""
        found = await self.rows("SELECT grp FROM tierline.ticket")
        return {name: found.count(name) for name in set(found)}

    async def get(self, path: str, who: str = "priya") -> Any:
        return (await self.world.as_(who).get(path)).json()

    async def decide(self, number: int, who: str = "priya", **body: Any) -> Any:
        return await self.world.as_(who).post(f"/v1/storms/{number}/decide", json=body)


@pytest_asyncio.fixture(loop_scope="session")
async def storms(world: World) -> Storms:
    return Storms(world)


async def gathered(storms: Storms, count: int = MANY, **fields: Any) -> tuple[int, list[int]]:
    """A storm with its first tickets, told of; its number, and what waits in it."""
    await storms.run_out(count, **fields)
    await storms.pass_time()
    await storms.settle()
    await storms.told()
    (storm,) = (await storms.get("/v1/storms"))["items"]
    whole = await storms.get(f"/v1/storms/{storm['number']}")
    return storm["number"], [one["number"] for one in whole["tickets"]]


@pytest.mark.parametrize("batch", [100, 4])
async def test_thirty_at_once_are_one_message_and_one_decision(storms, batch):
    """In one batch or in many, of two timers and two routers."""
    await storms.run_out()
    await storms.pass_time(batch=batch)
    await storms.settle()
    moved = (await storms.places()).get("Network", 0)
    assert 5 <= moved <= 2 * 5, "neither timer has read yet what the other one did"
    assert await storms.told() == [str(MANY - moved)]
    (storm,) = (await storms.get("/v1/storms"))["items"]
    assert (storm["group"], storm["waiting"]) == ("Desk", MANY - moved)
    assert storm["count"] == MANY - moved
    assert (await storms.get("/v1/board"))["storms"] == [storm]
    answer = await storms.decide(storm["number"], decision="move all")
    assert (answer.status_code, len(answer.json()["moved"])) == (200, MANY - moved)
    await storms.settle()
    assert (await storms.places()) == {"Network": MANY}
    again = await storms.decide(storm["number"], decision="keep all", reason="x")
    assert (again.status_code, again.json()["code"]) == (409, "storm_over")
    assert await storms.told() == [str(MANY - moved)], "and nothing more is said"


async def test_whoever_hears_it_again_changes_nothing(storms):
    number, waiting = await gathered(storms, 12)
    await storms.decide(number, decision="pick", tickets=waiting[:2], reason="the rest can wait")
    await storms.settle()
    before = await storms.world.counts()
    await storms.world.sql("UPDATE tierline.progress SET seq = 0 WHERE consumer = 'reactions'")
    await storms.settle()
    assert await storms.world.counts() == before
    events = await storms.get(f"/v1/tickets/{waiting[0]}/events")
    moved = events["items"][-1]
    assert (moved["type"], moved["by"]["name"], moved["why"]["values"]["storm"]) == (
        "escalated",
        "priya",
        number,
    )
    kept = (await storms.get(f"/v1/tickets/{waiting[2]}/events"))["items"][-1]
    assert (kept["type"], kept["what"]["reason"]) == ("proposal_declined", "the rest can wait")


async def test_of_two_leads_who_decide_at_once_one_does(storms):
    number, waiting = await gathered(storms, 10)
    answers = await asyncio.gather(
        storms.decide(number, "priya", decision="move all"),
        storms.decide(number, "tom", decision="keep all", reason="all hands are here"),
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    await storms.settle()
    decided = await storms.rows("SELECT count(*) FROM tierline.event WHERE type = 'storm_decided'")
    assert decided == [1]
    places = await storms.places()
    assert {places.get("Desk", 0), places["Network"]} <= {0, 10 - len(waiting), 10, len(waiting)}


async def test_undecided_it_is_over_and_the_next_one_is_another(storms):
    number, _ = await gathered(storms, 8)
    await storms.world.jump(minutes=15)
    await storms.pass_time()
    assert (await storms.places()) == {"Network": 8}
    assert (await storms.get("/v1/storms"))["items"] == []
    (old,) = (await storms.get("/v1/storms?over=true"))["items"]
    assert (old["number"], old["waiting"], old["over_at"]) == (number, 0, old["until"])
    assert (await storms.decide(number, decision="move all")).json()["code"] == "storm_over"
    newer, _ = await gathered(storms, 8)
    assert newer != number


async def test_what_was_claimed_meanwhile_is_not_of_it_any_more(storms):
    number, waiting = await gathered(storms, 8)
    await storms.world.did("leila", waiting[0], "claim")
    whole = await storms.get(f"/v1/storms/{number}")
    assert [one["waits"] for one in whole["tickets"]] == [False, *([True] * (len(waiting) - 1))]
    picked = await storms.decide(number, decision="pick", tickets=[waiting[0]], reason="x")
    assert (picked.status_code, picked.json()["code"]) == (422, "unknown_ticket")
    await storms.decide(number, decision="move all")
    await storms.settle()
    assert (await storms.world.ticket(waiting[0]))["owner"] == "leila"


async def test_who_may_decide_and_what_must_be_said(storms):
    number, waiting = await gathered(storms, 7)
    refused = await storms.decide(number, "sam", decision="move all")
    assert (refused.status_code, refused.json()["code"]) == (403, "lead_decides")
    refused = await storms.decide(number, decision="keep all")
    assert (refused.status_code, refused.json()["code"]) == (422, "missing")
    for body in (
        {"decision": "pick"},
        {"decision": "move all", "tickets": waiting},
        {"decision": "perhaps"},
        {"decision": "move all", "why": "x"},
    ):
        assert (await storms.decide(number, **body)).status_code == 422
    assert (await storms.decide(number + 1, decision="move all")).status_code == 404


async def test_a_wall_hides_its_tickets_and_a_decision_is_about_those_that_are_seen(storms):
    """Nora leads, and sees Oakfield only; Wally sees Harbour Dental."""
    hidden = await storms.world.open_many(
        [f"Lab {n}" for n in range(20)],
        client=OAKFIELD,
        start="Desk",
        facts={"severity": "warning"},
    )
    number, _ = await gathered(storms, 20)
    hers, all_of_it = [await storms.get(f"/v1/storms/{number}", who) for who in ("nora", "priya")]
    waiting = {one["number"] for one in all_of_it["tickets"]}
    assert {one["number"] for one in hers["tickets"]} == waiting & set(hidden) != set()
    (listed,) = (await storms.get("/v1/storms", "nora"))["items"]
    assert (listed["count"], listed["waiting"]) == (len(hers["tickets"]),) * 2
    other = min(waiting - set(hidden))
    refused = await storms.decide(number, "nora", decision="pick", tickets=[other], reason="x")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_ticket")
    await storms.decide(number, "nora", decision="move all")
    await storms.settle()
    left = await storms.get(f"/v1/storms/{number}")
    assert (left["over_at"], left["waiting"]) == (None, len(waiting - set(hidden)))
    assert (await storms.decide(number, "nora", decision="move all")).json()["code"] == "storm_over"
    assert (await storms.decide(number, "tom", decision="move all")).status_code == 200
    assert (await storms.get("/v1/storms"))["items"] == []


async def test_a_storm_of_which_nothing_may_be_seen_is_none(storms):
    number, _ = await gathered(storms, 7)
    path = f"/v1/storms/{number}"
    hidden = await storms.world.as_("nora").get(path)
    missing = await storms.world.as_("priya").get(f"/v1/storms/{number + 7}")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "no_such_storm")
    assert missing.json()["code"] == hidden.json()["code"]
    assert (await storms.decide(number, "nora", decision="move all")).status_code == 404
    assert (await storms.get("/v1/storms", "nora"))["items"] == []
    assert (await storms.get("/v1/board", "nora"))["storms"] == []
    assert (await storms.get("/v1/storms", "wally"))["items"][0]["number"] == number
