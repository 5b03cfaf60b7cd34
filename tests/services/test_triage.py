"""Triage on real Postgres: what becomes of alerts."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from intake.triage.consumer import TriageConsumer
from intake.triage.counting import count_alike
from tests.domain.worlds import MONDAY, SAM, TOM
from tests.services.interleavings.world import World, make_world
from tierline.bus.consumer import Message
from tierline.domain.commands import Claim, Close, Resolve
from tierline.domain.policy import Rule, RuleAction
from tierline.messages.alert import encode_accepted
from tierline.policy.matchers import CountTest
from tierline.store.database import REPLAYABLE, UNREACHABLE

pytestmark = pytest.mark.postgres

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        yield made


async def take(world: World, *alerts) -> list[tuple[str | None, int | None]]:
    """Triage them in one batch; their outcomes and tickets."""
    await world.triager().take(alerts)
    return [await world.outcome(alert) for alert in alerts]


async def test_a_new_problem_opens_a_ticket_whose_clocks_start_at_acceptance(
    world: World,
) -> None:
    await world.clock(MONDAY + HOUR)
    alert = await world.alert(at=MONDAY + HOUR - 90 * SECOND, severity="error", host="srv1")
    ((outcome, number),) = await take(world, alert)
    assert outcome == "opened"
    ticket = await world.ticket(number)
    assert ticket.clocks["respond"].started_at == alert.accepted_at
    assert (ticket.client, ticket.host, ticket.problem_key) == ("Contoso", "srv1", "rmm/disk")
    assert (await world.names(number))[:2] == ["Opened", "Routed"]
    told = await world.told(number)
    assert {one.event.cause for one in told[:2]} == {f"alert:{alert.id}"}
    assert world.commits == 1


async def test_a_recovery_does_not_overtake_an_older_alert_that_waits(world: World) -> None:
    """It would find nothing open, and what fired would have its ticket for ever."""
    fired, cleared = await world.alert(), await world.alert(status="resolved")
    await world.triager().take([cleared], first=cleared.id)
    assert await world.outcome(cleared) == (None, None)
    assert await world.count("problem") == 0
    ((_, number),) = await take(world, fired)
    await world.triager().take([cleared], first=cleared.id)
    assert await world.outcome(cleared) == ("recovered", number)


async def test_repeats_attach_and_count(world: World) -> None:
    first = await world.alert()
    await take(world, first)
    outcomes = await take(world, *[await world.alert() for _ in range(3)])
    number = (await world.outcome(first))[1]
    assert outcomes == [("attached", number)] * 3
    assert (await world.ticket(number)).alerts == 4


async def test_a_hundred_alerts_of_one_problem_in_one_batch_are_one_ticket(
    world: World,
) -> None:
    alerts = [await world.alert() for _ in range(100)]
    outcomes = await take(world, *alerts)
    assert [outcome for outcome, _ in outcomes].count("opened") == 1
    assert len({number for _, number in outcomes}) == 1
    assert (await world.ticket(outcomes[0][1])).alerts == 100
    assert await world.count("ticket") == 1


async def test_the_same_alert_again_changes_nothing(world: World) -> None:
    alert = await world.alert()
    await take(world, alert, alert)
    ((_, number),) = await take(world, alert)
    assert await world.names(number) == ["Opened", "Routed"]
    assert (await world.ticket(number)).alerts == 1


async def test_attaching_wastes_no_ticket_numbers(world: World) -> None:
    first = await world.alert("one")
    await take(world, first)
    for _ in range(5):
        await take(world, await world.alert("one"), await world.alert("one", "resolved"))
    ((_, second),) = await take(world, await world.alert("two"))
    assert second == (await world.outcome(first))[1] + 1


async def test_a_recovery_of_an_untouched_ticket_resolves_it_after_the_quiet_time(
    world: World,
) -> None:
    ((_, number),) = await take(world, await world.alert())
    assert await take(world, await world.alert(status="resolved")) == [("recovered", number)]
    quiet_until = (await world.ticket(number)).quiet_until
    await world.clock(quiet_until)
    await world.ticker().tick()
    ticket = await world.ticket(number)
    assert (ticket.state, ticket.self_healed) == ("resolved", True)


async def test_a_recovery_with_nothing_open_has_that_for_an_outcome(world: World) -> None:
    assert await take(world, await world.alert(status="resolved")) == [("nothing open", None)]
    assert await world.count("ticket") == 0
    assert (await take(world, await world.alert()))[0][0] == "opened"


async def test_an_older_alert_that_arrives_late_attaches_and_changes_nothing(
    world: World,
) -> None:
    """A recovery from before the last firing does not start the quiet time."""
    older = await world.alert(status="resolved", at=MONDAY - SECOND)
    ((_, number),) = await take(world, await world.alert(at=MONDAY))
    before = await world.ticket(number)
    assert await take(world, older) == [("attached", number)]
    after = await world.ticket(number)
    assert after.quiet_until is None
    assert after.restored_at is None
    assert after.clocks == before.clocks
    assert (await world.told(number))[-1].event.what.stale
    place = await world.rows("SELECT accepted_at FROM tierline.problem")
    assert place[0]["accepted_at"] == MONDAY, "the last applied alert is still the newer one"


async def test_order_is_acceptance_then_array_index_then_id(world: World) -> None:
    """Of one array the recovery came after the firing, whatever ids the rows got."""
    clear = await world.alert(status="resolved", index=1)
    fire = await world.alert(index=0)
    outcomes = await take(world, clear, fire)
    assert [outcome for outcome, _ in outcomes] == ["recovered", "opened"]


async def test_an_older_firing_after_a_recovery_with_nothing_open_opens_nothing(
    world: World,
) -> None:
    older = await world.alert(at=MONDAY - SECOND)
    await take(world, await world.alert(status="resolved", at=MONDAY))
    assert await take(world, older) == [("nothing open", None)]


async def test_firing_again_within_a_day_of_the_resolution_reopens(world: World) -> None:
    ((_, number),) = await take(world, await world.alert())
    await world.do(number, Resolve("rebooted"), SAM)
    await world.clock(MONDAY + 23 * HOUR)
    assert await take(world, await world.alert()) == [("reopened", number)]
    assert (await world.ticket(number)).active
    assert await take(world, await world.alert()) == [("attached", number)]


async def test_firing_again_later_closes_it_and_opens_a_linked_one(world: World) -> None:
    ((_, number),) = await take(world, await world.alert())
    await world.do(number, Resolve("rebooted"), SAM)
    await world.clock(MONDAY + 24 * HOUR + SECOND)
    again = [await world.alert() for _ in range(3)]
    outcomes = await take(world, *again)
    assert [outcome for outcome, _ in outcomes] == ["opened", "attached", "attached"]
    other = outcomes[0][1]
    old, new = await world.ticket(number), await world.ticket(other)
    assert (old.state, new.linked, new.alerts) == ("closed", (number,), 3)
    assert (await world.told(number))[-1].event.what.successor == other
    written = await world.rows("SELECT DISTINCT xmin::text FROM tierline.ticket")
    assert len(written) == 1, "closed and opened in one transaction"


async def test_after_a_close_the_next_alert_opens_a_new_ticket(world: World) -> None:
    ((_, number),) = await take(world, await world.alert())
    await world.do(number, Close("a duplicate"), TOM)
    ((outcome, other),) = await take(world, await world.alert())
    assert outcome == "opened"
    assert other != number


async def test_an_unknown_client_is_unsorted_and_gets_its_ticket(world: World) -> None:
    ((outcome, number),) = await take(world, await world.alert(client="Unsorted"))
    ticket = await world.ticket(number)
    assert (outcome, ticket.client, ticket.agreement) == ("opened", "Unsorted", "managed")


async def test_one_key_at_two_clients_is_two_problems(world: World) -> None:
    outcomes = await take(world, await world.alert(), await world.alert(client="Fabrikam"))
    assert [outcome for outcome, _ in outcomes] == ["opened", "opened"]


async def test_a_rule_joins_the_alerts_of_two_sources(world: World) -> None:
    join = Rule(
        "A site is down",
        lambda facts: facts.get("labels", {}).get("site_down") == "yes",
        RuleAction(problem_key="site down"),
    )
    world.policy = replace(world.policy, triage=(join, *world.policy.triage))
    labels = {"site_down": "yes"}
    outcomes = await take(
        world,
        await world.alert("a", integration="rmm", labels=labels),
        await world.alert("b", integration="ping", labels=labels),
        await world.alert("c", integration="ping"),
    )
    assert [outcome for outcome, _ in outcomes] == ["opened", "attached", "opened"]
    assert outcomes[0][1] == outcomes[1][1] != outcomes[2][1]


async def test_a_recovery_after_a_claim_leaves_it_open(world: World) -> None:
    ((_, number),) = await take(world, await world.alert())
    await world.do(number, Claim("sam"), SAM)
    await take(world, await world.alert(status="resolved"))
    ticket = await world.ticket(number)
    assert ticket.quiet_until is None
    assert ticket.restored_at == MONDAY


async def test_a_poison_alert_does_not_block_its_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose rule raises: the others get their outcome, it becomes a dead letter."""

    def touchy(facts) -> bool:
        return facts["title"].startswith("boom") and 1 / 0 > 0

    rule = Rule("Divides by zero", touchy, RuleAction(category="x"))
    world.policy = replace(world.policy, triage=(rule, *world.policy.triage))
    alerts = [await world.alert(key) for key in ("one", "boom", "two")]
    outcomes = await take(world, *alerts)
    assert [outcome for outcome, _ in outcomes] == ["opened", "dead letter", "opened"]
    (dead,) = await world.rows("SELECT source, key, body, reason FROM tierline.dead_letter")
    assert (dead["source"], dead["key"]) == ("consumer:triage", str(alerts[1].id))
    assert dead["body"] == encode_accepted(alerts[1])
    assert "ZeroDivisionError" in dead["reason"]

    # Come again, it is not even tried: whoever sends it on its way again at this moment keeps it.
    monkeypatch.setattr("intake.triage.store.set_aside", None)
    await take(world, *alerts)
    assert await world.count("dead_letter") == 1


