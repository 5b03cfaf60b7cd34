"""One contract for every channel, the fake included: what the delivery loop relies on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from notifier.channels.chat import ChatChannel
from notifier.channels.mail import From, MailChannel
from notifier.channels.webhook import WebhookChannel
from notifier.guard import Guard
from notifier.http import HttpSender
from notifier.letter import Letter, Part
from notifier.outcome import Delivered, Failed, Retry
from notifier.parcel import Channel, Parcel
from notifier.smtp import Relay, SmtpPool
from tests.services.notifier.receivers import (
    HttpReceiver,
    Reply,
    SmtpReceiver,
    http_receiver,
    smtp_receiver,
)
from tierline.testing.channels import FakeChannel

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
LETTER = Letter(
    audience="team",
    subject="P2 Contoso: warned",
    title="Switch is down",
    parts=(Part("2026-11-23 09:00 UTC", "warned", "75 % used", "a plan", "tier", "owner"),),
    link="http://127.0.0.1:8080/tickets/1042",
    number=1042,
)


@dataclass
class Bench:
    """A channel with a receiver that can be told how to answer."""

    name: str
    channel: Channel
    receiver: object
    url: str = ""

    def parcel(self, key: str) -> Parcel:
        return Parcel(
            key=key,
            ticket=1042,
            address="sam@msp.example",
            letter=LETTER,
            url=self.url,
            kind="slack",
            secrets=(SECRET,),
            body=b'{"id":"1042/3"}',
        )

    def busy(self) -> None:
        match self.receiver:
            case FakeChannel() as fake:
                fake.answer(Retry(0.0, "503 busy"))
            case SmtpReceiver() as relay:
                relay.data.append("451 4.3.0 busy")
            case HttpReceiver() as http:
                http.answer(Reply(503, body=b"busy"))

    def never(self) -> None:
        match self.receiver:
            case FakeChannel() as fake:
                fake.answer(Failed("410 gone"))
            case SmtpReceiver() as relay:
                relay.rcpt.append("550 5.1.1 no such user")
            case HttpReceiver() as http:
                http.answer(Reply(410, body=b"gone"))

    def garbage(self) -> None:
        match self.receiver:
            case FakeChannel() as fake:
                fake.answer(Retry(0.0, "not HTTP"))
            case SmtpReceiver() as relay:
                relay.data.append("4xx what")
            case HttpReceiver() as http:
                http.answer(Reply(raw=b"\x00\x01 not http at all\r\n\r\n"))

    def keys(self) -> list[str]:
        match self.receiver:
            case FakeChannel() as fake:
                return [parcel.key for parcel in fake.sent]
            case SmtpReceiver() as relay:
                return [mail["Message-ID"].strip("<>").partition("@")[0] for mail in relay.mails]
            case HttpReceiver() as http:
                return [
                    r.headers.get("webhook-id") or r.headers["idempotency-key"]
                    for r in http.requests
                ]
        raise AssertionError(self.receiver)


@pytest.fixture(params=["fake", "mail", "chat", "webhook"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        name = request.param
        if name == "fake":
            fake: FakeChannel = FakeChannel(lambda parcel: Delivered(f"took {parcel.key}"))
            yield Bench(name, fake, fake)
            return
        if name == "mail":
            relay = await stack.enter_async_context(smtp_receiver())
            pool = SmtpPool(Relay("127.0.0.1", relay.port, "none"))
            channel: Channel = MailChannel(pool, From("desk@msp.example"))
            receiver: object = relay
            url = ""
        else:
            http = await stack.enter_async_context(http_receiver())
            sender = HttpSender(Guard(["127.0.0.0/8"]))
            stack.push_async_callback(sender.close)
            channel = ChatChannel(sender) if name == "chat" else WebhookChannel(sender)
            receiver, url = http, http.url
        stack.push_async_callback(channel.close)
        yield Bench(name, channel, receiver, url)


async def test_taken_is_delivered_with_the_receivers_proof(bench: Bench) -> None:
    outcome = await bench.channel.send(bench.parcel("msg_a"))
    assert isinstance(outcome, Delivered)
    assert outcome.proof


async def test_busy_is_retried_with_the_receivers_words(bench: Bench) -> None:
    bench.busy()
    outcome = await bench.channel.send(bench.parcel("msg_a"))
    assert isinstance(outcome, Retry)
    assert "busy" in outcome.reason


async def test_never_is_failed(bench: Bench) -> None:
    bench.never()
    assert isinstance(await bench.channel.send(bench.parcel("msg_a")), Failed)


async def test_an_answer_out_of_protocol_is_no_success_and_raises_nothing(bench: Bench) -> None:
    bench.garbage()
    assert isinstance(await bench.channel.send(bench.parcel("msg_a")), Retry)


async def test_after_any_refusal_the_next_send_works(bench: Bench) -> None:
    """A channel holds no state of a message: the one before leaves nothing behind."""
    for refuse in (bench.busy, bench.never, bench.garbage):
        refuse()
        assert not isinstance(await bench.channel.send(bench.parcel("msg_a")), Delivered)
        assert isinstance(await bench.channel.send(bench.parcel("msg_b")), Delivered)


async def test_a_key_arrives_the_same_on_every_attempt(bench: Bench) -> None:
    await bench.channel.send(bench.parcel("msg_again"))
    await bench.channel.send(bench.parcel("msg_again"))
    assert bench.keys() == ["msg_again", "msg_again"]


async def test_sends_side_by_side_do_not_mix(bench: Bench) -> None:
    keys = [f"msg_{number:02}" for number in range(24)]
    outcomes = await asyncio.gather(*(bench.channel.send(bench.parcel(key)) for key in keys))
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert sorted(bench.keys()) == keys


async def test_nobody_listening_is_retried(bench: Bench) -> None:
    if bench.name == "fake":
        bench.receiver.answer(Retry(0.0, "nobody there"))
    async with http_receiver() as gone:
        port = gone.port
    channel: Channel = bench.channel
    if bench.name == "mail":
        channel = MailChannel(SmtpPool(Relay("127.0.0.1", port, "none")), From("desk@msp.example"))
    bench.url = f"http://127.0.0.1:{port}/"
    assert isinstance(await channel.send(bench.parcel("msg_a")), Retry)
