"""The previous commit's services beside this one's: one database, one broker, one truth."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import Broker, make_broker
from tests.conftest import require_or_skip
from tests.databases import run_sql
from tests.faults.receiver import Receiver, receiving
from tests.product import ROOT
from tests.services.notifier.receivers import smtp_receiver
from tests.versions.previous import (
    NoPreviousError,
    import_path,
    is_shallow,
    previous_commit,
    take_out,
)
from tests.versions.side_by_side import Sides, Version, common_environment, furnish

pytestmark = [pytest.mark.versions, pytest.mark.timeout(600)]

DATABASE = "two_versions"
ALERTS = 12
JUMP_S = 45 * 60
"""Of policy time: the first tier's limit runs out."""
SETTLE_S = 60.0

WHERE = (
    "import tierline, sla_timer, router.app as r;"
    " print(tierline.__file__, sla_timer.__file__, r.__file__)"
)
"""Which code it is."""

UNFINISHED = """
SELECT (SELECT count(*) FROM tierline.alert WHERE outcome IS NULL) AS alerts,
       (SELECT count(*) FROM tierline.outbox) AS outbox,
       (SELECT count(*) FROM tierline.ticket WHERE next_due_at <= tierline.policy_now()) AS due,
       (SELECT count(*) FROM tierline.notice WHERE state = 'pending') AS notices,
       (SELECT count(*) FROM tierline.message WHERE state = 'pending') AS messages,
       (SELECT count(*) FROM tierline.ticket t, unnest(ARRAY['notifier', 'reactions']) AS c(name)
        WHERE t.seq > coalesce((SELECT p.seq FROM tierline.progress p
                                WHERE p.consumer = c.name AND p.ticket = t.id), 0)) AS unseen
"""


@pytest.fixture(scope="module")
def previous_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        commit = previous_commit()
        return take_out(commit, tmp_path_factory.mktemp("previous"))
    except NoPreviousError as error:
        try:
            shallow = is_shallow()
        except NoPreviousError:
            shallow = False
        if shallow:
            pytest.skip(f"the history was fetched without the previous version: {error}")
        require_or_skip(f"there is no previous version here: {error}")
        raise


