"""The service put together: from an event on the broker to mail, chat and webhook."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook

from notifier.app import build
from notifier.limits import LEASE_S, SEND_S, HttpTimeouts
from notifier.settings import Settings
from notifier.smtp import SEND_SECONDS
from tests.brokers import IDEMPOTENT, make_broker, make_producer
from tests.services.notifier.receivers import HttpReceiver, http_receiver
from tests.services.notifier.world import SECRET, World
from tierline.bus.relay import Relay
from tierline.cli.load_policy import write_policy
from tierline.policy.folder import load_folder
from tierline.runtime.ports import find_free_port

ROOT = Path(__file__).parents[3]


def settings(**other: object) -> Settings:
    stated = {
        "database_url": "postgresql://u:p@127.0.0.1:1/x",
        "kafka_bootstrap": "127.0.0.1:1",
        "port": 8084,
        "secret": "s" * 32,
        "console_url": "http://127.0.0.1:8080",
        **other,
    }
    return Settings(**stated)


def test_mail_is_caught_on_a_development_stack_only() -> None:
    with pytest.raises(ValidationError, match="development"):
        settings(mail_catcher=True)
    assert settings(mail_catcher=True, development=True).mail_catcher


def test_loopback_may_be_posted_to_on_a_development_stack_only() -> None:
    assert settings().networks == ()
    assert "127.0.0.0/8" in settings(development=True).networks
    assert settings(allowed_targets="10.1.0.0/16, 10.2.0.0/16").networks == (
        "10.1.0.0/16",
        "10.2.0.0/16",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"allowed_targets": "10.0.0.1/8"},
        {"allowed_targets": "example.com"},
        {"mail_from": ""},
        {"mail_from": "a@b\r\nBcc: c@d"},
        {"mail_reply_to": "nobody"},
        {"smtp_tls": "maybe"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_a_login_is_never_sent_in_clear_unless_that_was_asked_for() -> None:
    assert settings().relay.tls == "auto"
    assert settings(smtp_user="desk").relay.tls == "starttls"
    assert settings(smtp_user="desk", smtp_tls="none").relay.tls == "none"


def test_a_lease_outlasts_every_send() -> None:
    """Else a slow receiver would be told twice."""
    assert max(HttpTimeouts().total, SEND_SECONDS) < SEND_S < LEASE_S


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    async with http_receiver() as http:
        yield http


@pytest.fixture
async def own_broker(tmp_path: Path):
    """A broker of its own: the shared one may hold events of other tests' tickets."""
    server = make_broker(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.mark.postgres
@pytest.mark.broker
async def test_a_ticket_is_told_by_every_channel(
    world: World, receiver: HttpReceiver, database_url: str, own_broker, eventually
) -> None:
    async with world.db.transaction() as connection:
        loaded = await write_policy(connection, load_folder(ROOT / "policy"))
    assert loaded["version"]
    await world.sql("UPDATE tierline.room SET url = $1", receiver.url + "/chat")
    await world.subscribe("psa", url=receiver.url + "/psa")
    service = await build(
        settings(
            database_url=database_url,
            kafka_bootstrap=own_broker.bootstrap,
            kafka_idempotent=IDEMPOTENT,
            development=True,
            mail_catcher=True,
            smtp_port=find_free_port(),
        )
    )
    stop = asyncio.Event()
    assert "directory" in dict(service.loops)
    loops = [asyncio.create_task(loop(stop)) for _, loop in service.loops]
    producer = make_producer(own_broker.bootstrap)
    relay = asyncio.create_task(Relay(world.db, producer).run(stop))
    try:
        world.story()
        await world.save()

        async def all_told() -> bool:
            notices = await world.notices()
            return len(notices) >= 4 and {n["state"] for n in notices} == {"delivered"}

        await eventually(all_told)
        caught = await world.sql("SELECT rcpt FROM tierline.caught_mail")
    finally:
        stop.set()
        await asyncio.wait([*loops, relay], timeout=30)
        await producer.close()
        for close in service.on_stop:
            await close()
    assert [row["rcpt"] for row in caught] == ["jo@contoso.example"]
    by_path: dict[str, list] = {}
    for request in receiver.requests:
        by_path.setdefault(request.target.rpartition("/")[2], []).append(request)
    assert "new in Desk" in by_path["chat"][0].json()["text"]
    for request in by_path["psa"]:
        Webhook(SECRET).verify(request.body, request.headers)
    assert [json.loads(r.body)["id"] for r in by_path["psa"]] == ["1001/1", "1001/2"]
