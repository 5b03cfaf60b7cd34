"""Every runbook is followed, command by command, under load; then every promise is judged.

The pages share one stack and are followed in the order of this file. What was said is kept in
build/runbooks, a log a page.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from tests.conftest import require_or_skip
from tests.faults.groups import Standing
from tests.faults.poison import send_poison
from tests.faults.wire import Wire
from tests.kafka.jars import NoKafkaError, java_command
from tests.runbooks.drill import WAIT_SECONDS, Drill, audited, drilling
from tests.runbooks.pages import PAGES, sections
from tests.runbooks.receiver import said_in
from tests.runbooks.stack import SECRET
from tierline.cli.credentials import SHOWN_OF_HASH
from tierline.messages.topics import EVENTS
from tierline.web.answer_links import AnswerLink, Purpose, make_link
from tierline.web.keys import hash_key

pytestmark = [
    pytest.mark.runbooks,
    pytest.mark.timeout(900),
    # Of connections to what was killed under them.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SMALL = 1_000
"""Bytes: less than any event of a ticket has."""

REFUSED = "SELECT count(*) > 20 FROM tierline.dead_letter WHERE source = 'outbox:tickets.events'"
GROWN = 8
LOOK_SECONDS = 0.05


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def drill() -> AsyncIterator[Drill]:
    """The stack of all pages."""
    try:
        java_command()
    except NoKafkaError as error:
        require_or_skip(str(error))
        raise
    folder = Path(tempfile.mkdtemp(prefix="tierline-runbooks-"))
    async with drilling(folder) as drill:
        yield drill
    shutil.rmtree(folder, ignore_errors=True)


async def test_a_poisoned_topic(drill: Drill) -> None:
    drill.shell.begin("poisoned-topic")
    async with drill.load():
        await send_poison(drill.world)
        await drill.stack.broker.take_at_most(EVENTS, SMALL)
        try:
            await drill.until(REFUSED)
            letter = await drill.value(
                "SELECT max(id) FROM tierline.dead_letter WHERE source = 'outbox:tickets.events'"
            )
            drill.shell.variables["LETTER"] = str(letter)
            await drill.follow("poisoned-topic")
        finally:  # the pages that follow are not about this
            await drill.stack.broker.take_at_most(EVENTS)
        await drill.accepted()
    connection = await drill.stack.connect()
    try:
        rows = await connection.fetch(
            "SELECT body, replayed_at FROM tierline.dead_letter"
            " WHERE source = 'outbox:tickets.events'"
        )
    finally:
        await connection.close()
    drill.world.harmless |= {bytes(row["body"]): "refused by the topic" for row in rows}
    assert [row for row in rows if row["replayed_at"] is None] == []
    drill.shell.note(f"{len(rows)} messages refused by the topic, {len(rows)} sent again")
    assert await drill.judge() == []


async def test_more_partitions(drill: Drill) -> None:
    drill.shell.begin("grow-partitions")
    async with drill.load():
        await drill.follow("grow-partitions")
        drill.stack.partitions = GROWN
        await drill.accepted()
    ends = {(one.topic, one.partition): one.end for one in await standings(drill)}
    used = {place for place, end in ends.items() if end}
    assert len(ends) == 2 * GROWN
    assert {number for _, number in used} == set(range(GROWN))
    assert await drill.judge() == []


async def standings(drill: Drill) -> list[Standing]:
    groups = drill.stack.groups()
    try:
        return await groups.standings()
    finally:
        await groups.close()


async def test_kafka_rebuilt_from_nothing(drill: Drill) -> None:
    drill.shell.begin("kafka-rebuild")
    async with drill.load():
        drill.shell.variables["NEW_KAFKA"] = await drill.stack.broker.lose()
        await drill.accepted(more=50)  # while there is no Kafka at all
        drill.shell.note("50 alerts answered 202 without Kafka")
        await drill.follow("kafka-rebuild")
        drill.stack.partitions = GROWN
        await drill.accepted()
    drill.shell.variables["TIERLINE_KAFKA_BOOTSTRAP"] = drill.stack.brokers.bootstrap
    assert await drill.judge() == []


async def test_every_secret_is_rotated(drill: Drill) -> None:
    drill.shell.begin("rotate-secrets")
    old_key = hash_key(drill.stack.key("api"))[:SHOWN_OF_HASH]
    original = list(drill.receiver.secrets)
    drill.shell.variables["OLD_SECRET"] = SECRET
    async with drill.load():
        changing = asyncio.create_task(change_over(drill, original))
        link = make_link(SECRET, AnswerLink(Purpose.APPROVAL, 1001, 1))
        for title, blocks in sections(PAGES / "rotate-secrets.md").items():
            if title != "TIERLINE_SECRET":
                await drill.shell.follow(*blocks)
                continue
            await drill.shell.follow(*blocks[:-1])
            assert await asked_with(drill, link) != 401, "a link of the old secret's time is good"
            await drill.shell.follow(blocks[-1])
            assert await asked_with(drill, link) == 401, "and is not, once the old one has gone"
        await drill.accepted()
        changing.cancel()
        # Whoever follows next logs in as the page left it.
        spare = (drill.secrets / "database-spare").read_text().strip()
        (drill.stack.folder / "postgres" / "password").write_text(spare + "\n")
        drill.shell.variables["TIERLINE_DATABASE_URL"] = drill.stack.postgres.url()
        drill.shell.variables["TIERLINE_TOKEN"] = (drill.secrets / "token").read_text().strip()
        fresh = (drill.secrets / "source-api").read_text().strip()
        drill.stack.loaded["integration_keys"]["api"] = fresh
    assert "tierline_b:" in drill.stack.database_url
    mails, by_new = drill.relay.mails, drill.receiver.by_last
    assert await drill.judge() == []
    assert drill.receiver.forged == 0, "each request was signed with what its receiver knows"
    assert by_new > 0
    assert mails > 0
    assert await drill.value(
        "SELECT bool_and(revoked_at IS NOT NULL) FROM tierline.integration_key"
        " WHERE starts_with(hash, $1)",
        old_key,
    )
    said = f"{mails} mails, {drill.relay.refused} logins refused meanwhile"
    drill.shell.note(f"{by_new} requests signed with the new secret, none unsigned; {said}")


async def change_over(drill: Drill, original: list[str]) -> None:
    """What others do with what the page wrote for them: the sender of alerts, the receiver."""
    while True:
        key = said_in(drill.secrets / "source-api", drill.stack.key("api"))
        drill.headers["authorization"] = f"Bearer {key}"
        fresh = said_in(drill.secrets / "webhook-psa", "")
        drill.receiver.secrets = [*original, fresh] if fresh else original
        await asyncio.sleep(LOOK_SECONDS)


async def asked_with(drill: Drill, link: str) -> int:
    """What the router answers to a link from a mail."""
    wire = Wire(drill.stack.ports["router"])
    try:
        reply = await wire.ask("GET", "/v1/answer", None, {"authorization": f"Bearer {link}"})
    finally:
        wire.close()
    return reply.status


async def test_the_database_moves(drill: Drill) -> None:
    drill.shell.begin("move-the-database")
    fresh = drill.stack.new_server("moved")
    drill.shell.variables |= {
        "OLD_DATA": str(drill.stack.data),
        "NEW_DATA": str(drill.stack.folder / "moved" / "data"),
        "NEW_PORT": str(fresh.port),
        "NEW_URL": fresh.url(),
    }
    refused = drill.world.alerts.refused.total()
    async with drill.load():
        await drill.follow("move-the-database")
        drill.stack.move_to(fresh, "moved")
        await drill.accepted()
    drill.shell.variables["TIERLINE_DATABASE_URL"] = fresh.url()
    refused = drill.world.alerts.refused.total() - refused
    drill.shell.note(f"{refused} posts of alerts were refused meanwhile, and sent again")
    assert await drill.judge() == []


async def test_backed_up_and_restored(drill: Drill) -> None:
    drill.shell.begin("backup-restore")
    fresh = drill.stack.new_server("restored")
    drill.shell.variables |= {
        "NEW_DATA": str(drill.stack.folder / "restored" / "data"),
        "NEW_PORT": str(fresh.port),
        "NEW_URL": fresh.url(),
    }
    async with drill.load():
        await drill.follow("backup-restore", "Take a dump", "Drill: restore it beside")
        await drill.follow("backup-restore", "A base backup and the log")
        await drill.accepted(more=50)
        await drill.stack.lose_postgres()
        drill.shell.note("PostgreSQL killed under load, its folder removed")
        await drill.follow("backup-restore", "Restore from the base backup and the log")
        drill.stack.move_to(fresh, "restored")
        await drill.accepted()
    assert await drill.judge() == [], "the log loses nothing"
    await restored_from_the_dump(drill, fresh.url())


async def restored_from_the_dump(drill: Drill, url: str) -> None:
    """The second kind: what came after the dump is gone, and all goes on from there."""
    before = await drill.counts()
    highest = await drill.value("SELECT max(id) FROM tierline.ticket")
    drill.shell.assign("TIERLINE_DATABASE_URL", url)
    await drill.follow("backup-restore", "Restore from a dump")
    restored = drill.stack.database_url
    assert restored.endswith("/tierline_restored")
    counted = dict(
        line.split("|") for line in next(drill.backups.glob("*.restored")).read_text().split()
    )
    kept = {table: int(counted[table]) for table in before}
    drill.shell.note(f"rows before the restore {before}, in the dump and after it {kept}")
    assert all(0 < kept[table] < before[table] for table in before)
    ticket = await new_ticket(drill)
    assert ticket > highest, "no number is given twice"
    async with asyncio.timeout(WAIT_SECONDS):
        while found := await audited(drill.stack):  # what came due meanwhile comes first
            drill.shell.note(f"the auditor finds {found}")
            await asyncio.sleep(1)


async def new_ticket(drill: Drill) -> int:
    """An alert through the restored stack; the ticket it became, once the PSA was told of it."""
    wire = Wire(drill.stack.ports["intake-1"], drill.headers)
    client = "Harbour Dental"
    alert = {"dedup_key": "after the restore", "title": "Is it back?", "client": client}
    reply = await wire.ask("POST", "/v1/alerts", alert)
    wire.close()
    assert reply.status == 202
    connection = await asyncpg.connect(drill.stack.database_url)
    try:
        async with asyncio.timeout(60):
            while True:
                row = await connection.fetchval(
                    "SELECT n.ticket FROM tierline.notice n JOIN tierline.alert a USING (ticket)"
                    " WHERE a.dedup_key = $1 AND n.state = 'delivered'",
                    alert["dedup_key"],
                )
                if row is not None:
                    return int(row)
                await asyncio.sleep(0.1)
    finally:
        await connection.close()
