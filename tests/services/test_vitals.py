"""Alive is not wedged, ready is able: what the probes say of each service, and what of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import httpx
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi import FastAPI

from intake.inserts import Taken, make_row
from intake.triage.in_hand import InHand
from tests.brokers import make_producer
from tests.services.router.world import SECRET, router_world
from tests.services.test_service_runtime import NOBODY
from tierline.bus import consumer as bus
from tierline.bus.consumer import Consumer
from tierline.domain.terms import Role
from tierline.messages.alert import Alert
from tierline.messages.topics import EVENTS
from tierline.pulse import Pulse, Stop, beat, feel
from tierline.runtime.ports import find_free_port
from tierline.runtime.service import Service, _run_loop
from tierline.runtime.vitals import SILENCE_S, Vitals
from tierline.store import migrate, schema
from tierline.store.database import Database
from tierline.web.health import health_router
from tierline.web.principal import Principal

SAM = Principal("person", "Sam", "sam", Role.TECHNICIAN, frozenset())
ONLY_WAIT = {"in hand"}
"""Loops that are at work when they are given something."""
NO_WAITS = ("tierline.bus.inbox.SWEEP_EVERY_S", "intake.triage.consumer.SWEEP_EVERY_S")


def pulse() -> Pulse:
    return Pulse("loop", 10.0)


def test_a_loop_that_is_silent_too_long_is_stuck_until_it_goes_on():
    one = pulse()
    one.pass_time(10.0)
    assert not one.stuck
    one.pass_time(0.1)
    assert one.stuck
    one.beat()
    assert not one.stuck


async def test_each_look_at_the_stop_is_a_beat_and_waiting_for_it_is_no_silence():
    one = pulse()
    stop = Stop(one)
    one.pass_time(11.0)
    assert not stop.is_set()
    assert not one.stuck
    waiting = asyncio.create_task(asyncio.wait_for(stop.wait(), 60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    one.pass_time(1_000.0)
    assert not one.stuck
    with one.working():
        one.pass_time(11.0)
        assert one.stuck
    stop.set()
    assert await waiting
    one.pass_time(11.0)
    assert one.stuck, "it was woken, and does nothing"


async def test_a_beat_is_of_the_loop_whose_task_it_is():
    one, other = pulse(), pulse()

    async def work(felt: Pulse) -> None:
        feel(felt)
        await asyncio.gather(deeper())

    async def deeper() -> None:
        beat()

    for each in (one, other):
        each.pass_time(11.0)
    await asyncio.create_task(work(one))
    assert (one.stuck, other.stuck) == (False, True)
    beat()  # nobody's


async def test_the_database_had_and_given_back_is_a_beat(database_url):
    db, one = await Database.connect(database_url), pulse()

    async def work() -> list[float]:
        feel(one)
        seen = []
        for taking in (db.connection, db.transaction):
            one.pass_time(5.0)
            async with taking():
                seen.append(one.silent_s)
                one.pass_time(5.0)
            seen.append(one.silent_s)
        return seen

    assert await asyncio.create_task(work()) == [0.0] * 4
    await db.close()


def test_time_in_which_the_event_loop_stood_still_is_nobodys_silence():
    """One look, however long it was in coming, lets one look's time pass."""
    vitals = Vitals()
    with vitals.minding(pulse()):
        vitals.pass_time(1.0)
        assert vitals.stuck() == {}
        vitals.pass_time(10.0)
        assert vitals.stuck() == {"loop": 11.0}
    assert vitals.stuck() == {}, "it has ended"


class StuckClient:
    """A broker's client whose fetch never comes back."""

    def __init__(self, *_topics: str, **_settings: Any) -> None:
        pass

    async def start(self) -> None:
        pass

    async def getmany(self, **_bounds: Any) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> None:
        pass


@contextlib.asynccontextmanager
async def never() -> AsyncIterator[None]:
    """Stands for a connection that is never had."""
    await asyncio.Event().wait()
    yield


@contextlib.asynccontextmanager
async def refused() -> AsyncIterator[None]:
    raise ConnectionRefusedError("postgres is away")
    yield


