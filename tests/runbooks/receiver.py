"""The receiver of webhooks, which verifies every signature, and a mail relay that wants a login."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.faults.receiver import HOOK, Receiver
from tierline.runtime.ports import LOOPBACK

SMTP_USER = "tierline"


class VerifyingReceiver(Receiver):
    """Takes posts as the other does; of the webhook endpoint only those it can verify.

    Attributes:
        secrets: any of them may have signed a request.
        forged: how many requests none of them had.
        by_last: how many the last of them had.
    """

    def __init__(self) -> None:
        super().__init__()
        self.secrets: list[str] = []
        self.forged = 0
        self.by_last = 0

    def accepts(self, path: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the request is signed as it should be."""
        if path != HOOK:
            return True
        good = [_signed(secret, headers, body) for secret in self.secrets]
        self.by_last += bool(good and good[-1])
        self.forged += not any(good)
        return any(good)


def _signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers))
    except WebhookVerificationError:
        return False
    return True


class Relay:
    """What the relay took and refused.

    Args:
        password: gives the one password that is good at this moment.
    """

    def __init__(self, password: Callable[[], str]) -> None:
        self._password = password
        self.mails = 0
        self.refused = 0

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        good = (
            isinstance(data, LoginPassword)
            and data.login.decode() == SMTP_USER
            and data.password.decode() == self._password()
        )
        self.refused += not good
        return AuthResult(success=good, handled=False, auth_data=data)

    async def handle_DATA(  # noqa: N802 - the name that the library calls
        self, _server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        self.mails += 1
        return "250 taken"


@asynccontextmanager
async def relaying(
    password: Callable[[], str], host: str = LOOPBACK
) -> AsyncIterator[tuple[Relay, int]]:
    """A relay on a free port of `host` that takes no mail without a login; it and its port."""
    relay = Relay(password)

    def session() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a password without TLS: on loopback
            return SMTP(
                relay,
                auth_required=True,
                auth_require_tls=False,
                authenticator=relay.authenticate,
                hostname="relay",
                loop=asyncio.get_running_loop(),
            )

    server = await asyncio.get_running_loop().create_server(session, host, 0)
    try:
        yield relay, server.sockets[0].getsockname()[1]
    finally:
        server.close()


def said_in(file: Path, otherwise: str) -> str:
    """The secret a runbook wrote to `file`; `otherwise` while there is none."""
    return file.read_text().strip() if file.exists() else otherwise