@pytest.fixture
async def own_broker(tmp_path: Path) -> AsyncIterator[Broker]:
    server = make_broker(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def own_url(postgres_server) -> AsyncIterator[str]:
    await run_sql(postgres_server, f"CREATE DATABASE {DATABASE}")
    yield postgres_server.url(DATABASE)
    await run_sql(postgres_server, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


async def test_it_runs_its_own_code(previous_root: Path) -> None:
    """Else this one would be tried against itself."""
    said = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WHERE),
        env={"PYTHONPATH": import_path(previous_root)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await said.communicate()
    files = output.decode().split()
    assert len(files) == 3
    assert all(file.startswith(str(previous_root)) for file in files)


async def test_two_versions_share_the_work_and_lose_and_double_nothing(
    previous_root: Path, own_url: str, own_broker: Broker, tmp_path: Path
) -> None:
    async with receiving() as receiver, smtp_receiver() as mail:
        common = common_environment(own_url, own_broker.bootstrap, tmp_path)
        common["TIERLINE_SMTP_PORT"] = str(mail.port)
        old = Version("old", previous_root, common, tmp_path / "logs")
        new = Version("new", ROOT, common, tmp_path / "logs")
        try:
            await roll(old, new, own_url, furnish(previous_root / "policy", receiver), receiver)
        finally:
            old.kill()
            new.kill()
        assert old.errors() + new.errors() == []


async def roll(old: Version, new: Version, url: str, policy: Path, receiver: Receiver) -> None:
    """Old alone, the schema migrated under it, both, new alone: work in each phase."""
    await old.run("-m", "tierline.store.migrate")
    loaded = await old.run("-m", "tierline.cli.main", "load", str(policy), "--json")
    sides = Sides(old, new, url, json.loads(loaded.strip().splitlines()[-1]))
    await old.start(set())
    sent = await work(sides, "before", [old])
    await new.run("-m", "tierline.store.migrate")
    sent += await work(sides, "migrated", [old])
    await new.start(set(old.ports.values()))
    sent += await work(sides, "both", [old, new])
    await jump(sides, new)
    assert set((await old.stop()).values()) == {0}
    sent += await work(sides, "after", [new])
    await jump(sides, new)
    await settled(sides)
    await judge(sides, sent, receiver)
    assert set((await new.stop()).values()) == {0}


async def work(sides: Sides, phase: str, versions: list[Version]) -> list[str]:
    """Alerts to each version's edge, and a ticket's life told to each version's router."""
    keys = [f"{phase}-{number}" for number in range(ALERTS)]
    for number, key in enumerate(keys):
        await sides.alert(versions[number % len(versions)], key, client="Harbour Dental")
        await sides.alert(versions[(number + 1) % len(versions)], key, client="Harbour Dental")
    tickets = await eventually(lambda: tickets_of(sides, keys), f"tickets of {phase}")
    for number, ticket in enumerate(sorted(tickets)[: ALERTS // 2]):
        for turn, (verb, body) in enumerate(LIFE[: 2 + number % 4]):
            await command(sides, versions[(number + turn) % len(versions)], ticket, verb, body)
    return keys


IN_HALF_AN_HOUR = "in half an hour of policy time"
LIFE: list[tuple[str, dict[str, Any]]] = [
    ("claim", {"owner": "sam"}),
    ("notes", {"text": "on it"}),
    ("plan", {"next_step": "swap the unit", "promised_at": IN_HALF_AN_HOUR}),
    ("resolve", {"resolution": "swapped"}),
    ("confirm", {}),
]


async def command(
    sides: Sides, version: Version, ticket: int, verb: str, body: dict[str, Any]
) -> None:
    async with sides.api(version) as api:
        if IN_HALF_AN_HOUR in body.values():
            now = datetime.fromisoformat((await api.get("/v1/clock")).json()["now"])
            body = {**body, "promised_at": (now + timedelta(minutes=30)).isoformat()}
        answer = await api.post(f"/v1/tickets/{ticket}/{verb}", json=body)
    assert answer.status_code == 200, f"{version.name} {verb}: {answer.text}"


async def jump(sides: Sides, version: Version) -> None:
    """Let policy time pass, for whichever timer comes first."""
    async with sides.api(version) as api:
        answer = await api.post("/v1/clock", json={"jump_s": JUMP_S})
    assert answer.status_code == 200, answer.text


async def tickets_of(sides: Sides, keys: Iterable[str]) -> list[int]:
    """The tickets of those problems, once each has its own and every alert its outcome."""
    wanted = list(keys)
    found = await sides.rows("SELECT id FROM tierline.ticket WHERE title = ANY($1)", wanted)
    waiting = await sides.rows("SELECT 1 FROM tierline.alert WHERE outcome IS NULL LIMIT 1")
    return [row["id"] for row in found] if len(found) == len(wanted) and not waiting else []


async def eventually(look: Any, what: str) -> Any:
    async with asyncio.timeout(SETTLE_S):
        while not (found := await look()):
            await asyncio.sleep(0.1)
    assert found, what
    return found


async def settled(sides: Sides) -> None:
    """Nothing is under way any more."""
    last: dict[str, int] = {}

    async def nothing_left() -> bool:
        nonlocal last
        (row,) = await sides.rows(UNFINISHED)
        last = dict(row)
        return not any(last.values())

    try:
        await eventually(nothing_left, "all is settled")
    except TimeoutError:
        pytest.fail(f"unfinished: {last}")


async def judge(sides: Sides, keys: list[str], receiver: Receiver) -> None:
    """One ticket a problem, its events without a gap, each told once and in order."""
    alerts = await sides.rows("SELECT dedup_key, count(*) AS n FROM tierline.alert GROUP BY 1")
    assert {row["dedup_key"]: row["n"] for row in alerts} == dict.fromkeys(keys, 2)
    tickets = {r["id"]: r["seq"] for r in await sides.rows("SELECT id, seq FROM tierline.ticket")}
    assert len(tickets) == len(keys)
    events = await sides.rows("SELECT ticket, seq, type FROM tierline.event ORDER BY ticket, seq")
    by_ticket: dict[int, list[int]] = {}
    for event in events:
        by_ticket.setdefault(event["ticket"], []).append(event["seq"])
    assert by_ticket == {number: list(range(1, seq + 1)) for number, seq in tickets.items()}
    types = Counter(event["type"] for event in events)
    assert types["opened"] == len(keys)
    assert types["escalated"] > 0, "time passed, and brought something"
    assert receiver.unreadable == []
    assert receiver.arrivals == by_ticket, "each event once, in order, to the subscriber"
    assert await sides.rows("SELECT * FROM tierline.dead_letter") == []
    failed = "SELECT recipient, reason FROM tierline.notice WHERE state = 'failed'"
    assert await sides.rows(failed) == []
