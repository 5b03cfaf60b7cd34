"""What each answer of a real HTTP receiver becomes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from notifier.answers import retry_after
from notifier.channels.chat import ChatChannel, escape, fitting
from notifier.channels.webhook import WebhookChannel
from notifier.guard import Guard
from notifier.http import HttpSender
from notifier.letter import Letter, Part
from notifier.limits import (
    ANSWER_BYTES,
    CHAT_CHARS,
    REASON_CHARS,
    RETRY_AFTER_MAX_S,
    HttpTimeouts,
)
from notifier.outcome import Delivered, Failed, Retry
from notifier.parcel import Parcel
from tests.services.notifier.receivers import HttpReceiver, Reply, http_receiver

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
QUICK = HttpTimeouts(connect=2.0, total=0.4)


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    async with http_receiver() as http:
        yield http


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    sender = HttpSender(Guard(["127.0.0.0/8"]), QUICK)
    yield sender
    await sender.close()


def event(receiver: HttpReceiver, **other: object) -> Parcel:
    stated = {"url": receiver.url, "secrets": (SECRET,), "body": b"{}", **other}
    return Parcel("msg_1", 1, "psa", **stated)


def said(receiver: HttpReceiver, kind: str = "slack") -> Parcel:
    part = Part("2026-11-23 09:00 UTC", "warned", "75 % used", "")
    letter = Letter("team", "P2", "Switch is down", (part,), "http://x/tickets/1", 1)
    return Parcel("msg_1", 1, "desk", letter=letter, url=receiver.url, kind=kind)


@pytest.mark.parametrize(
    ("status", "webhook", "chat"),
    [
        (200, Delivered, Delivered),
        (204, Delivered, Delivered),
        (299, Delivered, Delivered),
        (301, Retry, Retry),
        (307, Retry, Retry),
        (400, Retry, Failed),
        (401, Retry, Failed),
        (403, Retry, Failed),
        (404, Retry, Failed),
        (408, Retry, Retry),
        (410, Failed, Failed),
        (413, Retry, Failed),
        (429, Retry, Retry),
        (500, Retry, Retry),
        (502, Retry, Retry),
        (503, Retry, Retry),
    ],
)
async def test_only_2xx_is_success(
    receiver: HttpReceiver, sender: HttpSender, status: int, webhook: type, chat: type
) -> None:
    receiver.otherwise = Reply(status, body=b"" if status == 204 else b"words")
    assert isinstance(await WebhookChannel(sender).send(event(receiver)), webhook)
    assert isinstance(await ChatChannel(sender).send(said(receiver)), chat)


async def test_gone_ends_the_subscription(receiver: HttpReceiver, sender: HttpSender) -> None:
    receiver.answer(Reply(410))
    outcome = await WebhookChannel(sender).send(event(receiver))
    assert isinstance(outcome, Failed)
    assert outcome.disable


async def test_a_redirect_is_not_followed(receiver: HttpReceiver, sender: HttpSender) -> None:
    receiver.answer(Reply(302, {"Location": receiver.url + "/elsewhere"}))
    outcome = await WebhookChannel(sender).send(event(receiver))
    assert isinstance(outcome, Retry)
    assert "redirect" in outcome.reason
    assert len(receiver.requests) == 1


async def test_silence_is_retried(receiver: HttpReceiver, sender: HttpSender) -> None:
    receiver.answer(Reply(never=True))
    outcome = await WebhookChannel(sender).send(event(receiver))
    assert isinstance(outcome, Retry)
    assert "in time" in outcome.reason or "within" in outcome.reason


async def test_an_endless_answer_is_not_read_to_its_end(
    receiver: HttpReceiver, sender: HttpSender
) -> None:
    receiver.answer(Reply(500, body=b"x" * (4 * ANSWER_BYTES)))
    outcome = await WebhookChannel(sender).send(event(receiver))
    assert isinstance(outcome, Retry)
    assert len(outcome.reason) <= REASON_CHARS


async def test_a_connection_is_used_again(receiver: HttpReceiver, sender: HttpSender) -> None:
    for _ in range(5):
        assert isinstance(await WebhookChannel(sender).send(event(receiver)), Delivered)
    assert receiver.connections == 1


async def test_a_receivers_retry_after_is_passed_on(
    receiver: HttpReceiver, sender: HttpSender
) -> None:
    receiver.answer(Reply(429, {"Retry-After": "7"}))
    assert await WebhookChannel(sender).send(event(receiver)) == Retry(7.0, "429")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 30 ", 30.0),
        ("99999999999999999999", RETRY_AFTER_MAX_S),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), RETRY_AFTER_MAX_S),
        ("-5", 0.0),
        ("1e9", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("\u0662", 0.0),
        ("Mon, 23 Nov 2026 09:01:00 -0000", 0.0),
        ("Mon, 99999999999999999999 Nov 2026 09:01:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 09:01:00 +99999999999999999999", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_bounded(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("slack", "&lt;!channel&gt; a &amp; b @all"),
        ("mattermost", "&lt;!channel&gt; a &amp; b @\u200ball"),
    ],
)
async def test_chat_text_cannot_call_a_channel_together(
    receiver: HttpReceiver, sender: HttpSender, kind: str, shown: str
) -> None:
    part = Part("", "warned", "<!channel> a & b @all", "")
    letter = Letter("team", "P2", "t", (part,), "http://x/tickets/1", 1)
    parcel = Parcel("msg_1", 1, "desk", letter=letter, url=receiver.url, kind=kind)
    await ChatChannel(sender).send(parcel)
    assert shown in receiver.requests[0].json()["text"]


async def test_a_long_chat_message_is_cut_between_characters_and_keeps_its_link(
    receiver: HttpReceiver, sender: HttpSender
) -> None:
    part = Part("", "warned", "&" * 20_000, "")
    letter = Letter("team", "P2", "t", (part,), "http://x/tickets/1", 1)
    await ChatChannel(sender).send(
        Parcel("msg_1", 1, "desk", letter=letter, url=receiver.url, kind="slack")
    )
    text = receiver.requests[0].json()["text"]
    assert "http://x/tickets/1" in text
    assert "cut short" in text
    assert text.replace("&amp;", "").count("&") == 0
    assert len(text) <= CHAT_CHARS


@pytest.mark.parametrize("limit", range(20, 60))
@pytest.mark.parametrize("kind", ["slack", "mattermost"])
def test_no_escape_is_cut_in_two_wherever_the_limit_falls(kind: str, limit: int) -> None:
    plain = "a & b <@c> ;& @all " * 4
    shown = fitting(escape(plain, kind), limit)
    kept = shown.removesuffix("\n(cut short)")
    assert len(shown) <= limit
    assert kept != shown
    assert kept in {escape(plain[:n], kind) for n in range(len(plain))}
    assert fitting(escape("a & b", kind), limit) == "a &amp; b"


async def test_a_room_without_an_address_fails_unsent(sender: HttpSender) -> None:
    letter = Letter("team", "P2", "t", (Part("", "a", "b", ""),), "http://x/tickets/1", 1)
    outcome = await ChatChannel(sender).send(Parcel("msg_1", 1, "desk", letter=letter))
    assert isinstance(outcome, Failed)
