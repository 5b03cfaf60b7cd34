"""People against people: commands on one ticket from two connections."""

import asyncpg
import pytest

from router.commands import decide_within
from router.transactions import write
from tests.domain.worlds import KIM, SAM, TOM
from tests.services.interleavings.world import World
from tierline.domain.commands import Claim, Close, Move, Release, Resolve
from tierline.testing.steps import COMMIT
from tierline.web.idempotency import Answer, Attempt, Given, once

pytestmark = pytest.mark.postgres

LOCK = "FOR UPDATE"
NOW = "policy_now"


async def test_of_two_claimers_one_wins_and_the_other_is_told_who(world: World) -> None:
    ticket = await world.open()
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, Claim("kim"), KIM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    assert (await one.finish()).decision.rejected is None
    refused = (await two.finish()).decision.rejected
    assert refused is not None
    assert refused.code == "owned"
    assert refused.place["owner"] == "sam"
    assert (await world.names(ticket.id)).count("Claimed") == 1


async def test_a_claim_whose_winner_fails_goes_to_the_other(world: World) -> None:
    ticket = await world.open()
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, Claim("kim"), KIM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    assert await one.lose_connection() is not None
    assert (await two.finish()).decision.rejected is None
    assert (await world.ticket(ticket.id)).owner == "kim"
    await world.told(ticket.id)


async def test_a_claim_that_waited_for_a_release_succeeds(world: World) -> None:
    ticket = await world.open()
    await world.do(ticket.id, Claim("sam"), SAM)
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(ticket.id, Release(), SAM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, Claim("kim"), KIM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    await one.finish()
    assert (await two.finish()).decision.rejected is None
    assert (await world.names(ticket.id))[-2:] == ["Released", "Claimed"]


async def test_two_moves_are_two_moves_in_the_order_of_their_locks(world: World) -> None:
    """The second sees where the first has put it, and moves on from there."""
    ticket = await world.open()
    one, two = await world.actor(), await world.actor()
    up = Move("needs the network team", to_group="Network")
    further = Move("no, infrastructure", to_group="Infra")
    await one.start(world.do(ticket.id, up, TOM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, further, TOM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    moves = [one.event.what for one in await world.told(ticket.id)][-2:]
    assert [(move.from_group, move.to_group) for move in moves] == [
        ("Desk", "Network"),
        ("Network", "Infra"),
    ]


async def test_a_move_to_where_the_other_has_just_moved_it_is_refused(world: World) -> None:
    ticket = await world.open()
    one, two = await world.actor(), await world.actor()
    up = Move("needs the network team", to_group="Network")
    await one.start(world.do(ticket.id, up, TOM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, up, TOM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    await one.finish()
    assert (await two.finish()).decision.rejected is not None
    assert (await world.names(ticket.id)).count("Escalated") == 1


async def test_a_close_that_overtakes_a_resolve_refuses_it(world: World) -> None:
    ticket = await world.open()
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(ticket.id, Close("a duplicate"), TOM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, Resolve("rebooted"), SAM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    await one.finish()
    assert (await two.finish()).decision.rejected is not None
    assert (await world.names(ticket.id))[-1] == "Closed"


async def test_one_idempotency_key_twice_at_once_works_once(world: World) -> None:
    """The second waits for the first and gets its very answer."""
    ticket = await world.open()
    one, two = await world.actor(), await world.actor()
    attempt = Attempt.of("sam", "key-1", "POST", "/claim", b"{}")
    worked = []

    async def claim(context, connection) -> Given:
        async def work() -> Answer:
            worked.append(connection)
            done = await _claim(context, connection, ticket.id)
            return Answer.of(200, {"owner": done.decision.ticket.owner})

        return await once(connection, attempt, work)

    first, second = world.context(one.db), world.context(two.db)
    await one.start(write(first, lambda c: claim(first, c)), until=COMMIT)
    await two.start(write(second, lambda c: claim(second, c)), until="tierline.command")
    await two.run_until_blocked()
    answers = [await one.finish(), await two.finish()]
    assert [given.replayed for given in answers] == [False, True]
    assert bytes(answers[0].answer.body) == bytes(answers[1].answer.body)
    assert len(worked) == 1


async def test_an_idempotency_key_whose_first_use_failed_works_for_the_second(
    world: World,
) -> None:
    ticket = await world.open()
    one, two = await world.actor(), await world.actor()
    attempt = Attempt.of("sam", "key-1", "POST", "/claim", b"{}")

    async def claim(context, connection) -> Given:
        async def work() -> Answer:
            done = await _claim(context, connection, ticket.id)
            return Answer.of(200, {"owner": done.decision.ticket.owner})

        return await once(connection, attempt, work)

    first, second = world.context(one.db), world.context(two.db)
    await one.start(write(first, lambda c: claim(first, c)), until=COMMIT)
    await two.start(write(second, lambda c: claim(second, c)), until="tierline.command")
    await two.run_until_blocked()
    assert await one.lose_connection() is not None
    assert not (await two.finish()).replayed
    assert (await world.names(ticket.id)).count("Claimed") == 1


async def _claim(context, connection, number):
    return await decide_within(context, connection, number, Claim("sam"), SAM, "c")


async def test_a_deadlock_is_replayed_and_both_are_done(world: World) -> None:
    """Two transactions that lock by hand in opposite order: one is chosen, and run again."""
    low, high = await world.open_many(2)
    one, two = await world.actor(), await world.actor()
    lock = "SELECT 1 FROM tierline.ticket WHERE id = $1 FOR UPDATE"
    runs = []

    def both(first: int, second: int):
        async def work(connection) -> str:
            runs.append(first)
            await connection.fetchval(lock, first)
            await connection.fetchval(f"{lock} -- second", second)
            return "done"

        return work

    await one.start(write(world.context(one.db), both(low.id, high.id)), until="second")
    await two.start(write(world.context(two.db), both(high.id, low.id)), until="second")
    await one.run_until_blocked()
    two.db.gate.open_until(None)
    assert await one.finish() == "done"
    assert await two.finish() == "done"
    assert len(runs) == 3


async def test_a_lock_timeout_is_replayed_until_the_lock_is_free(world: World) -> None:
    ticket = await world.open()
    one, two = await world.actor(), await world.actor(lock_timeout_ms=60)
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, Claim("kim"), KIM, db=two.db), until=LOCK)
    await two.run_to(LOCK)  # the first try has timed out: this is the second
    await one.finish()
    assert (await two.finish()).decision.rejected is not None
    assert two.passed.count("BEGIN") == 2


async def test_a_lock_that_never_comes_free_is_said_and_nothing_is_written(world: World) -> None:
    ticket = await world.open()
    one, two = await world.actor(), await world.actor(lock_timeout_ms=40)
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, Claim("kim"), KIM, db=two.db), until=LOCK)
    with pytest.raises(asyncpg.LockNotAvailableError):
        await two.finish()
    await one.finish()
    assert (await world.ticket(ticket.id)).owner == "sam"
