"""What a simulation relies on beyond PostgreSQL itself: points, kills, outages, what is told."""

import asyncio
import contextlib
from datetime import timedelta

import asyncpg
import pytest

from tests.contract.store import NOON
from tests.simulation.statements import REGISTRY
from tierline.store import dead_letters, tickets
from tierline.store.database import POOL_MAX, UNREACHABLE
from tierline.testing.postgres.fake import FakePostgres
from tierline.testing.postgres.registry import Registry, UnknownStatementError
from tierline.testing.postgres.rows import picker
from tierline.web import idempotency

BURY = (dead_letters.BURY, "intake", "rmm", b"x", "bad")
CLAIM = (idempotency.CLAIM_KEY, "sam", "k", "digest")


class Points:
    """Notes the points passed; `raising` says what happens at one."""

    def __init__(self):
        self.passed = []
        self.raising = {}

    async def at(self, label):
        self.passed.append(label)
        error = self.raising.pop(label, None)
        if callable(error):
            error()
        elif error is not None:
            raise error


@pytest.fixture
def points():
    return Points()


@pytest.fixture
def postgres(points):
    return FakePostgres(points.at, lambda: NOON, REGISTRY)


async def bury(db):
    async with db.transaction() as connection:
        await connection.execute(*BURY)


def buried(postgres):
    return len(postgres.rows("dead_letter"))


async def test_every_effect_has_a_point_before_and_one_after(postgres, points):
    db = postgres.database("intake")
    await bury(db)
    assert points.passed == ["pg begin", "pg BURY", "pg BURY done", "pg commit", "pg committed"]
    points.passed.clear()
    async with db.connection() as connection:
        await connection.execute(*BURY)
    assert points.passed == ["pg BURY", "pg BURY done"]


@pytest.mark.parametrize(
    ("label", "kept"),
    [("pg begin", 0), ("pg BURY", 0), ("pg BURY done", 0), ("pg commit", 0), ("pg committed", 1)],
)
async def test_an_error_at_a_point_of_a_transaction(postgres, points, label, kept):
    points.raising[label] = asyncpg.SerializationError("on demand")
    with pytest.raises(asyncpg.SerializationError):
        await bury(postgres.database("intake"))
    assert buried(postgres) == kept


@pytest.mark.parametrize(("label", "kept"), [("pg BURY", 0), ("pg BURY done", 1)])
async def test_an_error_at_a_point_of_a_statement_outside_any(postgres, points, label, kept):
    points.raising[label] = ConnectionResetError()
    with pytest.raises(ConnectionResetError):
        async with postgres.database("intake").connection() as connection:
            await connection.execute(*BURY)
    assert buried(postgres) == kept


@pytest.mark.parametrize(
    ("label", "kept"), [("pg BURY", 0), ("pg BURY done", 0), ("pg commit", 0), ("pg committed", 1)]
)
async def test_a_process_killed_at_a_point_has_no_effect_after_it(postgres, points, label, kept):
    db = postgres.database("intake")
    points.raising[label] = lambda: postgres.kill("intake")
    with pytest.raises(asyncio.CancelledError):
        await bury(db)
    with pytest.raises(asyncio.CancelledError):
        await bury(db)
    assert buried(postgres) == kept
    await bury(postgres.database("intake"))
    assert buried(postgres) == kept + 1


async def test_a_kill_frees_what_was_held_and_ends_a_wait(postgres):
    first, second = postgres.database("a"), postgres.database("b")
    holding = asyncio.Event()

    async def hold(db):
        async with db.transaction() as connection:
            await connection.fetchval(*CLAIM)
            holding.set()
            await asyncio.Event().wait()

    async def claim(db):
        async with db.transaction() as connection:
            return await connection.fetchval(*CLAIM)

    tasks = [asyncio.create_task(hold(first))]
    await holding.wait()
    tasks += [asyncio.create_task(claim(db)) for db in (second, postgres.database("c"))]
    while not (postgres.waiting("b") and postgres.waiting("c")):
        await asyncio.sleep(0)
    postgres.kill("c")
    with pytest.raises(asyncio.CancelledError):
        await tasks[2]
    assert not tasks[1].done()
    postgres.kill("a")
    assert await tasks[1] is True
    tasks[0].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await tasks[0]


@pytest.mark.parametrize(
    ("label", "kept"), [("pg BURY", 0), ("pg BURY done", 0), ("pg commit", 0), ("pg committed", 1)]
)
async def test_an_outage_loses_open_transactions_and_refuses_new_ones(
    postgres, points, label, kept
):
    db = postgres.database("intake")
    points.raising[label] = postgres.down
    with pytest.raises(UNREACHABLE):
        await bury(db)
    with pytest.raises(ConnectionRefusedError):
        await bury(db)
    assert await db.alive() == "postgres: ConnectionRefusedError"
    postgres.up()
    assert await db.alive() is None
    assert buried(postgres) == kept


