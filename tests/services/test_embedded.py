"""The embedded servers are real, keep what they should, and come back from kill -9."""

import asyncio
import os
import stat
import sys
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from tierline.runtime.embedded import identity
from tierline.runtime.embedded import server as embedded_server
from tierline.runtime.embedded.broker import EmbeddedBroker
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.errors import UpError
from tierline.runtime.ports import find_free_port, port_is_free

TOPICS = {"one": 4, "two": 4}


async def _sql(server: EmbeddedPostgres, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(server.url(), timeout=10)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.fixture
async def postgres(tmp_path: Path):
    server = EmbeddedPostgres(tmp_path / "pg", find_free_port(), log=tmp_path / "pg.log")
    yield server
    await server.stop()


@pytest.fixture
async def own_broker(tmp_path: Path):
    server = EmbeddedBroker(find_free_port(), TOPICS, log=tmp_path / "broker.log")
    yield server
    await server.stop()


@pytest.mark.postgres
async def test_committed_rows_survive_kill_9_on_the_same_port(postgres: EmbeddedPostgres):
    await postgres.start()
    await _sql(postgres, "CREATE TABLE kept (n int)")
    await _sql(postgres, "INSERT INTO kept VALUES (7)")
    port, password = postgres.port, postgres.password
    await postgres.kill()
    assert await postgres.probe() is not None
    await postgres.start()
    assert [row["n"] for row in await _sql(postgres, "SELECT n FROM kept")] == [7]
    assert (postgres.port, postgres.password) == (port, password)


@pytest.mark.postgres
async def test_data_and_password_are_kept_by_a_new_server_on_the_same_folder(tmp_path: Path):
    first = EmbeddedPostgres(tmp_path / "pg", find_free_port())
    await first.start()
    await _sql(first, "CREATE TABLE kept AS SELECT 1 AS n")
    await first.stop()
    second = EmbeddedPostgres(tmp_path / "pg", find_free_port())
    await second.start()
    try:
        assert len(await _sql(second, "SELECT n FROM kept")) == 1
        assert second.password == first.password
    finally:
        await second.stop()


@pytest.mark.postgres
async def test_password_is_private_and_needed(postgres: EmbeddedPostgres, tmp_path: Path):
    await postgres.start()
    assert stat.S_IMODE((tmp_path / "pg" / "password").stat().st_mode) == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host="127.0.0.1",
            port=postgres.port,
            user="tierline",
            password="guess",
            database="tierline",
            timeout=10,
        )


@pytest.mark.postgres
async def test_writes_are_flushed_to_disk_unless_a_test_says_otherwise(postgres: EmbeddedPostgres):
    await postgres.start()
    assert (await _sql(postgres, "SHOW fsync"))[0][0] == "on"
    assert (await _sql(postgres, "SHOW listen_addresses"))[0][0] == "127.0.0.1"


@pytest.mark.postgres
async def test_lock_file_naming_a_stranger_does_not_block_the_start(
    postgres: EmbeddedPostgres, tmp_path: Path
):
    """After a reboot the number in postmaster.pid may belong to any other program."""
    postgres.initialise()
    lock = tmp_path / "pg" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getppid()}\n{tmp_path / 'pg' / 'data'}\n0\n1\n\n127.0.0.1\n")
    await postgres.start()
    assert await postgres.probe() is None


@pytest.mark.postgres
async def test_orphan_of_a_killed_parent_makes_way(postgres: EmbeddedPostgres, tmp_path: Path):
    await postgres.start()
    orphan = postgres.pid
    heir = EmbeddedPostgres(tmp_path / "pg", find_free_port(), log=tmp_path / "heir.log")
    await heir.start()
    try:
        assert postgres.pid is None
        assert heir.pid not in {None, orphan}
    finally:
        await heir.stop()


@pytest.mark.postgres
async def test_half_made_cluster_is_made_anew(postgres: EmbeddedPostgres, tmp_path: Path):
    half = tmp_path / "pg" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    await postgres.start()
    assert not half.exists()


