"""Telling people what the auditor found, past everything it watches.

Not through the notifier, its queue or its channels: a mail straight to a relay, a webhook straight
to its address. Both are set by whoever runs the service, so they are not kept from its own network
as a subscriber's addresses are; redirects are not followed, and of an answer only its status is
read.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final, Literal

import httpx
import structlog

from sla_timer.limits import TELL_S

log = structlog.get_logger(__name__)

Tls = Literal["auto", "starttls", "tls", "none"]

LOOK: Final = "`tierline audit` shows them."


@dataclass(frozen=True, slots=True)
class Word:
    """A finding as it is told; `since` None: since a moment ago, as far as is known."""

    what: str
    count: int
    remedy: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Over:
    """A finding that had been told and is no longer there."""

    what: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class MailWay:
    """A relay, and who is told. `tls` auto: STARTTLS where it is offered."""

    to: str
    sender: str
    host: str
    port: int
    tls: Tls = "auto"
    user: str = ""
    password: str = ""


class Alarm:
    """Tells people by mail and by webhook, where each is set.

    Args:
        name: which deployment speaks.
        mail: how to mail, or None.
        webhook: posted to with JSON (`text`, `findings`, `over`), as chat rooms take it; or empty.
    """

    def __init__(self, name: str, mail: MailWay | None, webhook: str) -> None:
        self._name = name
        self._mail = mail
        self._webhook = webhook

    async def tell(self, words: Sequence[Word], over: Sequence[Over]) -> bool:
        """Tell of findings and of those that are over; whether anybody took it. Raises nothing."""
        title, text = _title(self._name, words, over), _text(words, over)
        ways = []
        if self._mail is not None:
            ways.append(self._by_mail(self._mail, title, text))
        if self._webhook:
            ways.append(self._by_webhook(title, text, words, over))
        taken = await asyncio.gather(*ways, return_exceptions=True)
        for outcome in taken:
            if isinstance(outcome, BaseException):
                log.error("the auditor's alarm was not taken", reason=_reason(outcome))
        return any(outcome is None for outcome in taken)

    async def _by_mail(self, way: MailWay, title: str, text: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = way.sender, way.to, title
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        async with asyncio.timeout(2 * TELL_S):
            await asyncio.to_thread(_send, way, message)

    async def _by_webhook(
        self, title: str, text: str, words: Sequence[Word], over: Sequence[Over]
    ) -> None:
        body = {
            "text": f"{title}\n{text}",
            "findings": [{"what": w.what, "count": w.count, "remedy": w.remedy} for w in words],
            "over": [one.what for one in over],
        }
        await call("POST", self._webhook, json=body)


async def call(method: str, url: str, **sent: Any) -> None:
    """Ask an address of the operator's. Raises httpx.HTTPError unless it answers 2xx in time."""
    async with (
        asyncio.timeout(TELL_S),
        httpx.AsyncClient(timeout=TELL_S) as client,
        client.stream(method, url, **sent) as answer,
    ):
        answer.raise_for_status()


def _send(way: MailWay, message: EmailMessage) -> None:
    secure = ssl.create_default_context()
    opened = (
        smtplib.SMTP_SSL(way.host, way.port, timeout=TELL_S, context=secure)
        if way.tls == "tls"
        else smtplib.SMTP(way.host, way.port, timeout=TELL_S)
    )
    with opened as relay:
        relay.ehlo()
        needed = way.tls == "starttls" or (way.tls == "auto" and bool(way.user))
        if needed or (way.tls == "auto" and relay.has_extn("starttls")):
            relay.starttls(context=secure)
            relay.ehlo()
        if way.user:
            relay.login(way.user, way.password)
        relay.send_message(message)


def _title(name: str, words: Sequence[Word], over: Sequence[Over]) -> str:
    said = [f"{word.count} {word.what}" for word in words]
    said += [f"over: {one.what}" for one in over]
    return f"Tierline at {name}: {', '.join(said)}"


def _text(words: Sequence[Word], over: Sequence[Over]) -> str:
    lines = []
    for word in words:
        since = "" if word.since is None else f", found since {_at(word.since)}"
        lines += [f"{word.what}: {word.count}{since}", word.remedy, ""]
    for one in over:
        since = "" if one.since is None else f"; it was there since {_at(one.since)}"
        lines += [f"{one.what}: no longer found{since}", ""]
    return "\n".join([*lines, LOOK] if words else lines)


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _reason(error: BaseException) -> str:
    """What is wrong, without an address that may carry a secret."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return type(error).__name__
