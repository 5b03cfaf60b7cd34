"""From the request that brings an alert to the webhook that leaves: one trace, by real servers."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

import intake.app
import notifier.app
import notifier.consumer
from intake.settings import Settings as IntakeSettings
from intake.triage import in_hand
from notifier.settings import Settings as NotifierSettings
from tests.brokers import IDEMPOTENT, make_broker, make_producer
from tests.services.intake.conftest import alert, bearer
from tests.services.notifier.receivers import Reply, http_receiver
from tests.services.notifier.world import SECRET as WEBHOOK_SECRET
from tests.services.router.world import HARBOUR, SECRET, router_world
from tests.services.seen.collector import sent_to, settled
from tierline.bus.consumer import Message
from tierline.bus.inbox import Inbox
from tierline.bus.producer import Outgoing
from tierline.messages.topics import EVENTS
from tierline.runtime.ports import find_free_port
from tierline.runtime.requests import Watched
from tierline.runtime.telemetry.switch import turn_on
from tierline.store.database import Database
from tierline.web.keys import KeyKind, hash_key, make_key

pytestmark = [pytest.mark.postgres, pytest.mark.broker]

TRACE = "0af7651916cd43dd8448eb211c80319c"
MONITOR = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
async def own_broker(tmp_path: Path):
    """A broker of its own: the shared one may hold alerts of other tests."""
    server = make_broker(tmp_path)
    await server.start()
    yield server
    await server.stop()


async def furnished(url: str, webhook: str) -> str:
    """Policy, people, a subscription to Harbour Dental's tickets; returns an integration's key."""
    async with router_world(url):
        pass  # only the rows are wanted
    raw = make_key(KeyKind.INTEGRATION)
    db = await Database.connect(url)
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO tierline.integration (name, kind, client) VALUES ('seen', 'json', $1)",
            HARBOUR,
        )
        await connection.execute(
            "INSERT INTO tierline.integration_key (hash, integration) VALUES ($1, 'seen')",
            hash_key(raw),
        )
        await connection.execute(
            "INSERT INTO tierline.subscription (name, url, secrets) VALUES ('psa', $1, $2)",
            webhook,
            [WEBHOOK_SECRET],
        )
    await db.close()
    return raw


@pytest.mark.parametrize("way", ["in hand", "by the broker"])
async def test_an_alert_is_one_trace_up_to_the_webhook(
    way, database_url, own_broker, eventually, monkeypatch
):
    """The events come a second time by the broker, which makes no second span and no message."""
    monkeypatch.setattr(notifier.consumer, "Inbox", Counted)
    monkeypatch.setattr(Counted, "handled", 0)
    if way == "by the broker":
        monkeypatch.setattr(in_hand, "IN_HAND_MAX", 0)
    common = {
        "database_url": database_url,
        "kafka_bootstrap": own_broker.bootstrap,
        "kafka_idempotent": IDEMPOTENT,
        "port": 1,
        "secret": SECRET,
    }
    async with http_receiver() as psa, http_receiver() as collector:
        collector.otherwise = Reply(200)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        key = await furnished(database_url, psa.url)
        close = turn_on("tierline-test")
        services = [
            await intake.app.build(IntakeSettings(**common)),
            await notifier.app.build(
                NotifierSettings(
                    **common, development=True, mail_catcher=True, smtp_port=find_free_port()
                )
            ),
        ]
        stop = asyncio.Event()
        loops = [asyncio.create_task(loop(stop)) for one in services for _, loop in one.loops]
        transport = httpx.ASGITransport(app=Watched(services[0].app))
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
                headers = {**bearer(key), "traceparent": MONITOR}
                answer = await client.post("/v1/alerts", json=alert("disk"), headers=headers)
            assert answer.status_code == 202
            await eventually(lambda: len(psa.requests) >= 2)
            count = await sent_again(database_url, own_broker.bootstrap)
            await eventually(lambda: Counted.handled >= 2 * count)
        finally:
            stop.set()
            await settled(*loops)
            for one in services:
                for closing in one.on_stop:
                    await closing()
            await close()
        spans = sent_to(collector)
    by_id = {span.id: span for span in spans}
    of_trace = [span for span in spans if span.trace == TRACE]
    (accepted,) = [span for span in of_trace if span.name == "POST /v1/alerts"]
    (triaged,) = [span for span in of_trace if span.name == "triage"]
    notified = [span for span in of_trace if span.name == "notify"]
    delivered = [span for span in of_trace if span.name == "deliver"]
    assert accepted.parent == "b7ad6b7169203331"
    assert accepted.attributes["http.response.status_code"] == 202
    assert triaged.parent == accepted.id
    assert triaged.attributes["tierline.outcome"] == "opened"
    assert [span.parent for span in notified] == [triaged.id] * len(notified)
    assert {span.attributes["tierline.event"] for span in notified} == {"opened", "routed"}
    assert len({span.attributes["tierline.seq"] for span in notified}) == len(notified)
    assert {by_id[span.parent].name for span in delivered} == {"notify"}
    attempts = {f"00-{TRACE}-{span.id}-01" for span in delivered}
    assert {request.headers["traceparent"] for request in psa.requests} <= attempts
    bodies = [json.loads(request.body) for request in psa.requests]
    assert {body["traceparent"] for body in bodies} == {f"00-{TRACE}-{triaged.id}-01"}
    assert {span.service for span in spans} == {"tierline-test"}


class Counted(Inbox):
    """An inbox that says how many messages it was handed, the same ones again included."""

    handled = 0

    async def handle(self, messages: Sequence[Message]) -> None:
        await super().handle(messages)
        Counted.handled += len(messages)


async def sent_again(url: str, bootstrap: str) -> int:
    """Every event comes once more by the broker; how many there are."""
    db = await Database.connect(url)
    async with db.connection() as connection:
        events = await connection.fetch("SELECT ticket, body FROM tierline.event")
    await db.close()
    producer = make_producer(bootstrap)
    await producer.send(
        [Outgoing(n, EVENTS, str(r["ticket"]), r["body"].encode()) for n, r in enumerate(events)]
    )
    await producer.close()
    return len(events)
