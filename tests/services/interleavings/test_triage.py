"""Triage against itself, against people and against time."""

from datetime import timedelta

import pytest

from router.commands import ProblemError
from tests.domain.worlds import MONDAY, SAM, TOM
from tests.services.interleavings.world import World
from tierline.domain.commands import Claim, Close, Reopen, Resolve
from tierline.testing.steps import COMMIT

pytestmark = pytest.mark.postgres

LOCK = "FOR UPDATE"
PROBLEMS = "FROM tierline.problem"
TICKETS = "FROM tierline.ticket t"
KEY = "rmm/disk"
DAY = timedelta(days=1)


async def test_two_triagers_with_the_same_new_problem_open_one_ticket(world: World) -> None:
    first, second = await world.alert(), await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.triager(one.db).take([first]), until=COMMIT)
    await two.start(world.triager(two.db).take([second]), until=PROBLEMS)
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert await world.count("ticket") == 1
    assert (await world.outcome(first))[0] == "opened"
    assert (await world.outcome(second))[0] == "attached"
    assert (await world.outcome(first))[1] == (await world.outcome(second))[1]


async def test_two_triagers_with_the_same_alert_handle_it_once(world: World) -> None:
    """A zombie after a rebalance: the second waits for the row and finds the outcome there."""
    alert = await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.triager(one.db).take([alert]), until=COMMIT)
    await two.start(world.triager(two.db).take([alert]), until="FROM tierline.alert")
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    number = (await world.outcome(alert))[1]
    assert number is not None
    assert (await world.names(number)) == ["Opened", "Routed"]


async def test_a_triager_that_dies_before_its_commit_leaves_the_alert_to_the_other(
    world: World,
) -> None:
    alert = await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.triager(one.db).take([alert]), until=COMMIT)
    await two.start(world.triager(two.db).take([alert]), until="FROM tierline.alert")
    await two.run_until_blocked()
    assert await one.lose_connection() is not None
    await two.finish()
    assert (await world.outcome(alert))[0] == "opened"
    assert await world.count("ticket") == 1


async def test_batches_over_shared_problems_in_opposite_order_do_not_deadlock(
    world: World,
) -> None:
    """Every lock is taken in one order, however the batch came: nothing needs a replay."""
    keys = [f"k{n:02}" for n in range(20)]
    await world.triager().take([await world.alert(key) for key in keys])
    forth = [await world.alert(key) for key in keys]
    back = [await world.alert(key) for key in reversed(keys)]
    one, two = await world.actor(), await world.actor()
    await one.start(world.triager(one.db).take(forth), until=TICKETS)
    await two.start(world.triager(two.db).take(back), until=PROBLEMS)
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert one.passed.count("BEGIN") == two.passed.count("BEGIN") == 1
    counts = await world.rows("SELECT (doc->>'alerts')::int AS n FROM tierline.ticket")
    assert [row["n"] for row in counts] == [3] * 20


async def test_an_alert_that_waits_for_a_close_opens_the_next_ticket(world: World) -> None:
    """It had found the ticket open, and sees it closed under the lock."""
    first = await world.alert()
    await world.triager().take([first])
    number = (await world.outcome(first))[1]
    again = await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(number, Close("a duplicate"), TOM, db=one.db), until=COMMIT)
    await two.start(world.triager(two.db).take([again]), until=TICKETS)
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    outcome, other = await world.outcome(again)
    assert (outcome, other != number) == ("opened", True)
    assert (await world.ticket(number)).state == "closed"


async def test_a_close_that_waits_for_an_alert_closes_with_the_alert_on_it(
    world: World,
) -> None:
    first = await world.alert()
    await world.triager().take([first])
    number = (await world.outcome(first))[1]
    again = await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.triager(one.db).take([again]), until=COMMIT)
    await two.start(world.do(number, Close("a duplicate"), TOM, db=two.db), until=LOCK)
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert (await world.names(number))[-2:] == ["AlertAttached", "Closed"]


async def _closed_problem(world: World) -> int:
    first = await world.alert()
    await world.triager().take([first])
    number = (await world.outcome(first))[1]
    assert number is not None
    await world.do(number, Close("a duplicate"), TOM)
    return number


async def test_a_reopen_that_waits_for_a_new_alert_is_refused_naming_the_new_ticket(
    world: World,
) -> None:
    number = await _closed_problem(world)
    again = await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.triager(one.db).take([again]), until=COMMIT)
    await two.start(world.do(number, Reopen("it is back"), SAM, db=two.db), until=PROBLEM_OF)
    await two.run_until_blocked()
    await one.finish()
    with pytest.raises(ProblemError) as refused:
        await two.finish()
    other = (await world.outcome(again))[1]
    assert refused.value.status == 409
    assert str(other) in refused.value.detail
    assert await world.count("ticket", "state <> 'closed'") == 1


