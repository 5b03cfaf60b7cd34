"""What is known of people, rooms and subscriptions: how fresh it is, and who pays for it."""

import asyncio

import pytest

from notifier import directory as directories
from notifier.directory import DirectorySource
from notifier.limits import DIRECTORY_REFRESH_S, DIRECTORY_TTL_S
from tests.services.notifier.world import World

pytestmark = pytest.mark.postgres

REAL_READ = directories.read_directory


class Reads:
    """Counts the readings, and fails those that it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.away = False
        monkeypatch.setattr(directories, "read_directory", self)

    async def __call__(self, connection: object) -> object:
        self.count += 1
        if self.away:
            raise ConnectionRefusedError("postgres is away")
        return await REAL_READ(connection)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    return Reads(monkeypatch)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_who_tells_reads_nothing_while_the_loop_keeps_it_fresh(
    world: World, reads: Reads
) -> None:
    clock = Clock()
    source = DirectorySource(world.db, clock)
    for _ in range(5):
        await source.refresh()
        clock.now += DIRECTORY_REFRESH_S
        before = reads.count
        async with world.db.transaction() as connection:
            assert "sam" in (await source.get(connection)).people
        assert reads.count == before


async def test_the_last_one_is_kept_for_its_time_and_no_longer(world: World, reads: Reads) -> None:
    clock = Clock()
    source = DirectorySource(world.db, clock)
    known = await source.refresh()
    reads.away = True
    clock.now += DIRECTORY_TTL_S - 0.01
    with pytest.raises(ConnectionRefusedError):
        await source.refresh()
    async with world.db.connection() as connection:
        assert await source.get(connection) is known
        clock.now += 0.01
        with pytest.raises(ConnectionRefusedError):
            await source.get(connection)
        reads.away = False
        assert await source.get(connection) is not known


async def test_the_loop_goes_on_after_a_refresh_that_failed(
    world: World, reads: Reads, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directories, "DIRECTORY_REFRESH_S", 0.001)
    source, stop = DirectorySource(world.db), asyncio.Event()
    reads.away = True
    loop = asyncio.create_task(source.run(stop))
    await eventually(lambda: reads.count > 1)
    reads.away = False
    await eventually(lambda: source._kept is not None)
    await world.sql("UPDATE tierline.person SET email = 'new@msp.example' WHERE login = 'sam'")
    await eventually(lambda: source._kept.mail_of("sam") == "new@msp.example")
    stop.set()
    await asyncio.wait_for(loop, 5)


def test_one_reading_may_fail_within_its_time() -> None:
    assert 2 * DIRECTORY_REFRESH_S < DIRECTORY_TTL_S
