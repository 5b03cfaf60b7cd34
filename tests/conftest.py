"""Fixtures for tests against real servers: an embedded PostgreSQL and a broker.

Each pytest process (each xdist worker) has its own pair, started at first use and shared by its
tests. Every test that asks for `database_url` gets an empty, migrated database of its own.
"""

import asyncio
import inspect
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from tests.brokers import Broker, make_broker
from tests.databases import Databases, ServerOfTests
from tests.kafka.jars import NoKafkaError
from tierline.runtime.errors import EmbeddedUnavailableError
from tierline.runtime.ports import find_free_port

# Losing a test database to a power cut is fine; waiting for the disk in each test is not.
TEST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "100"}
EVENTUALLY_SECONDS = 15.0
POLL_SECONDS = 0.02

Eventually = Callable[..., Awaitable[object]]


def pytest_configure() -> None:
    """Tracebacks as the product prints them: with every local variable one takes seconds."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for `broker` is marked so: the leg on Apache Kafka runs what is marked."""
    for item in items:
        if "broker" in getattr(item, "fixturenames", ()):
            item.add_marker("broker")


def require_or_skip(reason: str) -> None:
    """Skip the test, or fail it where the run was told that everything must be there."""
    if os.environ.get("TIERLINE_REQUIRE_ALL") == "1":
        pytest.fail(f"TIERLINE_REQUIRE_ALL=1, and {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder for the servers' files, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tierline-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server(server_folder: Path) -> AsyncIterator[ServerOfTests]:
    """A running PostgreSQL. A test that kills it starts it again before it ends."""
    try:
        server = ServerOfTests(
            server_folder / "postgres",
            find_free_port(),
            log=server_folder / "postgres.log",
            settings=TEST_SETTINGS,
        )
    except EmbeddedUnavailableError as error:
        require_or_skip(error.message)
        raise
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def databases(postgres_server: ServerOfTests) -> Databases:
    """Where migrated, empty databases come from."""
    return Databases(postgres_server)


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """The URL (postgresql://...) of a migrated, empty database for this test alone."""
    name = await databases.take()
    yield databases.server.url(name)
    await databases.give_back(name)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_database_url(databases: Databases) -> AsyncIterator[str]:
    """The URL of a migrated database shared by the tests of one module."""
    name = await databases.take()
    yield databases.server.url(name)
    await databases.give_back(name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker(server_folder: Path) -> AsyncIterator[Broker]:
    """A running broker with the product's topics; `.bootstrap` is its address.

    It is shared: use a consumer group, keys or topics of your own. A test that kills it starts it
    again before it ends.
    """
    try:
        server = make_broker(server_folder)
    except (EmbeddedUnavailableError, NoKafkaError) as error:
        require_or_skip(str(error))
        raise
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
def eventually() -> Eventually:
    """Poll a condition (plain or async) until it gives something true, which is returned."""

    async def wait(condition: Callable[[], object], seconds: float = EVENTUALLY_SECONDS) -> object:
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            outcome = condition()
            if inspect.isawaitable(outcome):
                outcome = await outcome
            if outcome:
                return outcome
            if asyncio.get_running_loop().time() >= deadline:
                pytest.fail(f"not true within {seconds} s: {inspect.getsource(condition).strip()}")
            await asyncio.sleep(POLL_SECONDS)

    return wait
