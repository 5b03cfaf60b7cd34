"""A write sent twice is done once."""

import asyncio

from router.housekeeping import Housekeeping
from tests.services.router.world import HARBOUR

KEY = {"Idempotency-Key": "retry-1"}


async def note(world, who, number, text="x", key="retry-1"):
    return await world.as_(who).post(
        f"/v1/tickets/{number}/notes", json={"text": text}, headers={"Idempotency-Key": key}
    )


async def notes(world):
    return await world.sql("SELECT count(*) FROM tierline.event WHERE type = 'noted'")


async def test_the_first_answer_is_given_again(world):
    number = await world.open()
    first, second = await note(world, "sam", number), await note(world, "sam", number)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert "idempotent-replay" not in first.headers
    assert second.headers["idempotent-replay"] == "true"
    assert await notes(world) == 1


async def test_a_ticket_is_opened_once_and_found_at_the_same_address(world):
    body = {"type": "incident", "title": "x", "client": HARBOUR}
    sam = world.as_("sam")
    answers = [await sam.post("/v1/tickets", json=body, headers=KEY) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await world.sql("SELECT count(*) FROM tierline.ticket") == 1


async def test_of_two_at_once_one_works_and_the_other_gets_its_answer(world, eventually):
    number = await world.open()
    async with world.locked(number):
        both = [asyncio.create_task(note(world, "sam", number)) for _ in range(2)]

        async def waiting():
            return await world.waiting_for_locks() >= 2

        await eventually(waiting)
    first, second = await asyncio.gather(*both)
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert {first.headers.get("idempotent-replay"), second.headers.get("idempotent-replay")} == {
        None,
        "true",
    }
    assert await notes(world) == 1


async def test_a_refusal_is_remembered_too(world):
    number = await world.open()
    path = f"/v1/tickets/{number}/resume"
    first = await world.as_("sam").post(path, headers=KEY)
    assert first.status_code == 409
    await world.did("sam", number, "hold", reason="client", asked="x")
    again = await world.as_("sam").post(path, headers=KEY)
    assert (again.status_code, again.content) == (409, first.content)
    assert again.headers["content-type"] == "application/problem+json"


async def test_the_same_key_for_another_request_is_refused(world):
    number, other = await world.open(), await world.open()
    await note(world, "sam", number)
    for answer in (await note(world, "sam", number, "y"), await note(world, "sam", other)):
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_reused"
    assert await notes(world) == 1


async def test_a_key_is_its_askers_own(world):
    number = await world.open()
    await note(world, "sam", number)
    answer = await note(world, "leila", number, "y")
    assert answer.status_code == 200
    assert await notes(world) == 2


async def test_what_failed_leaves_no_key_behind(world):
    """A 503 or a 404 is not an answer to be given again."""
    number = await world.open()
    async with world.locked(number):
        assert (await note(world, "sam", number)).status_code == 503
    assert (await note(world, "sam", number)).status_code == 200
    assert (await note(world, "sam", 999_999, key="k2")).status_code == 404
    assert await world.sql("SELECT count(*) FROM tierline.command") == 1


async def test_a_jump_of_the_clock_is_made_once(world):
    sam = world.as_("sam")
    first = await sam.post("/v1/clock", json={"jump_s": 3600}, headers=KEY)
    again = await sam.post("/v1/clock", json={"jump_s": 3600}, headers=KEY)
    assert first.content == again.content
    assert await world.sql("SELECT changed FROM tierline.policy_clock") == 1


async def test_a_key_too_long_or_not_printable_is_refused(world):
    number = await world.open()
    for key in ("k" * 256, "", "a b"):
        answer = await note(world, "sam", number, key=key)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_old_answers_are_forgotten_and_young_ones_kept(world):
    number = await world.open()
    await note(world, "sam", number, key="old")
    await world.sql("UPDATE tierline.command SET created_at = now() - interval '25 hours'")
    await note(world, "sam", number, key="young")
    await world.sql(
        "INSERT INTO tierline.session (id, login, expires_at) VALUES ('x', 'sam', now())"
    )
    assert await Housekeeping(world.db).tidy() == 1
    assert await world.sql("SELECT array_agg(key) FROM tierline.command") == ["young"]
    assert await world.sql("SELECT count(*) FROM tierline.session WHERE id = 'x'") == 0
