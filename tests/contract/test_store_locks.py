"""Transactions in each other's way: both sides wait, skip, look again, refuse and go on alike."""

import asyncio

import pytest

from intake.triage import store
from notifier import claim, plain, record, subscriptions
from router import policy_clock
from tests.contract.store import MINUTE, NOON, proves
from tests.contract.store_acts import (
    CLOSED,
    LOCK,
    NEW_DOC,
    NOWHERE,
    BackError,
    begun,
    moved,
    moving,
    opened,
    opening,
    rolled_back,
    settled,
    take,
    taken_up,
    wanted,
)
from tests.contract.store_rows import (
    put_alert,
    put_message,
    put_outbox,
    put_subscription,
    put_ticket,
)
from tierline.bus import relay
from tierline.store import events, tickets


@proves(tickets.LOCK_TICKETS, tickets.MOVE_TICKETS, tickets.READ_TICKET)
async def test_a_lock_waits_for_its_holder_and_sees_the_newest_version(side):
    await put_ticket(side, 1)
    async with side.transaction() as connection:
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1)))
        assert await connection.fetchval(tickets.READ_TICKET, 1) == NEW_DOC
        assert await side.fetch(tickets.READ_TICKET, 1) == [{"doc": '{"id":1}'}]
        other = await begun(side, LOCK, [1])
        await side.until_waiting()
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1, seq=3)))
    assert await other == [('{"id":1,"seq":3}',)]


async def test_a_rollback_frees_and_leaves_what_was(side):
    await put_ticket(side, 1)
    async with rolled_back(side) as connection:
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1)))
        other = await begun(side, LOCK, [1])
        await side.until_waiting()
        raise BackError
    assert await other == [('{"id":1}',)]


async def test_an_update_waits_for_a_lock_without_a_write(side):
    await put_ticket(side, 1)
    async with side.transaction() as connection:
        await connection.fetch(LOCK, [1])
        other = await begun(side, tickets.MOVE_TICKETS, *moving(moved(1)))
        await side.until_waiting()
        assert await side.values("ticket", "seq") == [(1,)]
        await connection.fetch(LOCK, [1])
        assert not other.done()
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1, seq=8)))
    await other
    assert await side.values("ticket", "seq") == [(2,)]


async def test_a_row_made_while_a_statement_waits_is_not_in_it(side):
    await put_ticket(side, 1)
    async with side.transaction() as connection:
        await connection.fetch(LOCK, [1])
        other = await begun(side, LOCK, [1, 2])
        await side.until_waiting()
        await put_ticket(side, 2)
    assert await other == [('{"id":1}',)]


async def test_those_who_wait_are_served_in_order(side):
    await put_ticket(side, 1)
    served = []

    async def wait_for_it(name, db):
        async with db.transaction() as connection:
            await connection.fetch(LOCK, [1])
            served.append(name)

    tasks = []
    async with side.transaction() as connection:
        await connection.fetch(LOCK, [1])
        for place, name in enumerate(["second", "third", "fourth"], 1):
            work = wait_for_it(name, await side.another())
            tasks.append(side.keep(asyncio.create_task(work)))
            await side.until_waiting(place)
    await asyncio.gather(*tasks)
    assert served == ["second", "third", "fourth"]


@proves(tickets.LOCK_DUE)
async def test_due_tickets_that_somebody_holds_are_skipped_and_do_not_count(side):
    for number in (1, 2, 3):
        await put_ticket(side, number, next_due_at=NOON + number * MINUTE)
    async with side.transaction() as connection:
        await connection.fetch(LOCK, [1])
        found = await side.fetch(tickets.LOCK_DUE, NOON + 9 * MINUTE, 1)
        assert found == [{"doc": '{"id":2}'}]
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1, due=NOON + 99 * MINUTE)))
        found = await connection.fetch(tickets.LOCK_DUE, NOON + 9 * MINUTE, 9)
        assert [row["doc"] for row in found] == ['{"id":2}', '{"id":3}']
    assert len(await side.fetch(tickets.LOCK_DUE, NOON + 9 * MINUTE, 9)) == 2