PROBLEM_OF = "FROM tierline.problem"


async def test_an_alert_that_waits_for_a_reopen_attaches_to_the_reopened_ticket(
    world: World,
) -> None:
    number = await _closed_problem(world)
    again = await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(number, Reopen("it is back"), SAM, db=one.db), until=COMMIT)
    await two.start(world.triager(two.db).take([again]), until=PROBLEMS)
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert await world.outcome(again) == ("attached", number)


async def test_a_recovery_that_waits_for_a_claim_asks_the_owner(world: World) -> None:
    """Untouched would have resolved after the quiet time; touched stays open."""
    first = await world.alert()
    await world.triager().take([first])
    number = (await world.outcome(first))[1]
    clear = await world.alert(status="resolved")
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(number, Claim("sam"), SAM, db=one.db), until=COMMIT)
    await two.start(world.triager(two.db).take([clear]), until=TICKETS)
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert (await world.told(number))[-1].event.what.quiet_until is None


async def test_the_quiet_time_that_ends_as_it_fires_again_resolves_and_reopens(
    world: World,
) -> None:
    """The tick holds the row while the repeat waits: resolved first, then reopened."""
    first = await world.alert()
    clear = await world.alert(status="resolved")
    await world.triager().take([first, clear])
    number = (await world.outcome(first))[1]
    await world.clock((await world.ticket(number)).quiet_until)
    again = await world.alert()
    timer, two = await world.actor(), await world.actor()
    await timer.start(world.ticker(timer.db).tick(), until=COMMIT)
    await two.start(world.triager(two.db).take([again]), until=TICKETS)
    await two.run_until_blocked()
    await timer.finish()
    await two.finish()
    names = await world.names(number)
    assert names.index("Resolved") < names.index("Reopened")
    assert (await world.outcome(again)) == ("reopened", number)


async def test_a_repeat_that_has_the_row_stops_the_quiet_time_before_the_tick(
    world: World,
) -> None:
    """What was due at that instant is taken by triage itself; the tick finds nothing twice."""
    first = await world.alert()
    clear = await world.alert(status="resolved")
    await world.triager().take([first, clear])
    number = (await world.outcome(first))[1]
    await world.clock((await world.ticket(number)).quiet_until - timedelta(seconds=1))
    again = await world.alert()
    one = await world.actor()
    await one.start(world.triager(one.db).take([again]), until=COMMIT)
    await world.clock((await world.now()) + timedelta(seconds=1))
    assert await world.ticker().tick() == 0
    await one.finish()
    await world.ticker().tick()
    assert "Resolved" not in await world.names(number)


async def test_time_that_moves_on_while_triage_waits_counts_for_the_alert(world: World) -> None:
    """`now` is read once every lock is held: the lapse in between comes before the repeat."""
    first = await world.alert()
    await world.triager().take([first])
    number = (await world.outcome(first))[1]
    due = (await world.ticket(number)).clocks["tier"].due
    await world.clock(due - timedelta(seconds=1))
    again = await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(number, Claim("sam"), SAM, db=one.db), until=COMMIT)
    await two.start(world.triager(two.db).take([again]), until=TICKETS)
    await two.run_until_blocked()
    await world.clock(due)
    await one.finish()
    await two.finish()
    names = await world.names(number)
    assert names.index("Claimed") < names.index("Escalated") < names.index("AlertAttached")


async def test_an_alert_a_day_after_the_resolution_races_a_reopen_by_hand(
    world: World,
) -> None:
    """The person has it first: it is open again, so the alert attaches and opens nothing."""
    first = await world.alert()
    await world.triager().take([first])
    number = (await world.outcome(first))[1]
    await world.do(number, Resolve("rebooted"), SAM)
    await world.clock(MONDAY + DAY + timedelta(seconds=1))
    again = await world.alert()
    one, two = await world.actor(), await world.actor()
    await one.start(world.do(number, Reopen("it is back"), SAM, db=one.db), until=COMMIT)
    await two.start(world.triager(two.db).take([again]), until=PROBLEMS)
    await two.run_until_blocked()
    await one.finish()
    await two.finish()
    assert await world.outcome(again) == ("attached", number)
    assert await world.count("ticket") == 1
