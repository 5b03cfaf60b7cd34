"""Behind PgBouncer in its transaction mode: what runs straight on PostgreSQL runs there as well."""

import asyncio
import functools
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from tests.conftest import require_or_skip
from tests.services.interleavings.world import World, make_world

# The essentials of the service suite, on this module's `world`: batches under locks, two replicas
# at once, deadlocks and poison replayed one by one, a relay's advisory locks.
from tests.services.test_relay import (
    test_two_relays_and_a_stalling_broker_keep_the_order_of_every_key,
    test_what_is_refused_for_good_becomes_a_dead_letter_and_the_rest_goes,
)
from tests.services.test_tick import (
    test_a_late_tick_fires_in_order_at_the_due_instants_and_says_how_late,
    test_all_that_is_due_at_one_instant_fires_once_with_two_tickers,
)
from tests.services.test_triage import (
    test_a_hundred_alerts_of_one_problem_in_one_batch_are_one_ticket,
    test_a_poison_alert_does_not_block_its_batch,
    test_concurrent_triagers_keep_one_ticket_a_problem_and_every_count,
)
from tierline.runtime.ports import LOOPBACK, find_free_port
from tierline.store.database import Database
from tierline.store.pooler import LIMITS, LimitsMissingError, keep_limits

__all__ = [
    "test_a_hundred_alerts_of_one_problem_in_one_batch_are_one_ticket",
    "test_a_late_tick_fires_in_order_at_the_due_instants_and_says_how_late",
    "test_a_poison_alert_does_not_block_its_batch",
    "test_all_that_is_due_at_one_instant_fires_once_with_two_tickers",
    "test_concurrent_triagers_keep_one_ticket_a_problem_and_every_count",
    "test_two_relays_and_a_stalling_broker_keep_the_order_of_every_key",
    "test_what_is_refused_for_good_becomes_a_dead_letter_and_the_rest_goes",
]

pytestmark = pytest.mark.postgres

POOL = 2
"""Server connections: fewer than clients, so that each statement may get another one."""
CONFIGURATION = """[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = {host}
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 100
ignore_startup_parameters = extra_float_digits
logfile = {log}
"""


@dataclass(frozen=True)
class PgBouncer:
    """A running one."""

    port: int

    def url(self, direct: str) -> str:
        """The address of a database behind it."""
        return direct.replace(f":{urlsplit(direct).port}/", f":{self.port}/")


@pytest.fixture(scope="module")
def pgbouncer(postgres_server, server_folder: Path) -> Iterator[PgBouncer]:
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if not program:
        require_or_skip("pgbouncer is not installed (Debian: pgbouncer)")
    folder = server_folder / "pgbouncer"
    folder.mkdir()
    folder.chmod(0o777)  # root's pgbouncer runs as nobody
    port = find_free_port()
    (folder / "ini").write_text(
        CONFIGURATION.format(
            host=LOOPBACK,
            port=postgres_server.port,
            own=port,
            pool=POOL,
            log=folder / "log",
        ).replace("* = ", f"* = user=tierline password={postgres_server.password} ")
    )
    process = subprocess.Popen([program, "--quiet", "--user=nobody", str(folder / "ini")])
    try:
        assert listening(port, process), (folder / "log").read_text()
        yield PgBouncer(port)
    finally:
        process.terminate()
        process.wait(timeout=20)


def listening(port: int, process: "subprocess.Popen[bytes]") -> bool:
    """Wait until the port answers; False where the process has ended."""
    while process.poll() is None:
        with socket.socket() as line:
            line.settimeout(1)
            if line.connect_ex((LOOPBACK, port)) == 0:
                return True
    return False


@pytest_asyncio.fixture
async def pooled_url(database_url: str, pgbouncer: PgBouncer) -> str:
    """A database whose role has our limits, addressed through the pooler."""
    await keep_limits(database_url)
    return pgbouncer.url(database_url)


@pytest_asyncio.fixture
async def world(pooled_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """As the suite's own, with every service behind the pooler."""
    behind = functools.partial(Database.connect, pooler="transaction")
    monkeypatch.setattr(Database, "connect", behind)

    async def other_db(of: World, **_: object) -> Database:
        of.opened.append(await behind(of.url))
        return of.opened[-1]

    monkeypatch.setattr(World, "other_db", other_db)
    async with make_world(pooled_url) as made:
        yield made


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Database]:
    db = await Database.connect(url, pooler="transaction")
    try:
        yield db
    finally:
        await db.close()