@pytest.mark.postgres
async def test_data_of_another_major_version_is_named(postgres: EmbeddedPostgres, tmp_path: Path):
    data = tmp_path / "pg" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(UpError, match="PostgreSQL 12") as caught:
        await postgres.start()
    assert "TIERLINE_HOME" in caught.value.remedy


@pytest.mark.postgres
async def test_server_that_cannot_start_tells_its_last_words(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(embedded_server, "EARLY_EXITS_ALLOWED", 2)
    server = EmbeddedPostgres(
        tmp_path / "pg", find_free_port(), log=tmp_path / "pg.log", settings={"no_such": "1"}
    )
    with pytest.raises(UpError, match="did not come up") as caught:
        await server.start()
    assert "no_such" in caught.value.remedy


def _effective_capabilities(pid: int | None) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("CapEff"))
    return int(line.split()[1], 16)


@pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux", reason="only root on Linux has this choice"
)
@pytest.mark.postgres
async def test_root_runs_it_unprivileged_in_open_and_in_private_folders(
    server_folder: Path, tmp_path: Path
):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for folder in (server_folder / "open", private):
        server = EmbeddedPostgres(folder / "pg", find_free_port(), log=folder / "pg.log")
        await server.start()
        try:
            assert _effective_capabilities(server.pid) == 0
        finally:
            await server.stop()


def test_identity_is_our_own_unless_we_are_root(tmp_path: Path):
    assert identity.choose_identity([tmp_path], effective_uid=1000) == identity.Identity()


def test_root_drops_to_nobody_where_nobody_can_go():
    assert identity.choose_identity([Path("/")], effective_uid=0).uid == identity.NOBODY


def test_root_uses_a_namespace_below_a_private_folder(tmp_path: Path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    chosen = identity.choose_identity([private], effective_uid=0, namespaces=True)
    assert chosen.uid is None
    assert chosen.prefix[0] == "unshare"


def test_root_below_a_private_folder_without_namespaces_is_told_what_to_move(tmp_path: Path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(UpError, match="refuses to run as root") as caught:
        identity.choose_identity([private], effective_uid=0, namespaces=False)
    assert str(private) in caught.value.message
    assert "TIERLINE_HOME" in caught.value.remedy


async def _partitions(server: EmbeddedBroker) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    try:
        topics = await admin.describe_topics(list(TOPICS))
        return {topic["topic"]: len(topic["partitions"]) for topic in topics}
    finally:
        await admin.close()


@pytest.mark.broker
async def test_broker_comes_back_on_its_port_with_its_topics_and_no_memory(
    own_broker: EmbeddedBroker,
):
    await own_broker.start()
    async with AIOKafkaProducer(bootstrap_servers=own_broker.bootstrap) as producer:
        await producer.send_and_wait("one", b"lost", key=b"k")
    bootstrap = own_broker.bootstrap
    await own_broker.kill()
    assert await own_broker.probe() is not None
    await own_broker.start()
    assert own_broker.bootstrap == bootstrap
    assert await _partitions(own_broker) == TOPICS
    async with AIOKafkaConsumer(
        "one", bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        assert set(ends.values()) == {0}


@pytest.mark.broker
async def test_probing_a_ready_broker_again_changes_nothing(own_broker: EmbeddedBroker):
    await own_broker.start()
    assert await asyncio.gather(own_broker.probe(), own_broker.probe()) == [None, None]
    assert await _partitions(own_broker) == TOPICS


@pytest.mark.broker
async def test_stopped_broker_frees_its_port(own_broker: EmbeddedBroker):
    await own_broker.start()
    assert not port_is_free(own_broker.port)
    await own_broker.stop()
    assert port_is_free(own_broker.port)


@pytest.mark.postgres
async def test_each_test_database_is_its_own(database_url: str, module_database_url: str):
    assert database_url != module_database_url
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


@pytest.mark.postgres
def test_database_url_serves_plain_tests_too(database_url: str):
    assert database_url.startswith("postgresql://")
