"""Two people, one ticket, at the same moment."""

import asyncio

import asyncpg
import pytest

from router.transactions import write


async def test_of_two_claimers_one_wins_and_the_other_is_told_who(world, eventually):
    number = await world.open()
    async with world.locked(number):
        claims = [asyncio.create_task(world.do(who, number, "claim")) for who in ("leila", "sam")]
        await eventually(lambda: _waiting(world, 2))
    answers = await asyncio.gather(*claims)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won = next(answer for answer in answers if answer.status_code == 200).json()
    lost = next(answer for answer in answers if answer.status_code == 409).json()
    assert lost["code"] == "owned"
    assert lost["place"]["owner"] == won["ticket"]["owner"] == (await world.ticket(number))["owner"]
    claimed = await world.sql("SELECT count(*) FROM tierline.event WHERE type = 'claimed'")
    assert claimed == 1


async def test_a_claim_against_a_move_sees_the_other_first(world, eventually):
    """Whoever comes second decides on what the first one left."""
    number = await world.open()
    async with world.locked(number):
        move = asyncio.create_task(world.do("priya", number, "move", reason="up"))
        await eventually(lambda: _waiting(world, 1))
        claim = asyncio.create_task(world.do("ines", number, "claim"))
        await eventually(lambda: _waiting(world, 2))
    moved, claimed = await asyncio.gather(move, claim)
    assert (moved.status_code, claimed.status_code) == (200, 200)
    assert claimed.json()["ticket"]["group"] == "Network"
    seqs = await world.sql("SELECT array_agg(seq ORDER BY seq) FROM tierline.event")
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_lock_that_does_not_come_is_a_503_and_nothing_is_written(world):
    number = await world.open()
    await world.sql("SELECT 1")
    before = await world.counts()
    async with world.locked(number):
        answer = await world.do("leila", number, "claim")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0
    assert await world.counts() == before
    assert (await world.do("leila", number, "claim")).status_code == 200


async def test_a_deadlock_victim_is_run_again(world):
    tried = []

    async def work(connection):
        tried.append(await connection.fetchval("SELECT 1"))
        if len(tried) < 3:
            raise asyncpg.DeadlockDetectedError("somebody else was in the way")
        return len(tried)

    assert await write(world.context, work) == 3


async def test_after_the_last_try_the_error_is_the_callers(world):
    async def work(connection):
        raise asyncpg.SerializationError("always")

    nudges = world.relay.nudges
    with pytest.raises(asyncpg.SerializationError):
        await write(world.context, work)
    assert world.relay.nudges == nudges


async def _waiting(world, count):
    return await world.waiting_for_locks() >= count