@proves(claim.TAKE, subscriptions.FAIL_WAITING)
async def test_messages_that_somebody_holds_are_skipped(side):
    hook = {"channel": "webhook", "address": "a", "due_at": NOON}
    held, free = [await put_message(side, key, **hook) for key in "12"]
    async with side.transaction() as connection:
        now_held = ([held], [0], ["pending"], [""], [""], [0.0])
        await connection.fetch(record.SETTLE_MESSAGES, *now_held)
        assert [row["id"] for row in await take(side)] == [free]
        assert await side.execute(subscriptions.FAIL_WAITING, "a", "why", 9) == "UPDATE 0"
        assert await side.values("message", "state") == [("pending",), ("pending",)], "under way"
        await side.execute(record.END_ATTEMPTS, [free], [1], ["retry"], [""])
        await side.execute(subscriptions.FAIL_WAITING, "a", "why", 9)
        assert await side.values("message", "state") == [("pending",), ("failed",)]


@proves(store.LOCK_ALERTS, store.TAKE_UP, store.SETTLE, store.SET_ASIDE)
async def test_what_no_longer_qualifies_after_the_wait_drops_out(side):
    first, second = [await put_alert(side) for _ in range(2)]
    async with side.transaction() as connection:
        await connection.execute(store.SETTLE, *settled([(first, "opened", 7)]))
        both = wanted((first, "A", "k"), (second, "B", "k"))
        locking = await begun(side, store.TAKE_UP, *both)
        await side.until_waiting(1)
        alone = await begun(side, store.LOCK_ALERTS, [first])
        await side.until_waiting(2)
        aside = await begun(side, store.SET_ASIDE, first)
        await side.until_waiting(3)
    assert taken_up(*await locking) == ([second], {("B", "k"): NOWHERE})
    assert await alone == []
    await aside
    assert await side.values("alert", "outcome") == [("opened",), (None,)]
    assert await side.values("problem", "client") == [("B",)]


@proves(store.TAKE_UP, store.SETTLE)
async def test_a_problem_is_where_its_last_holder_left_it(side):
    first, second, third = [await put_alert(side) for _ in range(3)]
    await side.fetch(store.TAKE_UP, *wanted((third, "A", "k")))
    async with side.transaction() as connection:
        await connection.fetch(store.TAKE_UP, *wanted((first, "A", "k")))
        both = wanted((second, "A", "k"), (third, "B", "k"))
        other = await begun(side, store.TAKE_UP, *both)
        await side.until_waiting()
        place = ("A", "k", NOON, 2, first, 7)
        await connection.execute(store.SETTLE, *settled([(first, "opened", 7)], [place]))
    places = {("A", "k"): (NOON, 2, first), ("B", "k"): NOWHERE}
    assert taken_up(*await other) == ([second, third], places)


@proves(store.LOCK_OPEN_TICKETS)
async def test_a_ticket_closed_meanwhile_drops_out(side):
    await put_ticket(side, 1, problem_key="disk")
    async with side.transaction() as connection:
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1, state=CLOSED, due=None)))
        other = await begun(side, store.LOCK_OPEN_TICKETS, ["Contoso"], ["disk"])
        await side.until_waiting()
    assert await other == []


@proves(record.SETTLE_MESSAGES, record.CLAIM_NEXT)
async def test_an_outcome_is_not_recorded_over_a_newer_attempt(side):
    number = await put_message(side, "1", attempt=0, due_at=NOON)
    async with side.transaction() as connection:
        await connection.fetch(record.CLAIM_NEXT, [number], 60.0)
        late = ([number], [0], ["delivered"], [""], [""], [0.0])
        other = await begun(side, record.SETTLE_MESSAGES, *late)
        await side.until_waiting()
        again = await begun(side, record.CLAIM_NEXT, [number], 60.0)
        await side.until_waiting(2)
    assert await other == []
    assert await again == []
    assert await side.values("message", "state", "attempt") == [("pending", 1)]


@proves(plain.RECORD_PLAIN)
async def test_who_waited_claims_nothing_that_was_taken_meanwhile(side):
    """An outcome of an attempt that is not the latest any more; a next one that is over."""
    one, two = [await put_message(side, key, attempt=1, line=key) for key in "ab"]
    ahead, follower = [await put_message(side, f"{key}2", line=key, due_at=NOON) for key in "ab"]
    said = ([one, two], [1, 1], ["delivered"] * 2, ["", ""], ["", ""], [0.0] * 2)
    attempts = (["delivered"] * 2, ["", ""], ["late"] * 2, [ahead, follower])
    async with side.transaction() as connection:
        late = ([one], [1], ["failed"], [""], [""], [0.0])
        await connection.fetch(record.SETTLE_MESSAGES, *late)
        await connection.fetch(record.SETTLE_MESSAGES, [follower], [0], ["failed"], *late[3:])
        other = await begun(side, plain.RECORD_PLAIN, *said, *attempts, 60.0)
        await side.until_waiting()
    assert await other == [(two, "settled")]
    assert await side.values("message", "state", "attempt") == [
        ("failed", 1), ("delivered", 1), ("pending", 0), ("failed", 0),
    ]  # fmt: skip
    assert await side.values("attempt", "message") == []


