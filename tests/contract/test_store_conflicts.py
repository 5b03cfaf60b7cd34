"""Unique keys in use, circles, timeouts and failures: both sides wait and refuse alike."""

import asyncio

import asyncpg
import pytest

from intake.triage import store
from tests.contract.store import proves
from tests.contract.store_acts import (
    CLOSED,
    LOCK,
    NOWHERE,
    BackError,
    begun,
    moved,
    moving,
    opened,
    opening,
    rolled_back,
    taken_up,
    wanted,
)
from tests.contract.store_rows import (
    put_alert,
    put_event,
    put_ticket,
)
from tierline.store import events, tickets
from tierline.web import idempotency


async def claim_key(connection):
    return await connection.fetchval(idempotency.CLAIM_KEY, "sam", "k", "digest")


@proves(idempotency.CLAIM_KEY)
async def test_a_key_being_claimed_is_waited_for_and_then_taken(side):
    async with side.transaction() as connection:
        assert await claim_key(connection) is True
        other = await begun(side, idempotency.CLAIM_KEY, "sam", "k", "digest")
        await side.until_waiting()
        assert await side.fetch(idempotency.CLAIM_KEY, "sam", "k2", "digest") != []
    assert await other == []


@proves(idempotency.CLAIM_KEY)
async def test_a_key_whose_claim_was_rolled_back_is_free(side):
    async with rolled_back(side) as connection:
        assert await claim_key(connection) is True
        other = await begun(side, idempotency.CLAIM_KEY, "sam", "k", "digest")
        await side.until_waiting()
        raise BackError
    assert await other == [(True,)]


@proves(events.MAKE_PROGRESS, events.LOCK_PROGRESS)
async def test_two_replicas_never_work_on_one_ticket(side):
    async with side.transaction() as connection:
        await connection.fetch(events.MAKE_PROGRESS, "notifier", [1])
        other = await begun(side, events.MAKE_PROGRESS, "notifier", [1, 2])
        await side.until_waiting()
        await connection.execute(events.SAVE_PROGRESS, "notifier", [1], [4])
    assert await other == [(2, 0)]
    async with side.transaction() as connection:
        await connection.fetch(events.LOCK_PROGRESS, "notifier", [1, 2])
        other = await begun(side, events.LOCK_PROGRESS, "notifier", [2, 1])
        await side.until_waiting()
        await connection.execute(events.SAVE_PROGRESS, "notifier", [1], [6])
    assert await other == [(1, 6), (2, 0)]


@proves(store.TAKE_UP)
async def test_a_problem_being_made_is_waited_for_and_to_be_locked_after_that(side):
    first, second, third = [await put_alert(side) for _ in range(3)]
    async with side.transaction() as connection:
        await connection.fetch(store.TAKE_UP, *wanted((first, "A", "k")))
        both = wanted((second, "A", "k"), (third, "B", "k"))
        other = await begun(side, store.TAKE_UP, *both)
        await side.until_waiting()
    assert taken_up(*await other) == ([second, third], {("B", "k"): NOWHERE})


@proves(store.TAKE_UP)
async def test_a_problem_whose_maker_rolled_back_is_made(side):
    first, second = [await put_alert(side) for _ in range(2)]
    async with rolled_back(side) as connection:
        await connection.fetch(store.TAKE_UP, *wanted((first, "A", "k")))
        other = await begun(side, store.TAKE_UP, *wanted((second, "A", "k")))
        await side.until_waiting()
        raise BackError
    assert taken_up(*await other) == ([second], {("A", "k"): NOWHERE})


@proves(tickets.OPEN_TICKETS)
async def test_of_two_that_open_a_ticket_of_one_problem_the_second_is_refused(side):
    async with side.transaction() as connection:
        await connection.execute(tickets.OPEN_TICKETS, *opening(opened(1)))
        other = await begun(side, tickets.OPEN_TICKETS, *opening(opened(2)))
        await side.until_waiting()
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await other
    assert refused.value.constraint_name == "ticket_open_problem"
    assert await side.values("ticket", "id") == [(1,)]


