"""Every line says what it is about, and none shows a secret."""

import base64
import json
import logging
from dataclasses import dataclass

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from intake.triage import triager as triage
from notifier.outcome import Failed
from tests.services.intake.conftest import alert, make_rig
from tests.services.interleavings.world import make_world
from tests.services.notifier.world import SECRET as WEBHOOK_SECRET
from tests.services.notifier.world import World as NotifierWorld
from tests.services.router.world import HARBOUR, PASSWORD, router_world, token_of
from tests.services.seen.lines import logged
from tierline.messages.logged import about
from tierline.messages.traced import within
from tierline.runtime.redaction import HIDDEN, Redactor
from tierline.runtime.requests import Watched
from tierline.runtime.settings import ServiceSettings, secrets_of
from tierline.store.database import Database
from tierline.testing.channels import FakeChannel
from tierline.web.answer_links import AnswerLink, Purpose, make_link
from tierline.web.keys import KeyKind, make_key

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OWN = "what the services share, long enough"
BASIC = base64.b64encode(b"desk:open sesame").decode()
KEY, TOKEN, SESSION = (make_key(k) for k in (KeyKind.INTEGRATION, KeyKind.TOKEN, KeyKind.SESSION))

SECRETS = {
    f"POST /v1/alerts/json/{KEY} failed": KEY,
    f"token {TOKEN}.": TOKEN,
    f"cookie session={SESSION}; path=/": SESSION,
    f"https://desk.example/answers/{make_link(OWN, AnswerLink(Purpose.SURVEY, 7, 3))}?a=b": "tla_s",
    f"signed with {WEBHOOK_SECRET}": WEBHOOK_SECRET,
    "cannot connect to postgresql://tierline:hun/ter2@db:5432/tierline": "hun/ter2",
    f"{{'Authorization': 'Bearer {'q' * 20}'}}": "q" * 20,
    "authorization: Bearer opaque-credential-1": "opaque-credential-1",
    "Authorization: Token abc-def-123\nHost: x": "abc-def-123",
    f"Proxy said Basic {BASIC}": BASIC,
    "POST https://hooks.slack.com/services/T0/B0/xyzzy42 gave 404": "xyzzy42",
    "POST https://chat.example/team/hooks/xyzzy42?x=1": "xyzzy42",
    'the body was {"password": "correct horse"}': "correct horse",
    "smtp_password=swordfish, port=25": "swordfish",
    "client_secret: swordfish": "swordfish",
    f"it was {OWN}": OWN,
}
"""Texts, and what of each nobody may read."""


@dataclass
class Opaque:
    """Something that is logged as it is."""

    password: str
    host: str = "db.example"


@pytest.mark.parametrize("human", [False, True])
@pytest.mark.parametrize("text", SECRETS, ids=[str(n) for n in range(len(SECRETS))])
def test_a_secret_is_shown_in_no_part_of_a_line(text: str, human: bool):
    hidden = SECRETS[text]
    with logged(human=human, secrets=[OWN]) as lines:
        log = structlog.get_logger("probe")
        log.warning(text)
        log.warning("under a name", reason=text, nested={"a": [text, (text.encode(),)]})
        log.warning("as it is", thing=Opaque(text))
        with about(client=text):
            log.info("bound")
        try:
            int(text)
        except ValueError:
            log.exception("with its traceback")
        logging.getLogger("somebody.elses").error("a library says: %s", text)
    assert "with its traceback" in lines.text
    assert "somebody.elses" in lines.text
    assert hidden not in lines.text
    assert HIDDEN in lines.text


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "Cookie",
        "token",
        "api_key",
        "smtp_password",
        "source-key",
        "WEBHOOK_SECRETS",
    ],
)
def test_what_is_called_a_secret_is_shown_in_no_form(name: str):
    shown = Redactor()(None, "info", {name: ["abc", {"x": "y"}], "n": {name: "plain"}})
    assert shown == {name: HIDDEN, "n": {name: HIDDEN}}


def test_what_is_no_secret_stays_readable():
    said = {
        "event": "a message failed",
        "ticket": 1001,
        "key": "msg_0123456789abcdef",
        "token": None,
        "tokens": 3,
        "reason": "429 Too Many Requests: come again at 10:30; see https://psa.example/in?q=1",
        "address": "jo@contoso.example",
        "url": "http://intake.example:8000/v1/alerts",
        "places": ["Desk", "Network"],
    }
    assert Redactor(["", "short"])(None, "info", said) == said


@given(st.text(min_size=6, max_size=60), st.text(max_size=30), st.text(max_size=30))
def test_a_secret_of_ours_is_hidden_wherever_it_stands(own: str, before: str, after: str):
    shown = Redactor([own]).text(f"{before}{own}{after}")
    assert own not in shown or own in HIDDEN


