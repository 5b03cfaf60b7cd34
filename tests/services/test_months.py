"""Partitions by month: made of what is there, made ahead, turned, outrun and dropped."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError

from intake.inserts import INSERT_ALERTS
from notifier.record import DROP_NOTICES, SETTLE_NOTICES
from router import housekeeping
from sla_timer.audit import Auditor
from tests.domain.worlds import MONDAY
from tests.services.interleavings.world import World, make_world
from tests.services.plans import indexes, nodes, plans_of
from tests.services.test_migrations import empty_url
from tierline.store import events as stored
from tierline.store import migrate, months
from tierline.store.months import keep_months

__all__ = ["empty_url"]

pytestmark = pytest.mark.postgres

EVENT = (
    "INSERT INTO tierline.event (ticket, seq, at, recorded_at, type, client, body)"
    " VALUES ($1, $2, now(), now(), 'noted', 'c', '{}')"
)
NOTICE = (
    "INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach, policy,"
    " why, state, message) VALUES ($1, $2, 'c', 'person', 'sam', 'o', 'page', 'v', '', 'pending',"
    " $3) RETURNING id"
)
ALERT = ([0], ["rmm"], ["rmm"], ["c"], ["k"], ["{}"], [1], "t")
PARTS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = $1::text::regclass ORDER BY 1
"""
INDEXES = """
SELECT c.relname AS name, (SELECT count(*) FROM pg_inherits WHERE inhrelid = c.oid) AS parents
FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid = $1::text::regclass
"""


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        yield made


async def parts(world: World, table: str) -> list[str]:
    return [row["relname"] for row in await world.rows(PARTS, f"tierline.{table}")]


async def where(world: World, table: str, column: str, number: int) -> set[str]:
    rows = await world.rows(
        f"SELECT DISTINCT tableoid::regclass::text AS part FROM tierline.{table}"
        f" WHERE {column} = $1",
        number,
    )
    return {row["part"].removeprefix("tierline.") for row in rows}


async def test_a_database_in_use_is_parted_under_the_previous_version(empty_url: str) -> None:
    """Its statements, prepared before, go on; nothing is moved and no index is built twice."""
    await asyncio.to_thread(migrate.upgrade, empty_url, "0015")
    old = await asyncpg.connect(empty_url)
    alert, event, notice = [await old.prepare(sql) for sql in (INSERT_ALERTS, EVENT, NOTICE)]
    dropped, settled = await old.prepare(DROP_NOTICES), await old.prepare(SETTLE_NOTICES)
    (first,) = await alert.fetch(*ALERT)
    await event.fetch(1001, 1)
    kept = await notice.fetchval(1001, 1, 7)
    files = "SELECT sum(pg_relation_filenode(indexrelid)::bigint) FROM pg_index WHERE indrelid ="
    before = await old.fetchval(f"{files} 'tierline.event'::regclass")
    await asyncio.to_thread(migrate.upgrade, empty_url)
    (second,) = await alert.fetch(*ALERT)
    assert second["id"] == first["id"] + 1
    await event.fetch(1001, 2)
    assert await notice.fetchval(1001, 2, 8) == kept + 1
    await dropped.fetch([kept], ["later"])
    await settled.fetch([8], ["delivered"], [""])
    states = await old.fetch("SELECT state FROM tierline.notice ORDER BY seq")
    assert [row["state"] for row in states] == ["superseded", "delivered"]
    for sql, values in ((EVENT, (1001, 1)), (NOTICE, (1001, 1, 9))):
        with pytest.raises(asyncpg.UniqueViolationError):
            await old.fetch(sql, *values)
    assert await old.fetchval(f"{files} 'tierline.event_0'::regclass") == before
    for table in ("event", "notice", "alert"):
        for part in (f"{table}_0", f"{table}_rest"):
            found = {
                row["name"]: row["parents"] for row in await old.fetch(INDEXES, f"tierline.{part}")
            }
            wanted = {row["name"] for row in await old.fetch(INDEXES, f"tierline.{table}")}
            assert found == {part + name.removeprefix(table): 1 for name in wanted}
    await old.close()


async def test_an_upgrade_that_was_cut_short_goes_on(empty_url: str) -> None:
    await asyncio.to_thread(migrate.upgrade, empty_url, "0015")
    connection = await asyncpg.connect(empty_url)
    await connection.execute(EVENT.replace("$1, $2", "1001, 1"))
    await connection.execute("CREATE TABLE tierline.notice_0 ()")
    with pytest.raises(DBAPIError, match="notice_0"):
        await asyncio.to_thread(migrate.upgrade, empty_url)
    await connection.execute(NOTICE.replace("$1, $2", "1001, 1").replace("$3", "7"))
    await connection.execute("DROP TABLE tierline.notice_0")
    await asyncio.to_thread(migrate.upgrade, empty_url)
    assert await connection.fetchval("SELECT count(*) FROM tierline.notice") == 1
    assert await connection.fetchval("SELECT count(*) FROM tierline.event") == 1
    assert await connection.fetchval("SELECT count(*) FROM tierline.month") == 2
    await connection.close()


