"""Sharing commits: how many, in which order, and what one request's trouble means for others."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
import pytest_asyncio

from intake.batch import Batcher, Refused
from intake.errors import AwayError, BusyError
from intake.inserts import DeadLetter, Row, Taken, make_row
from tests.services.intake.conftest import alert
from tierline.messages.alert import Alert
from tierline.store.database import Database


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.connect(database_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def batcher(database: Database) -> AsyncIterator[Batcher]:
    made = Batcher(database, lambda: None)
    yield made
    await made.close()


def row(key: str, index: int = 0) -> Row:
    return make_row(index, "api", "json", "Unsorted", Alert(dedup_key=key, title=key))


def broken(key: str) -> Row:
    """A row PostgreSQL refuses: its body is no JSON."""
    return Row(0, "api", "json", "Unsorted", key, "{", 0)


async def keys_in(database: Database) -> list[str]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT dedup_key FROM tierline.alert ORDER BY id")
    return [found["dedup_key"] for found in rows]


@contextlib.asynccontextmanager
async def commits_held_up(url: str) -> AsyncIterator[None]:
    """Nobody can insert an alert meanwhile."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("BEGIN; LOCK TABLE tierline.alert IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        await connection.close()


async def test_concurrent_requests_share_commits_in_order_of_arrival(database: Database) -> None:
    commits: list[int] = []
    batcher = Batcher(database, lambda: commits.append(1))
    tasks = [asyncio.create_task(batcher.submit([row(f"k{n}")])) for n in range(200)]
    taken = [outcome for outcomes in await asyncio.gather(*tasks) for outcome in outcomes]
    assert await keys_in(database) == [f"k{n}" for n in range(200)]
    ids = [one.id for one in taken if isinstance(one, Taken)]
    assert ids == sorted(ids)
    assert len(ids) == 200
    assert 1 <= len(commits) <= 20
    await batcher.close()


async def test_what_is_committed_is_shown_after_its_commit_and_without_what_was_refused(
    database: Database,
) -> None:
    shown: list[tuple[str, int]] = []
    batcher = Batcher(
        database,
        lambda: None,
        lambda rows, taken: shown.extend(
            (one.dedup_key, made.id) for one, made in zip(rows, taken, strict=True)
        ),
    )
    mine, theirs = await asyncio.gather(
        batcher.submit([row("a"), broken("b"), row("c", 2)]), batcher.submit([row("d")])
    )
    ids = [one.id for one in (mine[0], mine[2], theirs[0]) if isinstance(one, Taken)]
    assert shown == list(zip(("a", "c", "d"), ids, strict=True))
    await batcher.close()


async def test_fewer_transactions_than_requests_reach_postgres(rig, database_url: str) -> None:
    """Counted by PostgreSQL itself, over HTTP."""

    async def transactions() -> int:
        await rig.fetch("SELECT pg_stat_force_next_flush()")
        (found,) = await rig.fetch(
            "SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()"
        )
        return found["n"]

    key = await rig.integration("api")
    await rig.post(key, alert("warm"))
    before = await transactions()
    answers = await asyncio.gather(*(rig.post(key, alert(f"k{n}")) for n in range(100)))
    assert {answer.status_code for answer in answers} == {202}
    await rig.batcher.close()  # its connection goes back to the pool, and with it its counts
    assert await transactions() - before < 60
    assert len(await rig.fetch("SELECT FROM tierline.alert")) == 101


async def test_a_commit_is_bounded_and_a_request_stays_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.batch.COMMIT_ALERTS_MAX", 10)
    commits: list[int] = []
    batcher = Batcher(database, lambda: commits.append(1))
    sizes = [4, 4, 4, 25, 1]
    requests = [[row(f"{at}/{n}", n) for n in range(size)] for at, size in enumerate(sizes)]
    await asyncio.gather(*(batcher.submit(rows) for rows in requests))
    assert len(commits) == 4  # 4 + 4, 4, 25, 1
    async with database.connection() as connection:
        instants = await connection.fetch(
            "SELECT count(DISTINCT accepted_at) AS n FROM tierline.alert WHERE dedup_key LIKE '3/%'"
        )
    assert instants[0]["n"] == 1
    await batcher.close()


