"""The doctor on a real database; services, Kafka and the relay are as each test wants them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from tests.databases import run_sql
from tierline.bus.cluster import Standing, Topic
from tierline.cli.doctor.command import code_of
from tierline.cli.doctor.examine import CHECKS, examine
from tierline.cli.doctor.finding import Finding, Level
from tierline.cli.doctor.patient import Patient, Surroundings
from tierline.cli.doctor.services import NAMES
from tierline.cli.main import app
from tierline.messages.topics import GROUPS, TOPICS

pytestmark = pytest.mark.postgres

URLS = {name: f"http://{name.replace('_', '-')}.test" for name in NAMES}
PATIENCE_SECONDS = 60.0
METRICS = 'tierline_auditor_findings{what="outbox rows stuck"} 0.0\n'


class Cluster:
    """A cluster that says what it is told to."""

    def __init__(self) -> None:
        self.there = {name: Topic(name, 4, 1, 1) for name in TOPICS}
        self.groups = [Standing(group, topic, 1, 0) for group, topic in GROUPS.items()]

    async def topics(self) -> dict[str, Topic]:
        return self.there

    async def standings(self, _topics: Mapping[str, Topic]) -> list[Standing]:
        return self.groups


class Services:
    """Answers as all services; `away`, `not_ready` and the rest are what a test plants."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.not_ready: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self.metrics = METRICS
        self.skew = timedelta()

    def answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.removesuffix(".test").replace("-", "_")
        if name in self.away:
            raise httpx.ConnectError("refused")
        date = {"date": format_datetime(datetime.now(UTC) + self.skew, usegmt=True)}
        match request.url.path:
            case "/readyz" if name in self.not_ready:
                checks = {"postgres": "ok", "policy": self.not_ready[name]}
                return httpx.Response(503, json={"ready": False, "checks": checks})
            case "/readyz":
                return httpx.Response(200, json={"ready": True})
            case "/healthz":
                said = {"alive": True, "version": self.versions.get(name, version("tierline"))}
                return httpx.Response(200, json=said, headers=date)
            case "/metrics":
                return httpx.Response(200, text=self.metrics)
        return httpx.Response(404)


@asynccontextmanager
async def relay(greeting: bytes = b"220 relay\r\n") -> AsyncIterator[int]:
    """A mail relay that only greets."""

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


class Ward:
    """A patient in order, to be harmed by a test."""

    def __init__(self, around: Surroundings, connection: asyncpg.Connection) -> None:
        self.around = around
        self.connection = connection
        self.services = Services()
        self.cluster: Cluster | None = Cluster()

    async def examine(self) -> list[Finding]:
        transport = httpx.MockTransport(self.services.answer)
        async with Patient(self.around, transport, self.cluster) as patient:
            return await examine(patient)

    async def wrong(self) -> list[Finding]:
        """What is not in order, and could be looked at."""
        return [f for f in await self.examine() if f.level in {Level.WARN, Level.FAIL}]


@pytest_asyncio.fixture(loop_scope="session")
async def ward(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ward]:
    # What is looked at here is what is found, not how long it takes on a busy machine.
    monkeypatch.setattr("tierline.cli.doctor.examine.CHECK_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr("tierline.cli.doctor.patient.ANSWER_SECONDS", PATIENCE_SECONDS)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO tierline.policy_version (version, document, active)"
        " VALUES ('sha256:0123456789abcdef', '{}', true)"
    )
    # Test servers do without fsync; what the doctor would say of that is judged without a server.
    (tmp_path / "nightly.dump").write_text("a backup")
    async with relay() as port:
        around = Surroundings(
            urls=URLS,
            database_url=database_url,
            bootstrap="kafka.test:9092",
            smtp=("127.0.0.1", port),
            development=True,
            backups=tmp_path,
            environment={"TIERLINE_SECRET": "9f2c4b7e1a6d3058c7e4b19a2f6d8031"},
        )
        yield Ward(around, connection)
    await connection.close()


DURABILITY = {"fsync is off", "full_page_writes is off"}
"""What test servers lack on purpose."""


def others(found: list[Finding]) -> list[tuple[str, str]]:
    """Check and level of findings, but for DURABILITY."""
    return [(f.check, f.level.value) for f in found if f.said.split(":")[0] not in DURABILITY]