# -- shared locks, advisory locks


@proves(record.LOCK_SUBSCRIPTIONS, subscriptions.DISABLE)
async def test_a_shared_lock_is_shared_and_holds_up_a_change(side):
    await put_subscription(side, "a")
    async with side.transaction() as connection:
        await connection.fetch(record.LOCK_SUBSCRIPTIONS, ["a"])
        sharing = await begun(side, record.LOCK_SUBSCRIPTIONS, ["a"])
        assert await sharing == [("a", True)]
        disabling = await begun(side, subscriptions.DISABLE, "a", "410")
        await side.until_waiting(1)
        assert await side.values("subscription", "why") == [("",)]
    await disabling
    assert await side.values("subscription", "why") == [("410",)]


@proves(record.LOCK_SUBSCRIPTIONS, subscriptions.DISABLE, subscriptions.ENABLE)
async def test_sharing_waits_for_a_change_and_looks_again(side):
    await put_subscription(side, "a")
    async with side.transaction() as connection:
        await connection.execute(subscriptions.DISABLE, "a", "410")
        disabled = await begun(side, record.LOCK_SUBSCRIPTIONS, ["a"])
        await side.until_waiting()
    assert await disabled == [("a", False)]
    async with side.transaction() as connection:
        await connection.execute(subscriptions.ENABLE, "a")
        enabled = await begun(side, record.LOCK_SUBSCRIPTIONS, ["a"])
        await side.until_waiting()
    assert await enabled == [("a", True)]


TAKE_SHARDS = (relay.TAKE_SHARDS, 16, relay.LOCK_CLASS, 16)


@pytest.mark.parametrize("ending", ["commit", "rollback"])
@proves(relay.TAKE_SHARDS)
async def test_a_shard_is_sent_by_one_relay_at_a_time(side, ending):
    await put_outbox(side, 3)
    transaction = rolled_back(side) if ending == "rollback" else side.transaction()
    async with transaction as connection:
        assert len(await connection.fetch(*TAKE_SHARDS)) == 1
        assert len(await connection.fetch(*TAKE_SHARDS)) == 1
        await put_outbox(side, 5)
        assert await side.fetch(*TAKE_SHARDS) == [{"s": 5}]
    assert len(await side.fetch(*TAKE_SHARDS)) == 2


@proves(relay.FORGET_SENT, relay.OUTBOX_ROWS)
async def test_rows_being_deleted_are_there_for_others_until_the_commit(side):
    number = await put_outbox(side, 3)
    async with side.transaction() as connection:
        await connection.execute(relay.FORGET_SENT, [number])
        assert await connection.fetch(relay.OUTBOX_ROWS, [3], 9) == []
        assert len(await side.fetch(relay.OUTBOX_ROWS, [3], 9)) == 1
        other = await begun(side, relay.FORGET_SENT, [number])
        await side.until_waiting()
    await other
    assert await side.rows("outbox") == []


# -- two kinds of now


@proves(events.BEHIND)
async def test_now_is_when_the_transaction_began_and_the_clock_goes_on(side):
    async with side.transaction() as connection:
        await connection.execute(tickets.OPEN_TICKETS, *opening(opened(1)))
        found = await connection.fetch(events.BEHIND, "notifier", 0.0, None, 9)
        assert found == []
    assert len(await side.fetch(events.BEHIND, "notifier", 0.0, None, 9)) == 1


@proves(policy_clock.LOCK_CLOCK, policy_clock.MOVE_CLOCK, tickets.POLICY_NOW)
async def test_a_clock_being_moved_is_seen_by_who_moves_it_alone(side):
    await side.put("policy_clock", one=True, anchor=NOON, held=True)
    async with side.transaction() as connection:
        await connection.execute(policy_clock.LOCK_CLOCK)
        other = await begun(side, policy_clock.LOCK_CLOCK)
        await side.until_waiting()
        await connection.execute(policy_clock.MOVE_CLOCK, None, 60.0, None, 0.05)
        assert await connection.fetchval(tickets.POLICY_NOW) == NOON + MINUTE
        assert (await side.fetch(tickets.POLICY_NOW))[0]["policy_now"] == NOON
    await other
    assert (await side.fetch(tickets.POLICY_NOW))[0]["policy_now"] == NOON + MINUTE