@proves(tickets.OPEN_TICKETS, tickets.MOVE_TICKETS)
async def test_opening_waits_for_who_is_closing_and_then_may(side):
    await put_ticket(side, 1, problem_key="disk")
    async with side.transaction() as connection:
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1, state=CLOSED, due=None)))
        other = await begun(side, tickets.OPEN_TICKETS, *opening(opened(2)))
        await side.until_waiting()
    await other
    assert await side.values("ticket", "state") == [("closed",), ("queued",)]


@proves(tickets.MOVE_TICKETS)
async def test_one_event_a_seq_even_at_once(side):
    async with side.transaction() as connection:
        await connection.execute(tickets.MOVE_TICKETS, *moving(told=[(1, 1, 3)]))
        other = await begun(side, tickets.MOVE_TICKETS, *moving(told=[(1, 1, 3)]))
        await side.until_waiting()
    with pytest.raises(asyncpg.UniqueViolationError):
        await other
    assert len(await side.rows("outbox")) == 1


# -- deadlocks, timeouts, what fails


async def test_of_two_that_wait_for_each_other_one_is_refused(side):
    await put_ticket(side, 1)
    await put_ticket(side, 2)
    first_db, second_db = side.db, await side.another()

    async def lock(connection, number):
        return len(await connection.fetch(LOCK, [number]))

    both_hold = asyncio.Barrier(2)

    async def both(db, mine, other):
        async with db.transaction() as connection:
            await lock(connection, mine)
            await both_hold.wait()
            return await lock(connection, other)

    outcomes = await asyncio.gather(
        both(first_db, 1, 2), both(second_db, 2, 1), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["DeadlockDetectedError", "int"]


@proves(idempotency.CLAIM_KEY)
async def test_a_circle_may_go_over_a_unique_key(side):
    await put_ticket(side, 1)
    second_db = await side.another()
    both_hold = asyncio.Barrier(2)

    async def first():
        async with side.transaction() as connection:
            await claim_key(connection)
            await both_hold.wait()
            await connection.fetch(LOCK, [1])

    async def second():
        async with second_db.transaction() as connection:
            await connection.fetch(LOCK, [1])
            await both_hold.wait()
            await claim_key(connection)

    outcomes = await asyncio.gather(first(), second(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["DeadlockDetectedError", "NoneType"]


@pytest.mark.parametrize("what", ["row", "key"])
async def test_a_wait_ends_with_the_lock_timeout(side, what):
    await put_ticket(side, 1)
    asked = (LOCK, [1]) if what == "row" else (idempotency.CLAIM_KEY, "sam", "k", "digest")
    async with side.transaction() as connection:
        await connection.fetch(*asked)
        other = await begun(side, *asked, impatient=True)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await other
        assert len(await connection.fetch(tickets.READ_TICKET, 1)) == 1
    assert await side.fetch(LOCK, [1]) == [{"doc": '{"id":1}'}]


async def test_one_that_gave_up_no_longer_stands_in_the_queue(side):
    await put_ticket(side, 1)
    async with side.transaction() as connection:
        await connection.fetch(LOCK, [1])
        waiting = await begun(side, LOCK, [1])
        await side.until_waiting(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert len(await side.fetch(LOCK, [1])) == 1


async def test_after_an_error_only_a_rollback_is_possible(side):
    await put_event(side, 1, 1)
    async with side.transaction() as connection:
        await connection.execute(tickets.MOVE_TICKETS, *moving(told=[(2, 1, 3)]))
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(tickets.MOVE_TICKETS, *moving(told=[(1, 1, 3)]))
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await connection.fetch(tickets.READ_TICKET, 1)
    # Left without an error: the COMMIT of a failed transaction is a rollback.
    assert await side.values("event", "ticket") == [(1,)]
    assert await side.rows("outbox") == []


async def test_a_transaction_ends_with_its_connection(side):
    await put_ticket(side, 1)
    ended = asyncio.Event()

    async def lose_it():
        async with (await side.another()).transaction() as connection:
            await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1)))
            connection.terminate()
            ended.set()
            await connection.fetch(tickets.READ_TICKET, 1)

    with pytest.raises(asyncpg.InterfaceError):
        await lose_it()
    assert ended.is_set()
    assert await side.fetch(LOCK, [1]) == [{"doc": '{"id":1}'}]