async def test_an_installation_in_order_has_nothing_wrong(ward):
    assert others(await ward.wrong()) == []
    found = await ward.examine()
    assert {f.check for f in found} >= {name for name, _ in CHECKS}
    assert [f for f in found if f.level in {Level.WARN, Level.FAIL} and not f.remedy] == []


async def test_a_service_that_is_away_or_not_ready_is_a_failure_with_its_reason(ward):
    ward.services.away = {"notifier"}
    ward.services.not_ready = {"router": "no policy is loaded"}
    found = [f for f in await ward.wrong() if f.check == "services"]
    assert [f.level for f in found] == [Level.FAIL, Level.FAIL]
    assert found[0].said == "router is not ready: policy: no policy is loaded"
    assert "notifier" in found[1].said
    assert "ConnectError" in found[1].said


async def test_a_service_of_another_version_is_told(ward):
    ward.services.versions = {"intake": "0.0.9"}
    assert others(await ward.wrong()) == [("versions", "warn")]


async def test_tables_of_an_older_version_are_a_failure(ward):
    newest = await ward.connection.fetchval("SELECT version_num FROM alembic_version")
    await ward.connection.execute("UPDATE alembic_version SET version_num = '0014'")
    try:
        assert others(await ward.wrong()) == [("schema", "fail")]
    finally:  # the database is another test's afterwards
        await ward.connection.execute("UPDATE alembic_version SET version_num = $1", newest)


async def test_topics_and_groups_are_looked_at(ward):
    ward.cluster.there.pop("tickets.events")
    ward.cluster.groups = [Standing("notifier", "tickets.events", 0, 5)]
    assert others(await ward.wrong()) == [("topics", "fail"), ("consumers", "fail")]


async def test_a_service_whose_clock_is_off_is_told(ward):
    ward.services.skew = timedelta(minutes=5)
    found = [f for f in await ward.wrong() if f.check == "clocks"]
    assert {f.level for f in found} == {Level.FAIL}
    assert len(found) == len(URLS)


async def test_policy_time_that_is_not_real_is_a_failure_in_production_alone(ward):
    await ward.connection.execute("UPDATE tierline.policy_clock SET speed = 60")
    assert others(await ward.wrong()) == []
    ward.around = replace(ward.around, development=False)
    assert ("policy time", "fail") in others(await ward.wrong())


async def test_a_relay_that_does_not_answer_or_greet_is_a_failure(ward):
    async with relay(b"554 not you\r\n") as port:
        ward.around = replace(ward.around, smtp=("127.0.0.1", port))
        assert others(await ward.wrong()) == [("mail", "fail")]
    assert others(await ward.wrong()) == [("mail", "fail")], "nobody listens there any more"


async def test_no_policy_is_a_failure(ward):
    await ward.connection.execute("UPDATE tierline.policy_version SET active = false")
    assert others(await ward.wrong()) == [("policy", "fail")]


async def test_a_policy_folder_that_is_not_the_one_in_force_is_told(ward):
    folder = Path(__file__).parents[4] / "policy"
    ward.around = replace(ward.around, policy=folder)
    assert others(await ward.wrong())[0] == ("policy", "warn")


async def test_a_broken_policy_folder_is_a_failure(ward, tmp_path):
    (tmp_path / "10.yaml").write_text("tiers: 7\n")
    ward.around = replace(ward.around, policy=tmp_path)
    assert others(await ward.wrong()) == [("policy", "fail")]


async def test_a_disabled_subscription_is_told_with_how_to_resume_it(ward):
    await ward.connection.execute(
        "INSERT INTO tierline.subscription (name, url, secrets, disabled_at, why)"
        " VALUES ('psa', 'https://psa.test', '{}', now(), '410 Gone')"
    )
    (found,) = [f for f in await ward.wrong() if f.check == "subscriptions"]
    assert "410 Gone" in found.said
    assert "notifier.resume psa" in found.remedy