async def test_statements_with_values_outside_transactions_find_what_they_prepared(
    pooled_url: str,
) -> None:
    """Many clients, two servers: prepared on one, a statement would be run on the other."""
    async with connected(pooled_url) as one, connected(pooled_url) as two:

        async def ask(db: Database, start: int) -> list[int]:
            async with db.connection() as connection:
                return [
                    await connection.fetchval(f"SELECT $1::int + {n % 3}", start + n)
                    for n in range(60)
                ]

        clients = [(db, base) for db in (one, two) for base in (0, 1_000, 2_000, 3_000)]
        said = await asyncio.gather(*(ask(db, base) for db, base in clients))
        assert said == [[base + n + n % 3 for n in range(60)] for _, base in clients]


async def test_without_that_the_same_statements_fail(pooled_url: str) -> None:
    """Guards the test above: PgBouncer here really lends for one transaction only."""

    async def ask() -> None:
        connection = await asyncpg.connect(pooled_url)
        try:
            for n in range(60):
                await connection.fetchval(f"SELECT $1::int + {n % 3}", n)
        finally:
            await connection.close()

    outcomes = await asyncio.gather(*(ask() for _ in range(8)), return_exceptions=True)
    assert any(isinstance(outcome, asyncpg.PostgresError) for outcome in outcomes)


async def test_each_statement_outside_a_transaction_commits_by_itself(pooled_url: str) -> None:
    async with connected(pooled_url) as db:
        async with db.connection() as connection:
            await connection.execute("CREATE TABLE kept (n int UNIQUE)")
            await connection.execute("INSERT INTO kept VALUES ($1)", 1)
            with pytest.raises(asyncpg.UniqueViolationError):
                await connection.execute("INSERT INTO kept VALUES ($1)", 1)
            await connection.executemany("INSERT INTO kept VALUES ($1)", [(2,), (3,)])
            row = await connection.fetchrow("SELECT count(*) AS n FROM kept WHERE n > $1", 0)
        assert row["n"] == 3


async def write_and_fail(db: Database) -> None:
    async with db.transaction() as connection:
        await connection.execute("CREATE TABLE gone (n int)")
        await connection.execute("INSERT INTO gone VALUES ($1)", 1)
        raise ZeroDivisionError


async def test_a_transaction_is_one_and_a_cursor_reads_in_it(pooled_url: str) -> None:
    async with connected(pooled_url) as db:
        with pytest.raises(ZeroDivisionError):
            await write_and_fail(db)
        async with db.transaction() as connection:
            assert await connection.fetchval("SELECT to_regclass('gone')") is None
            query = "SELECT n FROM generate_series(1, $1::int) n"
            assert [row["n"] async for row in connection.cursor(query, 5, prefetch=2)] == [
                *(1, 2, 3, 4, 5)
            ]


async def test_lent_connections_have_our_limits(pooled_url: str) -> None:
    async with connected(pooled_url) as db, db.connection() as connection:
        rows = await connection.fetch("SELECT name, setting FROM pg_settings")
    assert LIMITS.items() <= {row["name"]: row["setting"] for row in rows}.items()


async def test_a_role_without_our_limits_is_refused_and_the_message_says_what_to_do(
    database_url: str, pgbouncer: PgBouncer
) -> None:
    with pytest.raises(LimitsMissingError, match=r"lock_timeout.*past the pooler"):
        await Database.connect(pgbouncer.url(database_url), pooler="transaction")


async def test_a_plain_connection_is_refused_by_the_pooler_and_so_never_loses_its_limits(
    pooled_url: str,
) -> None:
    with pytest.raises(asyncpg.PostgresError, match="unsupported startup parameter"):
        await Database.connect(pooled_url)


async def test_the_statement_of_a_cursor_has_a_name_of_this_process(pooled_url: str) -> None:
    """Two processes that used one name on one server would meet."""
    async with connected(pooled_url) as db, db.connection() as connection:
        name = connection._con._get_unique_id("stmt")
    assert re.fullmatch(r"__asyncpg_stmt_[0-9a-f]+__[0-9a-f]{8}", name)
