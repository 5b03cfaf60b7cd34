"""The mail catcher of a development stack: an SMTP server that keeps mail instead of passing it on.

Never part of production: `build` makes it only where both TIERLINE_DEVELOPMENT and
TIERLINE_MAIL_CATCHER say so.
"""

import asyncio
import email
from email import policy
from typing import Final

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifier.limits import TITLE_CHARS
from notifier.metrics import CAUGHT
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database

log = structlog.get_logger(__name__)

KEPT_MAILS: Final = 1_000
MAIL_BYTES: Final = 1024 * 1024
RECIPIENTS_MAX: Final = 50
IDLE_SECONDS: Final = 60.0


class Catcher:
    """Takes every mail on a port and keeps the newest KEPT_MAILS, one row a recipient.

    Args:
        db: where they are kept.
        host: the address to listen on.
        port: 0 takes any; see `port` once it runs.
    """

    def __init__(self, db: Database, host: str, port: int) -> None:
        self._db = db
        self._host = host
        self.port = port
        self.listening = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Catch mail until `stop` is set. Raises OSError where the port cannot be had."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._protocol, self._host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        log.info("catching mail", host=self._host, port=self.port)
        try:
            await stop.wait()
        finally:
            self.listening.clear()
            server.close()

    def _protocol(self) -> SMTP:
        return SMTP(
            self,
            data_size_limit=MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="catcher",
            ident="Tierline mail catcher",
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take any recipient, up to RECIPIENTS_MAX of them."""
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        """Keep the mail; the answer names it, as a relay's queue id would."""
        raw = envelope.content or b""
        raw = raw.encode() if isinstance(raw, str) else raw
        try:
            number = await self._keep(envelope.mail_from or "", envelope.rcpt_tos, raw)
        except (*UNREACHABLE, *REPLAYABLE) as error:
            log.warning("a mail could not be kept", reason=type(error).__name__)
            return "451 4.3.0 cannot be kept now, try later"
        CAUGHT.inc(len(envelope.rcpt_tos))
        return f"250 2.0.0 OK: queued as caught-{number}"

    async def _keep(self, sender: str, recipients: list[str], raw: bytes) -> int:
        subject = _subject(raw)
        async with self._db.transaction() as connection:
            number: int = await connection.fetchval(
                "WITH kept AS (INSERT INTO tierline.caught_mail (sender, rcpt, subject, raw)"
                " SELECT $1, rcpt, $3, $4 FROM unnest($2::text[]) AS rcpt RETURNING id)"
                " SELECT max(id) FROM kept",
                _text(sender),
                [_text(one) for one in recipients],
                subject,
                raw,
            )
            await connection.execute(
                "DELETE FROM tierline.caught_mail WHERE id <="
                " (SELECT id FROM tierline.caught_mail ORDER BY id DESC OFFSET $1 LIMIT 1)",
                KEPT_MAILS,
            )
        return number


def _subject(raw: bytes) -> str:
    try:
        found = email.message_from_bytes(raw, policy=policy.default)["subject"]
    except Exception:  # noqa: BLE001 - whatever a mail holds, it is kept
        found = ""
    return _text(str(found or ""))[:TITLE_CHARS]


def _text(text: str) -> str:
    """What Postgres can hold as text."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
