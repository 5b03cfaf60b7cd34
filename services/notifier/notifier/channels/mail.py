"""Mail over SMTP."""

import asyncio
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

import aiosmtplib

from notifier.layout import as_html, as_text
from notifier.limits import MAIL_CHARS, REASON_CHARS, TITLE_CHARS
from notifier.outcome import Delivered, Failed, Outcome, Retry
from notifier.parcel import Page, Parcel
from notifier.smtp import SEND_SECONDS, SmtpPool

DOMAIN = "tierline"
ADDRESS_CHARS = 254
"""RFC 5321's path limit, the brackets left out."""

_NOT_IN_HEADERS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are no text: controls, direction marks, unassigned, line separators."""


@dataclass(frozen=True, slots=True)
class From:
    """Whom mail comes from. `reply_to`: where answers go, empty: to `address`."""

    address: str
    name: str = "Tierline"
    reply_to: str = ""


def one_line(text: str, limit: int = TITLE_CHARS) -> str:
    """`text` as a header may hold it: one line, no control characters, at most `limit` characters.

    Whatever would end a header (CR, LF, and what some relays take for them) becomes a space.
    """
    plain = (" " if unicodedata.category(c) in _NOT_IN_HEADERS else c for c in text)
    return " ".join("".join(plain).split())[:limit].strip()


def usable_address(text: str) -> bool:
    """Whether `text` is one plain address (local@domain) and nothing that would smuggle more."""
    local, at, domain = text.rpartition("@")
    return bool(
        at
        and local
        and domain
        and len(text) <= ADDRESS_CHARS
        and text.isprintable()
        and not any(c.isspace() or c in '"<>(),;:\\[]@' for c in local + domain)
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in text
        and not domain.startswith((".", "-"))
        and not domain.endswith((".", "-"))
    )


def build(parcel: Parcel, sender: From, now: datetime) -> EmailMessage:
    """The mail of `parcel`.

    Message-ID is the message's key, the same on every attempt. Auto-Submitted keeps autoresponders
    still (RFC 3834), List-Id lets people filter (RFC 2919), References threads a ticket's mails
    under a root that no mail has (RFC 5322, 3.6.4).

    Args:
        parcel: with a letter or a page, and a usable address.
        sender: the From of every mail.
        now: real time, UTC.

    Raises:
        ValueError: the address is not usable, or there is nothing to say.
    """
    if not usable_address(parcel.address):
        raise ValueError(f"{one_line(parcel.address, ADDRESS_CHARS)!r} is no mail address")
    said = _said(parcel)
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = Address(one_line(sender.name), addr_spec=sender.address)
    mail["To"] = Address(addr_spec=parcel.address)
    if sender.reply_to:
        mail["Reply-To"] = Address(addr_spec=sender.reply_to)
    mail["Subject"] = one_line(said.subject)
    mail["Date"] = format_datetime(now.astimezone(UTC))
    mail["Message-ID"] = f"<{parcel.key}@{DOMAIN}>"
    root = f"<{said.thread}@{DOMAIN}>"
    mail["In-Reply-To"] = root
    mail["References"] = root
    of = ("Letters", "letters") if parcel.page else ("Tickets", "tickets")
    mail["List-Id"] = f"{of[0]} <{of[1]}.{DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if parcel.letter and parcel.letter.urgent:
        mail["Importance"] = "high"
    mail.set_content(said.text)
    mail.add_alternative(said.html, subtype="html")
    return mail


def _said(parcel: Parcel) -> Page:
    """What the mail says. Raises ValueError where there is nothing to say."""
    if parcel.page is not None:
        return parcel.page
    letter = parcel.letter
    if letter is None:
        raise ValueError("nothing to say")
    subject = f"[#{parcel.ticket}] {letter.subject}"
    text = as_text(letter)[:MAIL_CHARS]
    return Page(subject, text, as_html(letter), f"ticket-{parcel.ticket}")


def _now() -> datetime:
    return datetime.now(UTC)


class MailChannel:
    """Sends mail through one relay.

    Args:
        pool: sessions with the relay.
        sender: the From of every mail.
        now: real time, UTC: the Date of mails.
    """

    def __init__(self, pool: SmtpPool, sender: From, now: Callable[[], datetime] = _now) -> None:
        self._pool = pool
        self._sender = sender
        self._now = now

    async def send(self, parcel: Parcel) -> Outcome:
        """Send once. The relay's answer to the data, with its queue id, is the proof."""
        try:
            mail = build(parcel, self._sender, self._now())
        except ValueError as error:
            return Failed(str(error))
        taken: Outcome | None = None  # and stays so, however long the goodbye takes
        refused: Outcome = Retry(0.0, "the mail relay did not answer in time")
        try:
            async with asyncio.timeout(SEND_SECONDS), self._pool.session() as session:
                _, said = await session.send_message(
                    mail, sender=self._sender.address, recipients=[parcel.address]
                )
                taken = Delivered(f"250 {said}"[:REASON_CHARS])
        except TimeoutError:
            return taken or refused
        except (aiosmtplib.SMTPException, OSError) as error:
            return taken or _refusal(error)
        return taken or refused

    async def close(self) -> None:
        """Close idle sessions."""
        await self._pool.close()


def _refusal(error: Exception) -> Outcome:
    """What an SMTP error means: 5xx about this recipient or content is for good (RFC 5321, 4.2.1).

    A 5xx about us (login, sender, greeting) is somebody's to repair, so it is tried again.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        first = error.recipients[0]
        return _by_code(first.code, first.message)
    if isinstance(error, aiosmtplib.SMTPDataError):
        return _by_code(error.code, error.message)
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Failed(one_line(error.message, REASON_CHARS))
    return Retry(0.0, one_line(f"{type(error).__name__}: {error}", REASON_CHARS))


def _by_code(code: int, said: str) -> Outcome:
    text = one_line(f"{code} {said}", REASON_CHARS)
    return Failed(text) if 500 <= code < 600 else Retry(0.0, text)
