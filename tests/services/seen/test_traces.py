"""Which spans there are, what they hang on, and that there are none where nobody asked for them."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from intake.triage.consumer import TriageConsumer
from tests.domain.worlds import MONDAY, SAM
from tests.services.interleavings.world import World, make_world
from tests.services.router.world import router_world
from tests.services.seen.collector import keeping
from tierline.bus.consumer import Message
from tierline.domain.commands import Claim
from tierline.messages.alert import encode_accepted
from tierline.messages.traced import here, read_traceparent, trace_id_of, within
from tierline.runtime.requests import Watched
from tierline.runtime.telemetry import switch
from tierline.runtime.telemetry.spans import NO_SPAN, Kind, begin, span

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"


# -- contexts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        PARENT.upper(),
        PARENT.replace("00-", "ff-", 1),
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"{PARENT}-more",
        f"01-{TRACE}-b7ad6b7169203331-01-{'x' * 200}\n",
        f"{PARENT}\n",
        PARENT[:-1],
    ],
)
def test_what_is_no_context_is_none(text: str):
    if text.startswith("01-"):  # a version to come may say more, and is cut, not refused
        assert read_traceparent(text).trace_id == TRACE
    else:
        assert read_traceparent(text) is None
        assert trace_id_of(text) == ""


def test_a_context_is_read_and_one_of_a_version_to_come():
    assert read_traceparent(PARENT) == (TRACE, "b7ad6b7169203331", "01")
    assert trace_id_of(f"02-{TRACE}-b7ad6b7169203331-00-later") == TRACE


def test_work_within_work_goes_back_to_its_own_context():
    with within(PARENT):
        with within(OTHER):
            assert here() == OTHER
        assert here() == PARENT
    assert here() == ""


# -- off and on


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_a_collector_in_the_environment_switches_tracing_on(environ, wanted):
    assert switch.wanted(environ) is wanted


def test_off_means_no_span_no_context_and_no_library():
    with span("work", parent=PARENT) as made:
        assert made is NO_SPAN
        assert here() == made.traceparent == ""
    assert begin("work") is NO_SPAN
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert said.strip() == "[]"


WITHOUT = """
import sys
import sla_timer.app
from tierline.runtime.telemetry.switch import turn_on
turn_on("sla-timer", {})
names = ("opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf")
print([name for name in sys.modules if name.startswith(names)])
"""


def test_a_span_takes_its_parent_from_outside_or_from_the_work_around_it():
    with keeping() as kept:
        with span("outer", Kind.SERVER, parent=PARENT) as outer, span("inner"):
            assert trace_id_of(here()) == TRACE
        with span("alone", parent="nonsense"):
            pass
        with pytest.raises(ValueError), span("broken"):
            raise ValueError("no")
        begin("never ended")
    inner, done, alone, broken = kept.spans
    assert [one.name for one in kept.spans] == ["inner", "outer", "alone", "broken"]
    assert (done.trace, done.parent) == (TRACE, "b7ad6b7169203331")
    assert (inner.trace, inner.parent) == (TRACE, done.id)
    assert outer.traceparent == f"00-{TRACE}-{done.id}-01"
    assert (alone.parent, alone.trace == TRACE) == ("", False)
    assert (broken.failed, done.failed) == (True, False)


def test_what_is_not_sampled_stays_so_and_is_passed_on():
    with keeping() as kept, span("work", parent=PARENT[:-2] + "00"):
        assert read_traceparent(here())[::2] == (TRACE, "00")
    assert kept.spans == []


# -- requests


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/v1/alerts/{kind}/{key}")
    async def take(kind: str, key: str) -> dict[str, str]:
        if kind == "broken":
            raise RuntimeError("a defect")
        return {"trace": trace_id_of(here())}

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"trace": here()}

    return app


async def test_a_request_is_a_span_by_its_pattern_and_never_by_its_path():
    transport = httpx.ASGITransport(app=Watched(application()), raise_app_exceptions=False)
    with keeping() as kept:
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            headers = {"traceparent": PARENT}
            answer = await client.get("/v1/alerts/json/tli_secret", headers=headers)
            await client.get("/healthz", headers=headers)
            await client.get("/nowhere/tli_secret")
            await client.get("/v1/alerts/broken/tli_secret")
    assert answer.json() == {"trace": TRACE}
    fine, nowhere, broken = kept.spans
    assert (fine.name, fine.trace) == ("GET /v1/alerts/{kind}/{key}", TRACE)
    assert fine.attributes["http.response.status_code"] == 200
    assert nowhere.name == "GET none"
    assert broken.name == fine.name
    assert (nowhere.failed, broken.failed) == (False, True)
    assert "tli_secret" not in repr(kept.spans)


async def test_a_command_and_what_follows_from_it_are_of_the_requests_trace(database_url):
    async with router_world(database_url) as world:
        world.app = Watched(world.app)
        number = await world.open()
        with keeping() as kept:
            answer = await world.as_("sam").post(
                f"/v1/tickets/{number}/claim", json={}, headers={"traceparent": PARENT}
            )
        assert answer.status_code == 200
        async with world.db.connection() as connection:
            rows = await connection.fetch(
                "SELECT type, body ->> 'traceparent' AS trace FROM tierline.event ORDER BY seq"
            )
    (request,) = kept.named("POST /v1/tickets/{number}/claim")
    assert (request.trace, request.parent) == (TRACE, "b7ad6b7169203331")
    traced = {row["type"]: row["trace"] for row in rows}
    assert trace_id_of(traced["claimed"]) == TRACE
    assert traced["opened"] is None


# -- loops


@pytest.fixture
async def world(database_url):
    async with make_world(database_url) as made:
        yield made


async def test_each_alert_of_a_batch_has_its_own_trace_and_a_second_copy_none(world: World):
    alerts = [await world.alert("disk"), await world.alert("fan"), await world.alert("disk")]
    parents = [PARENT, OTHER, ""]
    traced = [
        replace(one, alert=replace(one.alert, traceparent=parent)) if parent else one
        for one, parent in zip(alerts, parents, strict=True)
    ]
    messages = [
        Message("alerts.received", 0, n, "", encode_accepted(a)) for n, a in enumerate(traced)
    ]
    consumer = TriageConsumer(world.db, world.triager())
    with keeping() as kept:
        await consumer.handle(messages)
        await consumer.handle(messages)  # redelivered
    spans = {one.attributes["tierline.alert"]: one for one in kept.named("triage")}
    assert len(kept.spans) == len(spans) == 3
    disk, fan, again = (spans[one.id] for one in alerts)
    assert (disk.trace, fan.trace) == (TRACE, trace_id_of(OTHER))
    assert again.parent == ""
    assert again.trace not in {disk.trace, fan.trace}
    assert [one.attributes["tierline.outcome"] for one in (disk, fan, again)] == [
        "opened",
        "opened",
        "attached",
    ]
    told = await world.told(disk.attributes["tierline.ticket"])
    found = [(type(one.event.what).__name__, trace_id_of(one.traceparent)) for one in told]
    assert found == [("Opened", TRACE), ("Routed", TRACE), ("AlertAttached", again.trace)]


async def test_what_time_brings_is_a_trace_of_its_own_linked_to_the_tickets(world: World):
    with keeping(), within(PARENT):
        traced = await world.open()
    plain = await world.open()
    await world.clock(MONDAY + timedelta(minutes=30))
    ticker = world.ticker()
    with keeping() as kept:
        while await ticker.tick():
            pass
    spans = {one.attributes["tierline.ticket"]: one for one in kept.named("time passes")}
    assert spans[traced.id].links == (TRACE,)
    assert spans[plain.id].links == ()
    assert len({one.trace for one in kept.spans}) == len(kept.spans)
    assert all(one.parent == "" and one.trace != TRACE for one in kept.spans)
    last = (await world.told(traced.id))[-1]
    assert trace_id_of(last.traceparent) in {one.trace for one in kept.spans}


async def test_without_tracing_nothing_is_written_of_it(world: World):
    ticket = await world.open()
    await world.do(ticket.id, Claim("sam"), SAM)
    assert await world.count("event", "body ->> 'traceparent' IS NOT NULL") == 0
    assert await world.count("event") > 2
