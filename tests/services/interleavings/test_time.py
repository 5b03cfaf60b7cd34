"""Time against people, and time against itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sla_timer.limits import BATCH
from tests.domain.worlds import KIM, MONDAY, SAM, TOM, example_policy
from tests.services.interleavings.world import World
from tierline.domain.commands import Claim, Release, Resolve
from tierline.domain.events import Breached, Claimed, Lapsed
from tierline.store.tickets import lock_due, lock_tickets, policy_now
from tierline.testing.steps import COMMIT

pytestmark = pytest.mark.postgres

LOCK = "FOR UPDATE"
NOW = "policy_now"
LIMIT_OF_T1 = MONDAY + timedelta(minutes=30)
ONE_TICK = timedelta(microseconds=1)


def _thresholds(told) -> list[tuple]:
    return [
        (one.event.what.clock, one.event.what.cycle, one.event.what.fraction)
        for one in told
        if hasattr(one.event.what, "fraction")
    ]


async def test_a_claim_that_commits_first_meets_the_tick_after_it(world: World) -> None:
    """The tick skips the locked row; its next look finds only what is still due."""
    ticket = await world.open()
    await world.clock(LIMIT_OF_T1 - ONE_TICK)
    one = await world.actor()
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=COMMIT)
    assert await world.ticker().tick() == 0
    await one.finish()
    await world.clock(LIMIT_OF_T1)
    await world.ticker().tick()
    lapsed = [t.event.what for t in await world.told(ticket.id) if type(t.event.what) is Lapsed]
    assert [(lapse.clock, lapse.cause) for lapse in lapsed] == [
        ("queue", "capacity"),
        ("tier", "skill"),
    ]
    assert (await world.ticket(ticket.id)).group == "Network"


async def test_a_claim_at_the_very_instant_of_the_lapse_finds_it_moved(world: World) -> None:
    """No command overtakes time: what is due at its `now` is taken before the claim."""
    ticket = await world.open()
    await world.clock(LIMIT_OF_T1)
    one = await world.actor()
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=COMMIT)
    assert await world.ticker().tick() == 0
    await one.finish()
    names = await world.names(ticket.id)
    assert names.index("Lapsed") < names.index("Escalated") < names.index("Claimed")
    after = await world.ticket(ticket.id)
    assert (after.group, after.owner) == ("Network", "sam")
    assert await world.ticker().tick() == 0


async def test_a_tick_that_has_the_row_lets_the_claim_wait_and_see_the_lapse(
    world: World,
) -> None:
    ticket = await world.open()
    await world.clock(LIMIT_OF_T1)
    timer, one = await world.actor(), await world.actor()
    await timer.start(world.ticker(timer.db).tick(), until=COMMIT)
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=LOCK)
    await one.run_until_blocked()
    assert await timer.finish() == 1
    assert (await one.finish()).decision.ticket.group == "Network"
    names = await world.names(ticket.id)
    assert names.count("Escalated") == 1
    assert names[-1] == "Claimed"


async def test_time_that_moves_on_while_a_command_waits_counts_for_the_command(
    world: World,
) -> None:
    """`now` is read once the lock is held, so that the lapse in between is not overtaken."""
    ticket = await world.open()
    await world.clock(LIMIT_OF_T1 - ONE_TICK)
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, Release(), SAM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    await world.clock(LIMIT_OF_T1)
    await one.finish()
    done = await two.finish()
    assert done.now == LIMIT_OF_T1
    names = await world.names(ticket.id)
    assert names.index("Claimed") < names.index("Escalated")
    assert done.decision.rejected is not None, "the move has already taken it from sam"


async def test_two_ticks_at_once_share_the_tickets_and_fire_each_threshold_once(
    world: World,
) -> None:
    """SKIP LOCKED: the second takes what the first has not, and waits for nobody."""
    tickets = await world.open_many(BATCH + 20)
    await world.clock(LIMIT_OF_T1)
    one = await world.actor()
    await one.start(world.ticker(one.db).tick(), until=COMMIT)
    assert await world.ticker().tick() == 20
    assert await one.finish() == BATCH
    for ticket in tickets:
        fired = _thresholds(await world.told(ticket.id))
        assert len(fired) == len(set(fired))
        assert [one[0] for one in fired if one[2] == 1.0] == ["queue", "tier"]
    assert await world.ticker().tick() == 0


async def test_a_tick_whose_server_process_dies_leaves_everything_due(world: World) -> None:
    ticket = await world.open()
    await world.clock(LIMIT_OF_T1)
    one = await world.actor()
    await one.start(world.ticker(one.db).tick(), until=COMMIT)
    assert await one.lose_connection() is not None
    assert "Lapsed" not in await world.names(ticket.id)
    assert await world.ticker().tick() == 1
    fired = _thresholds(await world.told(ticket.id))
    assert len(fired) == len(set(fired))


async def test_a_resolve_before_the_promise_wins_over_the_breach(world: World) -> None:
    """The tick sees the row only after the commit, and then nothing is due."""
    ticket = await world.open()
    await world.do(ticket.id, Claim("sam"), SAM)
    due = (await world.ticket(ticket.id)).clocks["resolve"].due
    await world.clock(due - ONE_TICK)
    one = await world.actor()
    await one.start(world.do(ticket.id, Resolve("rebooted"), TOM, db=one.db), until=COMMIT)
    await world.clock(due)
    assert await world.ticker().tick() == 0
    await one.finish()
    while await world.ticker().tick():
        pass
    broken = [t.event.what.clock for t in await world.told(ticket.id) if _is_breach(t)]
    assert "resolve" not in broken


async def test_a_resolve_at_the_instant_of_the_promise_is_a_breach_first(world: World) -> None:
    ticket = await world.open()
    await world.do(ticket.id, Claim("sam"), SAM)
    due = (await world.ticket(ticket.id)).clocks["resolve"].due
    await world.clock(due)
    timer, one = await world.actor(), await world.actor()
    await timer.start(world.ticker(timer.db).tick(), until=COMMIT)
    await one.start(world.do(ticket.id, Resolve("rebooted"), TOM, db=one.db), until=LOCK)
    await one.run_until_blocked()
    await timer.finish()
    assert (await one.finish()).decision.rejected is None
    told = await world.told(ticket.id)
    broken = [t.event.what.clock for t in told if _is_breach(t)]
    assert broken.count("resolve") == 1
    assert type(told[-1].event.what).__name__ == "Resolved"


def _is_breach(message) -> bool:
    return isinstance(message.event.what, Breached)


async def test_a_policy_that_changes_while_a_claim_waits_is_the_one_it_is_decided_on(
    world: World,
) -> None:
    ticket = await world.open()
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(ticket.id, Claim("sam"), SAM, db=one.db), until=COMMIT)
    await two.start(world.do(ticket.id, Release(), SAM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    world.policy = replace(example_policy(), version="test-2")
    await one.finish()
    await two.finish()
    told = await world.told(ticket.id)
    versions = {type(t.event.what).__name__: t.event.why.policy for t in told}
    assert versions["Claimed"] == "test-1"
    assert versions["Released"] == "test-2"
    pinned = (await world.ticket(ticket.id)).clocks["tier"].policy
    assert pinned == "test-1", "a running promise keeps the terms it began under"


async def test_the_due_look_takes_the_state_as_committed_not_as_first_seen(
    world: World,
) -> None:
    """A ticket changed between the look's snapshot and its lock is handed over as it is now."""
    tickets = await world.open_many(20)
    await world.clock(LIMIT_OF_T1)
    claimed = 0
    async with world.db.connection() as slow:
        for ticket in tickets:
            await world.do(ticket.id, Claim("kim"), KIM)
            async with slow.transaction():
                due = await lock_due(slow, LIMIT_OF_T1 + timedelta(days=30), 100)
                now = await lock_tickets(slow, list(due))
                assert due == now
                claimed = sum(1 for one in due.values() if one.owner == "kim")
    assert claimed == 20
    told = await world.told(tickets[0].id)
    assert isinstance(told[-1].event.what, Claimed)


async def test_now_never_falls_behind_what_is_already_recorded(world: World) -> None:
    """A clock that reads lower than the last event (another server's) is not believed."""
    ticket = await world.open()
    await world.clock(MONDAY + timedelta(minutes=10))
    await world.do(ticket.id, Claim("sam"), SAM)
    await world.clock(MONDAY + timedelta(minutes=5))
    await world.do(ticket.id, Release(), SAM)
    instants = [one.event.recorded_at for one in await world.told(ticket.id)]
    assert instants == sorted(instants)
    async with world.db.connection() as connection:
        assert await policy_now(connection) == MONDAY + timedelta(minutes=5)
