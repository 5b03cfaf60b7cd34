"""Signatures, verified with the library that receivers use."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notifier.channels.webhook import UnusableSecretError, WebhookChannel, signed_headers
from notifier.guard import Guard
from notifier.http import HttpSender
from notifier.outcome import Failed
from notifier.parcel import Parcel
from tests.services.notifier.receivers import HttpReceiver, http_receiver

OLD = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
NEW = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"
THIRD = "whsec_enp6enp6enp6enp6enp6enp6enp6enp6"
BODY = '{"id":"1042/3","data":{"title":"Zähler läuft über"}}'.encode()


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    async with http_receiver() as http:
        yield http


async def _send(receiver: HttpReceiver, *secrets: str, body: bytes = BODY) -> object:
    sender = HttpSender(Guard(["127.0.0.0/8"]))
    try:
        parcel = Parcel("msg_7f", 1042, "psa", url=receiver.url, secrets=secrets, body=body)
        return await WebhookChannel(sender).send(parcel)
    finally:
        await sender.close()


async def test_a_receiver_verifies_it_and_gets_the_event_as_stored(
    receiver: HttpReceiver,
) -> None:
    await _send(receiver, OLD)
    request = receiver.requests[0]
    assert Webhook(OLD).verify(request.body, request.headers)["id"] == "1042/3"
    assert request.body == BODY
    assert request.headers["webhook-id"] == "msg_7f"
    assert request.headers["content-type"].startswith("application/cloudevents+json")


async def test_during_a_rotation_either_secret_verifies_and_no_third(
    receiver: HttpReceiver,
) -> None:
    await _send(receiver, NEW, OLD, THIRD)
    request = receiver.requests[0]
    for secret in (NEW, OLD):
        Webhook(secret).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(THIRD).verify(request.body, request.headers)


async def test_a_changed_body_does_not_verify(receiver: HttpReceiver) -> None:
    await _send(receiver, OLD)
    request = receiver.requests[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(request.body + b" ", request.headers)


def test_the_instant_is_that_of_the_attempt_whatever_the_zone() -> None:
    now = datetime.now(UTC)
    east = now.astimezone(timezone(timedelta(hours=9)))
    assert signed_headers("msg_1", BODY, [OLD], east) == signed_headers("msg_1", BODY, [OLD], now)
    Webhook(OLD).verify(BODY, signed_headers("msg_1", BODY, [OLD], east))


@pytest.mark.parametrize("secrets", [[], ["MDEyMzQ1"], ["whsec_"], ["whsec_!"], ["whsec_ä"]])
def test_a_secret_that_cannot_be_used_is_named_without_being_shown(secrets: list[str]) -> None:
    with pytest.raises(UnusableSecretError) as caught:
        signed_headers("msg_1", BODY, secrets, datetime.now(UTC))
    assert not any(
        secret.removeprefix("whsec_") in str(caught.value)
        for secret in secrets[:1]
        if len(secret) > 7
    )


async def test_without_a_usable_secret_nothing_is_sent(receiver: HttpReceiver) -> None:
    outcome = await _send(receiver, "nonsense")
    assert isinstance(outcome, Failed)
    assert outcome.disable
    assert receiver.requests == []