async def test_dead_letters_of_late_are_told_and_replayed_or_old_ones_are_not(ward):
    await ward.connection.executemany(
        "INSERT INTO tierline.dead_letter (source, key, body, reason, at, replayed_at)"
        " VALUES ($1, '', 'x', 'broken', now() - $2::interval, $3)",
        [
            ("consumer:triage", timedelta(hours=1), None),
            ("consumer:old", timedelta(days=3), None),
            ("intake", timedelta(hours=1), datetime.now(UTC)),
        ],
    )
    (found,) = [f for f in await ward.wrong() if f.check == "dead letters"]
    assert found.said.startswith("1 of consumer:triage")


async def test_what_the_auditor_finds_is_passed_on(ward):
    ward.services.metrics = METRICS.replace("0.0", "3.0")
    assert others(await ward.wrong()) == [("auditor", "fail")]


async def test_a_development_token_in_production_is_a_failure(ward):
    ward.around = replace(ward.around, development=False)
    before = others(await ward.wrong())
    await ward.connection.execute(
        "INSERT INTO tierline.api_token (hash, name, scopes) VALUES ('h', 'development', '{admin}')"
    )
    after = others(await ward.wrong())
    assert [one for one in after if one not in before] == [("development token", "fail")]


async def test_a_token_that_ends_soon_is_told(ward):
    await ward.connection.execute(
        "INSERT INTO tierline.api_token (hash, name, scopes, expires_at)"
        " VALUES ('h', 'reports', '{}', now() + interval '5 days'),"
        " ('i', 'later', '{}', now() + interval '50 days')"
    )
    (found,) = [f for f in await ward.wrong() if f.check == "tokens"]
    assert "reports" in found.said


async def test_no_backup_is_a_failure(ward, tmp_path):
    (tmp_path / "nightly.dump").unlink()
    assert others(await ward.wrong()) == [("backups", "fail")]


async def test_a_slot_whose_receiver_is_gone_is_counted(ward):
    found = [f for f in await ward.examine() if f.check == "postgresql's log"]
    assert [f.level for f in found] == [Level.OK]


async def test_with_everything_down_each_part_is_told_once_and_the_rest_is_skipped(ward):
    nowhere = "127.0.0.1:1"
    url = f"postgresql://t:x@{nowhere}/t"
    down = replace(ward.around, database_url=url, bootstrap=nowhere, smtp=("127.0.0.1", 1))
    ward.around, ward.cluster = down, None
    ward.services.away = set(NAMES)
    found = await ward.examine()
    failed = [f.check for f in found if f.level is Level.FAIL]
    assert failed == ["database", "kafka", *["services"] * len(NAMES), "mail"]
    assert code_of(found) == 2
    assert "become tickets when it is back" in found[1].remedy


async def test_an_empty_database_is_told_to_be_migrated(ward, postgres_server):
    await run_sql(postgres_server, "CREATE DATABASE never_migrated")
    try:
        ward.around = replace(ward.around, database_url=postgres_server.url("never_migrated"))
        found = await ward.wrong()
        assert others(found) == [("schema", "fail")]
        assert any("tierline.store.migrate" in one.remedy for one in found)
    finally:
        await run_sql(postgres_server, "DROP DATABASE never_migrated")


def test_the_command_ends_with_the_code_of_the_worst_and_prints_json(tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP", "ROUTER_URL", "BACKUPS", "POLICY"):
        monkeypatch.delenv(f"TIERLINE_{name}", raising=False)
    monkeypatch.setenv("TIERLINE_DATABASE_URL", "postgresql://t:hidden@127.0.0.1:1/t")
    result = CliRunner().invoke(app, ["doctor", "--json", "--home", str(tmp_path / "none")])
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert document["level"] == "fail"
    assert document["counts"]["fail"] >= 1
    assert "hidden" not in result.stdout
    plain = CliRunner().invoke(app, ["doctor", "--quiet", "--home", str(tmp_path / "none")])
    assert plain.exit_code == 2
    assert "fail    database" in plain.stdout
    assert "\nok " not in plain.stdout


@pytest.mark.parametrize(
    ("levels", "code"),
    [([], 0), ([Level.OK, Level.SKIPPED], 0), ([Level.WARN, Level.OK], 1), ([Level.FAIL], 2)],
)
def test_the_code_is_that_of_the_worst(levels, code):
    assert code_of([Finding("x", level, "y") for level in levels]) == code
