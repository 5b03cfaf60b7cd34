"""Whether the mail relay answers."""

import asyncio
import contextlib

from tierline.cli.doctor.finding import Finding, fail, ok, skipped
from tierline.cli.doctor.limits import CONNECT_SECONDS
from tierline.cli.doctor.patient import Patient

NAME = "mail"
GREETING = b"220"


async def relay(patient: Patient) -> list[Finding]:
    """It greets as RFC 5321 says. No mail is sent, and nobody logs in."""
    if patient.around.smtp is None:
        return [skipped(NAME, "not told where the mail relay is", "Set TIERLINE_SMTP_HOST.")]
    host, port = patient.around.smtp
    remedy = "Check TIERLINE_SMTP_HOST and TIERLINE_SMTP_PORT, and that this machine may reach it."
    if port == 465:
        remedy += " Port 465 speaks TLS from the first byte, which is not looked at here."
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            said = await _greeting(host, port)
    except (OSError, TimeoutError, ValueError) as error:
        text = f"{host}:{port} gives no answer ({type(error).__name__})"
        return [skipped(NAME, text, remedy) if port == 465 else fail(NAME, text, remedy)]
    if said.startswith(GREETING):
        return [ok(NAME, f"{host}:{port} greets")]
    return [fail(NAME, f"{host}:{port} says {said[:100]!r}", remedy)]


async def _greeting(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port, limit=4096)
    try:
        said = await reader.readline()
        writer.write(b"QUIT\r\n")
        return said
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
