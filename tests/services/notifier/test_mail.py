"""What goes over SMTP, read back from a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels import mail as mails
from notifier.channels.mail import From, MailChannel, build, one_line, usable_address
from notifier.letter import Letter, Part
from notifier.outcome import Delivered, Failed, Retry
from notifier.parcel import Parcel
from notifier.smtp import Relay, SmtpPool
from tests.services.notifier.receivers import SmtpReceiver, smtp_receiver

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
FROM = From("desk@msp.example", "Contoso's desk", "reply@msp.example")


def letter(**other: object) -> Letter:
    part = Part("2026-11-23 09:00 UTC", "warned", "75 % <b>used</b>", "a plan", "tier", "owner")
    stated = {
        "audience": "team",
        "subject": "P2 Contoso: warned",
        "title": "Zähler läuft über",
        "parts": (part,),
        "link": "http://127.0.0.1:8080/tickets/1042",
        "number": 1042,
        **other,
    }
    return Letter(**stated)


def parcel(address: str = "sam@msp.example", **other: object) -> Parcel:
    return Parcel("msg_7f", 1042, address, letter=letter(**other))


@pytest.fixture
async def relay() -> AsyncIterator[SmtpReceiver]:
    async with smtp_receiver() as receiver:
        yield receiver


@pytest.fixture
async def channel(relay: SmtpReceiver) -> AsyncIterator[MailChannel]:
    channel = MailChannel(SmtpPool(Relay("127.0.0.1", relay.port, "none")), FROM)
    yield channel
    await channel.close()


async def test_a_mail_as_it_arrives(relay: SmtpReceiver, channel: MailChannel) -> None:
    assert await channel.send(parcel()) == Delivered("250 OK: queued as Q1")
    mail = relay.mails[0]
    assert relay.recipients == [["sam@msp.example"]]
    assert mail["Subject"] == "[#1042] P2 Contoso: warned"
    assert mail["Message-ID"] == "<msg_7f@tierline>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["References"] == mail["In-Reply-To"] == "<ticket-1042@tierline>"
    assert "<tickets.tierline>" in mail["List-Id"]
    assert mail["Reply-To"] == "reply@msp.example"
    assert mail["Date"].datetime.tzinfo is not None
    plain = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    for text in ("Zähler läuft über", "a plan", "http://127.0.0.1:8080/tickets/1042"):
        assert text in plain
        assert text in html
    assert "75 % <b>used</b>" in plain
    assert "75 % &lt;b&gt;used&lt;/b&gt;" in html


async def test_pages_are_marked_important(relay: SmtpReceiver, channel: MailChannel) -> None:
    await channel.send(parcel(urgent=True))
    assert relay.mails[0]["Importance"] == "high"


@pytest.mark.parametrize(
    ("rcpt", "data", "outcome"),
    [
        ("550 5.1.1 no such user", "", Failed),
        ("450 4.2.1 mailbox busy", "", Retry),
        ("", "552 5.3.4 too big", Failed),
        ("", "451 4.3.0 try later", Retry),
        ("", "554 5.7.1 spam", Failed),
    ],
)
async def test_5xx_about_the_mail_is_for_good_and_4xx_is_not(
    relay: SmtpReceiver, channel: MailChannel, rcpt: str, data: str, outcome: type
) -> None:
    relay.rcpt.extend([rcpt] if rcpt else [])
    relay.data.extend([data] if data else [])
    found = await channel.send(parcel())
    assert isinstance(found, outcome)
    assert (rcpt or data)[:3] in found.reason


async def test_a_session_is_used_again_and_replaced_when_the_relay_hung_up(
    relay: SmtpReceiver, channel: MailChannel
) -> None:
    for _ in range(3):
        assert isinstance(await channel.send(parcel()), Delivered)
    assert relay.sessions == 1
    idle = channel._pool._idle[0]
    idle.client.close()
    assert isinstance(await channel.send(parcel()), Delivered)
    assert relay.sessions == 2


async def test_tls_that_is_required_is_not_done_without(relay: SmtpReceiver) -> None:
    channel = MailChannel(SmtpPool(Relay("127.0.0.1", relay.port, "starttls")), FROM)
    assert isinstance(await channel.send(parcel()), Retry | Failed)
    assert relay.mails == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sam",
        "@msp.example",
        "sam@",
        "sam@msp.example, all@msp.example",
        "sam@msp.example\r\nBcc: all@msp.example",
        "Sam <sam@msp.example>",
        '"sam sam"@msp.example',
        "sam@msp.example\x00",
        "sam@[127.0.0.1]",
        "a@b@c.example",
        "s" * 300 + "@msp.example",
        "sam @msp.example",
        ".sam@msp.example",
    ],
)
async def test_what_is_not_one_plain_address_gets_no_mail(
    relay: SmtpReceiver, channel: MailChannel, address: str
) -> None:
    assert not usable_address(address)
    assert isinstance(await channel.send(parcel(address)), Failed)
    assert relay.mails == []


TEXT = st.text(max_size=300) | st.text(alphabet="\r\n\t\x0b\x0c\x00\x85\u2028:Bcx @<>", max_size=60)


@given(subject=TEXT, title=TEXT, name=TEXT, words=TEXT)
def test_no_text_of_anybody_becomes_a_header(
    subject: str, title: str, name: str, words: str
) -> None:
    """Whatever a monitor or a requester writes, the mail has the headers we gave it, once each."""
    part = Part("", subject, words, words)
    made = build(
        parcel(subject=subject, title=title, greeting=name, parts=(part,), audience="client"),
        From("desk@msp.example", name),
        NOW,
    )
    read = message_from_bytes(made.as_bytes(), policy=policy.default)
    expected = build(parcel(), From("desk@msp.example", "x"), NOW)
    assert sorted(key.lower() for key in read) == sorted(key.lower() for key in expected)
    assert read["To"].addresses[0].addr_spec == "sam@msp.example"
    assert read["From"].addresses[0].addr_spec == "desk@msp.example"
    assert read["Subject"].startswith("[#1042]")
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]


@given(TEXT)
def test_a_header_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line.isprintable() or line == ""


@given(st.text(max_size=40), st.text(max_size=40))
def test_an_address_taken_for_usable_survives_the_header_unchanged(local: str, host: str) -> None:
    address = f"{local}@{host}"
    if usable_address(address):
        try:
            made: EmailMessage = build(parcel(address), FROM, NOW)
        except ValueError:
            return
        assert len(made["To"].addresses) == 1
        assert "\n" not in made["To"]


class _Parting:
    """A pool whose session takes the mail, and whose goodbye the relay never answers."""

    @asynccontextmanager
    async def session(self) -> AsyncIterator["_Parting"]:
        yield self
        await asyncio.Event().wait()

    async def send_message(self, *_: object, **__: object) -> tuple[dict, str]:
        return {}, "queued as Q1"


async def test_a_mail_that_was_taken_is_delivered_however_long_the_goodbye_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mails, "SEND_SECONDS", 0.01)
    outcome = await MailChannel(_Parting(), FROM).send(parcel())
    assert outcome == Delivered("250 queued as Q1")