@dataclass
class Running:
    """The loops of a service, as its process runs them, without time."""

    service: Service
    vitals: Vitals
    pulses: dict[str, Pulse]

    async def asks(self, path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get(path)


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncIterator[Running]:
    vitals = service.app.state.vitals = Vitals()
    pulses = {name: Pulse(name, service.silence.get(name, SILENCE_S)) for name, _ in service.loops}
    tasks = [
        asyncio.create_task(_run_loop(loop, vitals, pulses[name], Stop(pulses[name])))
        for name, loop in service.loops
    ]
    context = getattr(service.app.state, "context", None)
    with contextlib.ExitStack() as open_streams:
        if context is not None:
            open_streams.enter_context(context.hub.subscribe(SAM))
        try:
            yield Running(service, vitals, pulses)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def built(request, database_url) -> AsyncIterator[Service]:
    """A service on a database with a policy, and without a broker."""
    async with router_world(database_url):
        pass  # only the rows are wanted
    settings = import_module(f"{request.param}.settings").Settings(
        database_url=database_url, kafka_bootstrap=NOBODY, port=1, secret=SECRET
    )
    service = await import_module(f"{request.param}.app").build(settings)
    yield service
    for close in service.on_stop:
        await close()


SERVICES = ["intake", "router", "sla_timer", "notifier"]


@pytest.mark.parametrize("built", SERVICES, indirect=True)
async def test_a_loop_that_is_stuck_for_ever_turns_healthz_and_is_named(
    built, monkeypatch, eventually
):
    for name in (*NO_WAITS, "sla_timer.audit.AUDIT_EVERY_S"):
        monkeypatch.setattr(name, 0.0)
    monkeypatch.setattr(bus, "PacedConsumer", StuckClient)
    for taking in ("connection", "transaction"):
        monkeypatch.setattr(Database, taking, lambda _self: never())
    expected = {name for name, _ in built.loops} - ONLY_WAIT
    async with running(built) as it:
        assert (await it.asks("/healthz")).status_code == 200

        def all_stuck() -> bool:
            it.vitals.pass_time(2 * SILENCE_S)
            return set(it.vitals.stuck()) == expected

        await eventually(all_stuck)
        answer = await it.asks("/healthz")
        assert (answer.status_code, answer.json()["alive"]) == (503, False)
        assert set(answer.json()["stuck"]) == expected
        checks = (await it.asks("/readyz")).json()["checks"]
        assert {f"loop {name}" for name in expected} <= set(checks)


@pytest.mark.parametrize("built", SERVICES, indirect=True)
async def test_a_database_that_is_away_makes_it_unready_and_never_dead(
    built, monkeypatch, eventually
):
    """It would be as far away after a restart."""
    for taking in ("connection", "transaction"):
        monkeypatch.setattr(Database, taking, lambda _self: refused())
    monkeypatch.setattr(built, "silence", {})

    async with running(built) as it:
        for _ in range(3):
            it.vitals.pass_time(SILENCE_S / 2)
            await eventually(
                lambda: all(one.silent_s == 0 or one._waits for one in it.pulses.values())
            )
        assert (await it.asks("/healthz")).json()["alive"] is True


async def test_an_alert_in_hand_that_is_never_done_with_is_seen():
    given = asyncio.Event()

    class Triager:
        async def take(self, *_alerts: object, **_first: object) -> None:
            given.set()
            await asyncio.Event().wait()

    one, in_hand = pulse(), InHand(Triager())
    task = asyncio.create_task(_run_loop(in_hand.run, Vitals(), one, Stop(one)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    one.pass_time(1_000.0)
    assert not one.stuck, "nothing was given to it"
    row = make_row(0, "rmm", "rmm", "A", Alert(dedup_key="k", title="T"))
    in_hand.offer([row], [Taken(1, None)])
    await asyncio.wait_for(given.wait(), 5)
    one.pass_time(11.0)
    assert one.stuck
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_it_can_do_without_is_told_and_leaves_it_ready():
    async def away() -> str:
        return "kafka: KafkaConnectionError"

    app = FastAPI()
    app.include_router(health_router("s", {}, {"kafka": away}))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://x"
    ) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["beside"] == {"kafka": "kafka: KafkaConnectionError"}


@pytest.mark.parametrize(
    ("built", "code"), [("intake", 200), ("router", 200), ("sla_timer", 503), ("notifier", 503)],
    indirect=["built"],
)  # fmt: skip
async def test_who_needs_the_broker_is_unready_without_it(built, code):
    """An alert is accepted and a command is done without it; nobody is told, and time's are not."""
    async with running(built) as it:
        answer = await it.asks("/readyz")
    assert answer.status_code == code, answer.text
    said = answer.json()
    assert (said["checks"] | said.get("beside", {}))["kafka"].startswith("kafka: ")


@pytest.mark.broker
async def test_a_producer_and_a_consumer_know_whether_the_broker_is_there(broker, eventually):
    producer = make_producer(broker.bootstrap)
    group = f"probe-{find_free_port()}"

    async def nothing(_messages: object) -> None:
        pass

    consumer, stop = Consumer(broker.bootstrap, EVENTS, group, nothing), asyncio.Event()
    assert await consumer.alive() == f"kafka: not in the group that reads {EVENTS}"
    loop = asyncio.create_task(consumer.run(stop))
    try:

        async def both() -> bool:
            return await producer.alive() is None and await consumer.alive() is None

        await eventually(both)
    finally:
        stop.set()
        await loop
        await producer.close()
    assert await make_producer(NOBODY).alive() == "kafka: KafkaConnectionError"


def test_the_schema_this_code_needs_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(migrate._FOLDER))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert schema.head() == scripts.get_current_head()
    before = {one.revision: one.down_revision or "" for one in scripts.walk_revisions()}
    assert schema.history() == before


def test_a_database_may_be_newer_than_the_code_and_not_older():
    older = schema.history()[schema.head()]
    assert schema.behind([schema.head()]) is None
    assert schema.behind(["9999"]) is None, "the next version has migrated it already"
    for there in ([older], []):
        said = schema.behind(there)
        assert said is not None
        assert f"{schema.head()} is needed: run the migration job" in said


async def test_a_database_that_was_not_migrated_far_enough_is_told(database_url):
    db = await Database.connect(database_url)
    older = schema.history()[schema.head()]
    async with db.connection() as connection:
        await connection.execute("UPDATE alembic_version SET version_num = $1", older)
    assert f"its schema is at {older}" in (await db.alive() or "")
    async with db.connection() as connection:
        await connection.execute("UPDATE alembic_version SET version_num = $1", schema.head())
    assert await db.alive() is None
    await db.close()