@pytest.mark.parametrize(
    "bad",
    [
        broken("bad"),
        Row(0, "api", "json", "Unsorted", "nul \x00", "{}", 0),
        Row(70_000, "api", "json", "Unsorted", "index out of range", "{}", 0),
        Row(0, "api", "json", "Unsorted", "surrogate \ud800", "{}", 0),
    ],
    ids=["no json", "nul", "range", "surrogate"],
)
async def test_data_postgres_refuses_costs_only_its_own_alert(
    database: Database, batcher: Batcher, bad: Row
) -> None:
    """Refused by the server, or by the driver on its way there."""
    letter = DeadLetter("api", b"x", "was bad before")
    first, second, third = await asyncio.gather(
        batcher.submit([row("a")]),
        batcher.submit([row("b"), bad, row("c", 2)], [letter]),
        batcher.submit([row("d")]),
    )
    assert isinstance(first[0], Taken)
    assert isinstance(third[0], Taken)
    assert [type(outcome) for outcome in second] == [Taken, Refused, Taken]
    assert await keys_in(database) == ["a", "b", "c", "d"]
    async with database.connection() as connection:
        letters = await connection.fetch("SELECT body FROM tierline.dead_letter ORDER BY id")
        (messages,) = await connection.fetch("SELECT count(*) AS n FROM tierline.outbox")
    assert [found["body"] for found in letters] == [b"x", bad.body.encode()]
    assert messages["n"] == 4


async def test_a_full_queue_turns_away_and_loses_nothing_it_took(
    database: Database, database_url: str, batcher: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.batch.QUEUE_ALERTS_MAX", 3)
    async with commits_held_up(database_url):
        tasks = [asyncio.create_task(batcher.submit([row(f"k{n}")])) for n in range(10)]
        done, _ = await asyncio.wait(tasks, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        assert all(isinstance(task.exception(), BusyError) for task in done)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    taken = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(taken) == len(await keys_in(database)) == 3
    assert isinstance((await batcher.submit([row("later")]))[0], Taken)


async def test_a_queue_is_bounded_in_bytes_too(
    database_url: str, batcher: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.batch.QUEUE_BYTES_MAX", 10)
    async with commits_held_up(database_url):
        waiting = asyncio.create_task(batcher.submit([row("first")]))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await batcher.submit([row("second")])
    await waiting


async def test_who_stops_waiting_may_be_taken_and_holds_nobody_up(
    database: Database, database_url: str, batcher: Batcher, eventually: Callable
) -> None:
    async with commits_held_up(database_url):
        impatient = asyncio.create_task(batcher.submit([row("impatient")]))
        patient = asyncio.create_task(batcher.submit([row("patient")]))
        await asyncio.sleep(0)
        assert len(batcher._queue) == 2
        await eventually(lambda: not batcher._queue)  # both are in the commit under way
        impatient.cancel()
    assert isinstance((await patient)[0], Taken)
    assert impatient.cancelled()
    assert await keys_in(database) == ["impatient", "patient"]


async def test_a_commit_that_hangs_is_given_up_and_the_next_one_works(
    database: Database, database_url: str, batcher: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.batch.COMMIT_SECONDS_MAX", 0.2)
    async with commits_held_up(database_url):
        with pytest.raises(AwayError):
            await batcher.submit([row("hangs")])
    monkeypatch.undo()
    assert isinstance((await batcher.submit([row("next")]))[0], Taken)
    assert "next" in await keys_in(database)


async def test_what_is_no_fault_of_the_data_is_never_called_rejected(
    database: Database, batcher: Batcher
) -> None:
    """A missing table stands for a fault of ours: everybody comes again, nobody is refused."""
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE tierline.outbox RENAME TO elsewhere")
    with pytest.raises(AwayError):
        await batcher.submit([row("a")])
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE tierline.elsewhere RENAME TO outbox")
    assert isinstance((await batcher.submit([row("b")]))[0], Taken)
    assert await keys_in(database) == ["b"]


async def test_closing_finishes_what_waits_and_takes_nothing_more(
    database: Database, database_url: str, batcher: Batcher
) -> None:
    async with commits_held_up(database_url):
        waiting = asyncio.create_task(batcher.submit([row("waits")]))
        await asyncio.sleep(0)
        closing = asyncio.create_task(batcher.close())
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await batcher.submit([row("late")])
    await closing
    assert isinstance((await waiting)[0], Taken)
    assert await keys_in(database) == ["waits"]


async def test_an_idle_batcher_gives_its_connection_back(
    batcher: Batcher, monkeypatch: pytest.MonkeyPatch, eventually: Callable
) -> None:
    monkeypatch.setattr("intake.batch.LINGER_SECONDS", 0.05)
    await batcher.submit([row("a")])
    await eventually(lambda: batcher._task is None)
    assert isinstance((await batcher.submit([row("b")]))[0], Taken)