async def test_bytes_that_are_no_alert_go_to_a_dead_letter(world: World) -> None:
    good = await world.alert()
    consumer = TriageConsumer(world.db, world.triager())
    bodies = [b"\xff", b"[]", encode_accepted(good), b"{}", b'{"id": 10000000000000000000000}']
    await consumer.handle([Message("alerts.received", 0, n, "k", b) for n, b in enumerate(bodies)])
    assert (await world.outcome(good))[0] == "opened"
    assert await world.count("dead_letter") == 4


async def test_an_alert_that_others_stand_in_the_way_of_is_handed_back(world: World) -> None:
    """A lock held for long is no reason to lose an alert."""
    await take(world, await world.alert())
    again = await world.alert()
    triager = world.triager(await world.other_db(lock_timeout_ms=10))
    async with world.db.transaction() as connection:
        await connection.execute("SELECT 1 FROM tierline.problem FOR UPDATE")
        with pytest.raises(REPLAYABLE):
            await triager.take([again])
    assert await world.outcome(again) == (None, None)
    await triager.take([again])
    assert (await world.outcome(again))[0] == "attached"
    assert await world.count("dead_letter") == 0


async def test_postgres_away_is_said_and_the_same_batch_goes_through_later(
    world: World, postgres_server
) -> None:
    alerts = [await world.alert(), await world.alert("other")]
    triager = world.triager()
    await postgres_server.kill()
    try:
        with pytest.raises(UNREACHABLE):
            await triager.take(alerts)
    finally:
        await postgres_server.start()
    while True:  # connections that died with the server are found out one by one
        try:
            await triager.take(alerts)
        except UNREACHABLE:
            continue
        break
    assert [(await world.outcome(alert))[0] for alert in alerts] == ["opened", "opened"]