def test_values_that_hold_themselves_come_to_an_end():
    endless: dict[str, object] = {"secret": "x"}
    endless["again"] = endless
    assert "'x'" not in json.dumps(Redactor()(None, "info", {"v": endless}))


def test_the_secrets_of_a_deployment_are_those_left_out_of_the_settings_repr():
    settings = ServiceSettings(
        database_url="postgresql://u:p%40ss:w0rd@db/d",
        kafka_bootstrap="k:1",
        port=1,
        secret=OWN + "!",
    )
    assert secrets_of(settings) >= {OWN + "!", "p%40ss:w0rd", "p@ss:w0rd", settings.database_url}
    assert all(one not in repr(settings) for one in secrets_of(settings))


def test_a_line_says_its_ticket_client_and_trace():
    with logged() as lines:
        with within(PARENT), about(ticket=7, client="Contoso", alert=3):
            structlog.get_logger("probe").info("inside")
        with about(ticket=0, client="", traceparent="nonsense"):
            structlog.get_logger("probe").info("nothing known")
    (inside,), (nothing,) = lines.of("inside"), lines.of("nothing known")
    known = {name: inside[name] for name in ("ticket", "client", "alert", "trace_id")}
    assert known == {"ticket": 7, "client": "Contoso", "alert": 3, "trace_id": TRACE}
    assert not {"ticket", "client", "trace_id"} & nothing.keys()


# -- what the services log


async def test_intake_logs_an_alert_that_is_set_aside_without_its_senders_key(
    database_url, monkeypatch
):
    def broken(alert, *_):
        raise RuntimeError(f"no rule for {alert.alert.extra}")

    monkeypatch.setattr(triage, "know", broken)
    async with make_world(database_url) as world:
        one = await world.alert("disk", extra={"headers": {"Authorization": f"Bearer {KEY}"}})
        with logged() as lines, within(PARENT):
            await world.triager().take([one])
    (line,) = lines.of("alert set aside")
    assert (line["alert"], line["client"], line["trace_id"]) == (one.id, "Contoso", TRACE)
    assert "no rule for" in line["exception"]
    assert KEY not in lines.text


async def test_intake_logs_a_failed_request_without_the_key_in_its_path(database_url, monkeypatch):
    rig = await make_rig(database_url)
    key = await rig.integration("monitor")

    async def broken(*parts, **_):
        raise RuntimeError(f"cannot take {parts[1:]}")

    monkeypatch.setattr("intake.accept.Acceptor.accept", broken)
    transport = httpx.ASGITransport(app=Watched(rig.client._transport.app))
    with logged() as lines:
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            answer = await client.post(f"/v1/alerts/json/{key}", json=alert("disk"))
    await rig.client.aclose()
    await rig.database.close()
    assert answer.status_code == 500
    assert lines.of("a request failed")
    assert key not in lines.text


async def test_the_router_logs_a_failed_command_by_ticket_and_client(database_url, monkeypatch):
    async with router_world(database_url) as world:
        number = await world.open()

        async def broken(*_):
            raise RuntimeError(f"cannot write for {token_of('sam')}, password={PASSWORD!r}")

        monkeypatch.setattr("router.commands.write_changes", broken)
        world.app = Watched(world.app)
        with logged() as lines:
            failed = await world.do("sam", number, "claim")
            wrong = {"login": "sam", "password": PASSWORD + "!"}
            refused = await world.as_("").post("/v1/sessions", json=wrong)
    assert (failed.status_code, refused.status_code) == (500, 401)
    (line,) = lines.of("request failed")
    assert (line["ticket"], line["client"]) == (number, HARBOUR)
    assert token_of("sam") not in lines.text
    assert PASSWORD not in lines.text


async def test_the_notifier_logs_a_failed_delivery_by_ticket_without_what_the_receiver_said(
    database_url,
):
    db = await Database.connect(database_url)
    world = await NotifierWorld(db).furnish()
    await world.subscribe("psa")
    world.story()
    said = f"gone: 410 your token={TOKEN} at https://u:swordfish@psa.example/hooks/xyzzy42"
    await world.tell()
    channels = {**world.channels, "webhook": FakeChannel(lambda _: Failed(said, disable=True))}
    with logged() as lines:
        await world.deliverer(channels).deliver_once()
    await db.close()
    failed = lines.of("a message failed")
    assert {(one["ticket"], one["client"], one["channel"]) for one in failed} == {
        (1001, "Contoso", "webhook")
    }
    for secret in (TOKEN, "swordfish", "xyzzy42", WEBHOOK_SECRET):
        assert secret not in lines.text