async def test_an_outage_ends_a_wait(postgres):
    async def claim(name, then):
        async with postgres.database(name).transaction() as connection:
            await connection.fetchval(*CLAIM)
            await then.wait()
            await connection.fetchval(*CLAIM)

    over = asyncio.Event()
    holder = asyncio.create_task(claim("a", over))
    waiter = asyncio.create_task(claim("b", over))
    while not postgres.waiting("b"):
        await asyncio.sleep(0)
    postgres.down()
    postgres.up()
    over.set()
    with pytest.raises(asyncpg.PostgresConnectionError):
        await waiter
    with pytest.raises(UNREACHABLE):
        await holder
    assert postgres.rows("command") == []


async def test_a_lock_granted_at_the_very_end_is_given_back(postgres):
    """The server goes down after the holder's commit, and before the waiter has gone on."""

    async def claim(name):
        async with postgres.database(name).transaction() as connection:
            return await connection.fetchval(*CLAIM)

    async def claim_and_fail():
        async with postgres.database("a").transaction() as connection:
            await connection.fetchval(*CLAIM)
            waiter = asyncio.create_task(claim("b"))
            while not postgres.waiting("b"):
                await asyncio.sleep(0)
            waiters.append(waiter)
            raise ZeroDivisionError

    waiters = []
    with pytest.raises(ZeroDivisionError):
        await claim_and_fail()
    postgres.down()
    postgres.up()
    with pytest.raises(UNREACHABLE):
        await waiters[0]
    assert await claim("c") is True


async def test_what_changed_is_told_at_the_commit_and_only_then(postgres):
    told = []
    postgres.on_commit = lambda process, changes: told.append((process, changes))
    async with postgres.database("router").transaction() as connection:
        await connection.fetchval(*CLAIM)
        assert told == []
        await connection.execute(idempotency.KEEP_ANSWER, "sam", "k", 200, "{}")
    ((process, ((table, old, new),)),) = told
    assert (process, table, old) == ("router", "command", None)
    assert (new["status"], new["created_at"]) == (200, NOON)
    async with postgres.database("router").connection() as connection:
        await connection.fetchval(tickets.POLICY_NOW)
        await connection.fetchval(*CLAIM)
    assert len(told) == 1
    assert postgres.row("command", ("sam", "k")) == new


async def test_a_process_has_no_more_connections_than_its_pool(postgres):
    db = postgres.database("intake")
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(POOL_MAX):
            await stack.enter_async_context(db.connection())
        one_more = asyncio.create_task(bury(db))
        for _ in range(3):
            await asyncio.sleep(0)
        assert not one_more.done()
        assert buried(postgres) == 0
    await one_more
    assert buried(postgres) == 1


async def test_a_statement_that_nobody_answers_is_named(postgres):
    async with postgres.database("intake").connection() as connection:
        with pytest.raises(UnknownStatementError, match="SELECT 42"):
            await connection.fetch("SELECT 42")
    assert not issubclass(UnknownStatementError, Exception)


async def test_an_answer_may_be_replaced(points):
    async def lost(tx, *said):
        return "INSERT 0 1"

    postgres = FakePostgres(points.at, lambda: NOON, REGISTRY.replaced("BURY", lost))
    await bury(postgres.database("intake"))
    assert buried(postgres) == 0
    with pytest.raises(ValueError, match="0 statements are called NONE"):
        REGISTRY.replaced("NONE", lost)


def test_a_statement_is_answered_once():
    here = Registry()

    async def answer(tx):
        return []

    here.answers(tickets, "POLICY_NOW")(answer)
    with pytest.raises(ValueError, match="answered already"):
        here.answers(tickets, "POLICY_NOW")(answer)
    with pytest.raises(ValueError, match="answered twice"):
        REGISTRY.joined(here)


def test_rows_put_are_whole_and_sequences_go_on_after_them(postgres):
    row = postgres.put("room", {"name": "net", "kind": "slack"})
    assert row == {"name": "net", "kind": "slack", "url": ""}
    for wrong in ({"name": "net"}, {"name": "net", "kind": "slack", "colour": "red"}):
        with pytest.raises(ValueError, match="room: unknown or missing"):
            postgres.put("room", wrong)
    letter = {"source": "intake", "body": b"", "reason": "bad"}
    postgres.put("dead_letter", {"id": 7, **letter})
    assert postgres.put("dead_letter", letter)["id"] == 8


def test_policy_time_by_the_row_of_the_clock(points):
    real = [NOON]
    postgres = FakePostgres(points.at, lambda: real[0])
    assert postgres.policy_now() == NOON
    postgres.put("policy_clock", {"anchor": NOON, "real_anchor": NOON, "speed": 60.0})
    real[0] += timedelta(seconds=1.5)
    assert postgres.policy_now() == NOON + timedelta(seconds=90)
    postgres.put("policy_clock", {"anchor": NOON, "real_anchor": NOON, "held": True})
    assert postgres.policy_now() == NOON


def test_rows_are_read_by_name_and_by_place():
    row = picker("id", "key")({"id": 5, "key": "k", "body": "b"})
    assert (row["id"], row[1], dict(row), list(row)) == (5, "k", {"id": 5, "key": "k"}, [5, "k"])
    number, key = row
    assert (number, key, row.get("body"), "key" in row) == (5, "k", None, True)
    with pytest.raises(KeyError):
        row["body"]