async def test_concurrent_triagers_keep_one_ticket_a_problem_and_every_count(
    world: World,
) -> None:
    """Four at once, overlapping batches in any order, over a few problems."""
    keys = [f"k{n}" for n in range(6)]
    alerts = [await world.alert(keys[n % 6], at=MONDAY + n * SECOND) for n in range(120)]

    async def one(seed: int) -> None:
        chance = random.Random(seed)
        mine = chance.sample(alerts, len(alerts))
        triager = world.triager(await world.other_db())
        while mine:
            size = chance.randint(1, 30)
            await triager.take(mine[:size])
            mine = mine[size:]

    await asyncio.gather(*(one(seed) for seed in range(4)))
    assert await world.count("ticket") == 6
    assert await world.count("alert", "outcome IN ('opened', 'attached')") == 120
    for row in await world.rows("SELECT id FROM tierline.ticket"):
        joined = [
            one for one in await world.told(row["id"]) if one.event.cause.startswith("alert:")
        ]
        causes = {one.event.cause for one in joined}
        assert len(causes) == 20
        assert len(joined) == 21, "the first opened and routed it, the others attached"
    assert await world.count("dead_letter") == 0


async def test_a_unique_index_backs_the_lock(world: World) -> None:
    """Whatever a writer forgets: two open tickets of one problem cannot be."""
    await world.open(problem_key="rmm/disk")
    with pytest.raises(asyncpg.UniqueViolationError):
        await world.open(problem_key="rmm/disk")


