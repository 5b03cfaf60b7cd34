"""Whether a token or a certificate ends soon."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from tierline.cli.doctor.finding import Finding, fail, ok, skipped, warn
from tierline.cli.doctor.limits import (
    CERTIFICATE_WARN_DAYS,
    CONNECT_SECONDS,
    LISTED_MAX,
    TOKEN_WARN_DAYS,
)
from tierline.cli.doctor.patient import Patient

TOKENS = "tokens"
CERTIFICATES = "certificates"

ENDING = """
SELECT name, expires_at FROM tierline.api_token
WHERE revoked_at IS NULL AND expires_at > now() AND expires_at < now() + make_interval(days => $1)
ORDER BY expires_at LIMIT $2
"""


async def tokens(patient: Patient) -> list[Finding]:
    """No token of a program ends within two weeks."""
    rows = await patient.rows(ENDING, TOKEN_WARN_DAYS, LISTED_MAX)
    found = [
        warn(
            TOKENS,
            f"{row['name']} ends {row['expires_at']:%Y-%m-%d %H:%M} UTC",
            "Make the next one, give it to its program: docs/runbooks/rotate-secrets.md.",
        )
        for row in rows
    ]
    return found or [ok(TOKENS, f"none ends within {TOKEN_WARN_DAYS} days")]


async def certificates(patient: Patient) -> list[Finding]:
    """The certificates of the services' https addresses are good for another month."""
    hosts = {
        (parts.hostname or "", parts.port or 443)
        for url in patient.around.urls.values()
        if (parts := urlsplit(url)).scheme == "https"
    }
    if not hosts:
        return [skipped(CERTIFICATES, "no service is known by an https address")]
    return list(await asyncio.gather(*(_certificate(*place) for place in sorted(hosts))))


async def _certificate(host: str, port: int) -> Finding:
    name = f"{host}:{port}"
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            ends = await _ends(host, port)
    except ssl.SSLCertVerificationError as error:
        said = f"{name}: {error.verify_message}"
        return fail(CERTIFICATES, said, "Renew it, or trust its authority here (SSL_CERT_FILE).")
    except (OSError, TimeoutError) as error:
        said = f"{name} gives no answer ({type(error).__name__})"
        return skipped(CERTIFICATES, said)
    return judge(name, ends, datetime.now(UTC))


def judge(name: str, ends: datetime, now: datetime) -> Finding:
    """A finding about a certificate that is good until `ends`."""
    said = f"that of {name} ends {ends:%Y-%m-%d}"
    if ends - now < timedelta(days=CERTIFICATE_WARN_DAYS):
        return warn(CERTIFICATES, said, "Renew it; what renews it by itself did not.")
    return ok(CERTIFICATES, said)


async def _ends(host: str, port: int) -> datetime:
    _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    try:
        told = writer.get_extra_info("peercert")["notAfter"]
    finally:
        writer.close()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(told), UTC)
