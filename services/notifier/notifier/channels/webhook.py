"""Subscriptions: signed POSTs as Standard Webhooks 1.0.0 has them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from standardwebhooks.webhooks import Webhook

from notifier import answers
from notifier.http import HttpSender
from notifier.limits import LIVE_SECRETS
from notifier.outcome import Failed, Outcome
from notifier.parcel import Parcel

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
SIGNERS_KEPT = 256
"""Secrets of late, decoded; a receiver's messages are many, its secrets two."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix every secret has, not a secret


class UnusableSecretError(ValueError):
    """A subscription's secret is not `whsec_` and base64. The message does not show it."""


def signed_headers(key: str, body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers a receiver verifies, `webhook-timestamp` being that of this attempt.

    Args:
        key: the message's identity; without a full stop, which the signed text uses as separator.
        body: exactly what is sent.
        secrets: `whsec_...`, the first LIVE_SECRETS are used, so that a receiver can change over.
        now: real time, UTC.

    Raises:
        UnusableSecretError: there is none, or one cannot be read.
    """
    if not secrets:
        raise UnusableSecretError("the subscription has no secret")
    # The library stamps what it is given as UTC, so anything else would sign a wrong instant.
    instant = now.astimezone(UTC)
    text = body.decode()
    signatures = [_signer(secret).sign(key, instant, text) for secret in secrets[:LIVE_SECRETS]]
    return {
        "content-type": CONTENT_TYPE,
        "webhook-id": key,
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


@lru_cache(maxsize=SIGNERS_KEPT)
def _signer(secret: str) -> Webhook:
    if not secret.startswith(SECRET_PREFIX):
        raise UnusableSecretError("a secret does not start with whsec_")
    try:
        return Webhook(secret)
    except Exception as error:  # the library passes on whatever base64 raises
        raise UnusableSecretError("a secret is not base64") from error


def _now() -> datetime:
    return datetime.now(UTC)


class WebhookChannel:
    """Posts an event, as it is stored, to a subscription's URL.

    Args:
        sender: guarded HTTP.
        now: real time, UTC: signatures and Retry-After dates.
    """

    def __init__(self, sender: HttpSender, now: Callable[[], datetime] = _now) -> None:
        self._sender = sender
        self._now = now

    async def send(self, parcel: Parcel) -> Outcome:
        """Post once. 2xx is delivered, 410 ends the subscription, everything else is retried."""
        now = self._now()
        try:
            headers = signed_headers(parcel.key, parcel.body, parcel.secrets, now)
        except UnusableSecretError as error:
            return Failed(str(error), disable=True)
        if parcel.traceparent:
            headers["traceparent"] = parcel.traceparent
        return await answers.post(
            self._sender, parcel.url, headers, parcel.body, now=now, lasting=frozenset()
        )

    async def close(self) -> None:
        """The sender is shared and closed by its owner."""