COUNTING = Rule("Twice", CountTest("7d", 2), RuleAction(start="T2"))


async def opened_with(world: World, number: int) -> tuple[int, str]:
    """What was counted for a ticket, and the rule that chose where it starts."""
    why = (await world.told(number))[0].event.why.values
    return why["count"]["7d"], why["decided_by"].get("start", "")


async def test_the_second_alert_of_a_week_is_counted_and_the_number_is_kept(world: World) -> None:
    """Both of one problem, whose first ticket is closed; a third after eight days is the first."""
    world.policy = replace(world.policy, triage=(COUNTING,), counted={"7d": 7 * DAY})
    first = await world.alert(at=MONDAY - 7 * DAY + SECOND)
    for other in ({"key": "cpu"}, {"client": "Unsorted"}, {"integration": "mail"}):
        await take(world, await world.alert(at=MONDAY - DAY, **other))
    ((_, number),) = await take(world, first)
    assert await opened_with(world, number) == (1, "")
    await world.alert(at=MONDAY - DAY, status="resolved")
    await world.do(number, Close("a duplicate"), TOM)
    ((outcome, second),) = await take(world, await world.alert(at=MONDAY))
    assert (outcome, await opened_with(world, second)) == ("opened", (2, "Twice"))
    await world.do(second, Close("a duplicate"), TOM)
    await world.clock(MONDAY + 8 * DAY)
    ((_, third),) = await take(world, await world.alert(at=MONDAY + 8 * DAY))
    assert await opened_with(world, third) == (1, "")


async def test_alerts_of_one_batch_count_those_before_them(world: World) -> None:
    """By acceptance, array index and id, whatever order they come in and whoever is triaged."""
    windows = {"1h": HOUR, "7d": 7 * DAY}
    alerts = [await world.alert(index=index) for index in range(3)]
    later = await world.alert(at=alerts[0].accepted_at + HOUR)
    async with world.db.connection() as connection:
        counts = await count_alike(connection, [later, *reversed(alerts)], windows)
    assert [counts[alert.id]["7d"] for alert in (*alerts, later)] == [1, 2, 3, 4]
    assert counts[later.id]["1h"] == 1


async def test_nothing_is_counted_where_no_rule_asks(world: World) -> None:
    ((_, number),) = await take(world, await world.alert())
    assert "count" not in (await world.told(number))[0].event.why.values
