"""What is booked and what is to be confirmed: which, by whom, and behind which wall."""

import pytest

from tests.services.router.world import HARBOUR, OAKFIELD, World

NINE, NOON = "2026-11-24T09:00:00Z", "2026-11-24T12:00:00Z"


async def booked(world: World, start: str, end: str | None = None, **more: object) -> int:
    owner = str(more.pop("owner", "sam"))
    number = await world.open(**more)
    await world.did("priya", number, "claim", owner=owner)
    until = {"until": start, "ends_at": end} if end else {"until": start}
    await world.did("priya", number, "hold", reason="scheduled", asked="x", **until)
    return number


async def listed(world: World, who: str = "priya", **params: str) -> dict[int, dict]:
    answer = await world.as_(who).get("/v1/scheduled", params=params)
    assert answer.status_code == 200, answer.text
    return {item["number"]: item for item in answer.json()["items"]}


async def test_bookings_are_listed_by_their_time_and_overlaps_of_one_person_named(world):
    first = await booked(world, NINE, "2026-11-24T11:00:00Z")
    second = await booked(world, "2026-11-24T10:30:00Z", NOON)
    after = await booked(world, NOON)
    leilas = await booked(world, NINE, NOON, owner="leila")
    found = await listed(world)
    assert list(found) == [first, leilas, second, after]
    assert {n: it["overlaps"] for n, it in found.items()} == {
        first: [second], second: [first], after: [], leilas: [],
    }  # fmt: skip
    assert list(await listed(world, "sam", owner="me")) == [first, second, after]
    late = {"from": "2026-11-24T11:00:00Z", "until": NOON}
    assert list(await listed(world, **late)) == [leilas, second], "ends are not part of it"


async def test_what_is_freed_or_over_is_listed_no_more(world):
    number = await booked(world, NINE, NOON)
    await world.did("sam", number, "resume")
    assert await listed(world) == {}
    again = await booked(world, NINE, NOON)
    await world.did("sam", again, "resolve", resolution="done early")
    assert await listed(world) == {}


@pytest.mark.parametrize(
    "params",
    [
        {"from": NOON, "until": NINE},
        {"from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"},
        {"from": "9999-12-30T00:00:00Z"},
        {"from": "noon"},
    ],
)
async def test_a_stretch_without_sense_is_refused(shared_world, params):
    answer = await shared_world.as_("sam").get("/v1/scheduled", params=params)
    assert answer.status_code == 422


async def resolved(world: World, **more: object) -> int:
    number = await world.open(**more)
    await world.did("priya", number, "resolve", resolution="new cable")
    return number


async def waiting(world: World, who: str = "priya", **params: str) -> list[dict]:
    answer = await world.as_(who).get("/v1/to-confirm", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_what_its_desk_owner_has_to_confirm_until_it_is(world):
    await world.open()
    ruth = {"name": "Ruth", "email": "ruth@harbourdental.example"}
    number = await resolved(world, requester=ruth)
    (item,) = await waiting(world)
    assert (item["number"], item["reminders"], item["resolution"]) == (number, 0, "new cable")
    assert item["closes_at"].startswith("2026-11-26T09:"), "three days of the office"
    assert item["allowed"] == ["confirm", "reject"]
    assert await waiting(world, "sam") == []
    assert [it["number"] for it in await waiting(world, "sam", owner="priya")] == [number]
    await world.did("priya", number, "reject", reason="still broken")
    assert await waiting(world) == []
    await world.did("priya", number, "resolve", resolution="another cable")
    await world.did("priya", number, "confirm")
    assert await waiting(world) == []


async def test_nothing_is_shown_beyond_the_wall(world):
    theirs = await resolved(world, client=OAKFIELD)
    ours = await resolved(world, client=HARBOUR)
    assert [it["number"] for it in await waiting(world, "wally", owner="priya")] == [ours]
    assert {it["number"] for it in await waiting(world)} == {theirs, ours}
    seen = await booked(world, NINE)
    hidden = await booked(world, NINE, client=OAKFIELD)
    assert list(await listed(world, "wally")) == [seen]
    assert (await listed(world, "wally"))[seen]["overlaps"] == [], "nor told of by its number"
    assert (await listed(world))[seen]["overlaps"] == [hidden]


async def test_a_token_that_is_nobodys_has_to_say_whose(shared_world):
    answer = await shared_world.as_("reader").get("/v1/to-confirm")
    assert answer.status_code == 422


async def test_a_request_is_listed_by_its_new_type(world):
    number = await world.open()
    await world.did("priya", number, "retype", to="request", reason="a new starter")
    found = await world.as_("priya").get("/v1/tickets", params={"type": "request"})
    assert [it["number"] for it in found.json()["items"]] == [number]