async def test_months_are_made_ahead_and_each_ticket_lies_in_that_it_was_opened_in(
    world: World,
) -> None:
    await world.clock(MONDAY)
    await asyncio.gather(*(keep_months(world.db) for _ in range(3)))
    await keep_months(world.db)
    assert await parts(world, "event") == [
        "event_0",
        "event_2001",
        "event_3001",
        "event_4001",
        "event_rest",
    ]
    assert len(await parts(world, "alert")) == 5
    november = await world.open(problem_key="one")
    await world.clock(datetime(2026, 12, 1, tzinfo=UTC))
    await asyncio.gather(*(keep_months(world.db) for _ in range(3)))
    await keep_months(world.db)
    december = await world.open(problem_key="two")
    assert december.id == 2001
    assert await where(world, "event", "ticket", december.id) == {"event_2001"}
    assert await where(world, "event", "ticket", november.id) == {"event_0"}
    months = await world.rows(
        "SELECT first, begins FROM tierline.month WHERE kind = 'ticket' ORDER BY first"
    )
    assert [tuple(row) for row in months] == [
        (0, date(2026, 11, 1)),
        (2001, date(2026, 12, 1)),
        (3001, None),
        (4001, None),
        (5001, None),
    ]
    alert = await world.alert("k")
    assert await where(world, "alert", "id", alert.id) == {"alert_0"}, "none came in November"


async def test_what_is_written_of_a_ticket_is_found_in_its_month_alone(world: World) -> None:
    await keep_months(world.db)
    ticket = await world.open()
    plans = await plans_of(world, lambda c: stored.timeline(c, ticket.id, after=0, limit=10))
    scanned = {
        node["Relation Name"] for plan in plans for node in nodes(plan) if "Relation Name" in node
    }
    assert scanned == {"event_0"}
    plans = await plans_of(world, lambda c: stored.missing(c, [(ticket.id, 0, 9)]))
    ran = {
        node["Relation Name"]
        for plan in plans
        for node in nodes(plan)
        if "Relation Name" in node and node["Actual Loops"]
    }
    assert ran == {"event_0"}, "of the others none is looked into"
    assert indexes(plans) <= {"event_pkey"}


async def test_numbers_beyond_every_month_are_kept_told_and_moved(world: World) -> None:
    await keep_months(world.db)
    await world.run(EVENT, 5_500, 1)
    assert await where(world, "event", "ticket", 5_500) == {"event_rest"}
    found = {one.what: one.count for one in await Auditor(world.db).audit()}
    assert found == {"rows beyond every month": 1}
    await world.run("SELECT setval('tierline.ticket_number', 5500)")
    await keep_months(world.db)
    assert await where(world, "event", "ticket", 5_500) == {"event_5001"}
    with pytest.raises(asyncpg.UniqueViolationError):
        await world.run(EVENT, 5_500, 1)
    assert {one.what for one in await Auditor(world.db).audit()} == set()


async def test_where_too_much_lies_beyond_no_month_is_made_and_the_auditor_tells(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it would be read under a lock: ten million events take longer than a statement may."""
    await keep_months(world.db)
    before = await parts(world, "event")
    await world.run(EVENT, 5_500, 1)
    await world.run("SELECT setval('tierline.ticket_number', 5500)")
    monkeypatch.setattr(months, "REST_BYTES_MAX", 0)
    await keep_months(world.db)
    assert await parts(world, "event") == before
    assert await where(world, "event", "ticket", 5_500) == {"event_rest"}
    assert "rows beyond every month" in {one.what for one in await Auditor(world.db).audit()}


async def test_a_statement_that_took_too_long_ends_no_router(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = asyncio.Event()

    async def too_long(_db: object) -> None:
        stop.set()
        raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    monkeypatch.setattr(housekeeping, "keep_months", too_long)
    await housekeeping.Housekeeping(world.db).run(stop)


async def test_months_are_kept_more_often_than_the_rest_is_tidied(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import fills a new house's first blocks long before it is tidied again."""
    stop, done = asyncio.Event(), []

    async def months(_db: object) -> None:
        done.append("months")
        if done.count("months") == 3:
            stop.set()

    async def tidy(_self: object) -> int:
        done.append("tidy")
        return 0

    monkeypatch.setattr(housekeeping, "MONTHS_EVERY_S", 0.0)
    monkeypatch.setattr(housekeeping, "keep_months", months)
    monkeypatch.setattr(housekeeping.Housekeeping, "tidy", tidy)
    await housekeeping.Housekeeping(world.db).run(stop)
    assert done == ["tidy", "months", "months", "months"]


async def test_a_month_that_is_dropped_takes_its_partitions_along(world: World) -> None:
    await keep_months(world.db)
    await world.run(EVENT, 2_500, 1)
    await world.run("SELECT tierline.drop_month('ticket', 2001)")
    assert "event_2001" not in await parts(world, "event")
    assert "notice_2001" not in await parts(world, "notice")
    assert await world.count("event", "ticket = 2500") == 0
    assert await world.count("month", "dropped_at IS NOT NULL") == 1


async def test_who_is_in_the_way_delays_a_month_but_a_moment(world: World) -> None:
    """A reader that does not end holds nobody up: the month is made with the next round."""
    async with world.db.transaction() as reader:
        await reader.execute("SELECT count(*) FROM tierline.event")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await keep_months(world.db)
        await world.run(EVENT, 1_001, 1)
    await keep_months(world.db)
    assert len(await parts(world, "event")) == 5
