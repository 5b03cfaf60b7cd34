"""What every client of the broker is made with: address, encryption, login."""

import ssl
from typing import Any

from tierline.messages.broker import Tls, Where


def client_settings(where: Where) -> dict[str, Any]:
    """The arguments that every client of aiokafka is made with.

    Args:
        where: the broker, or its plain address.

    Raises:
        OSError: a certificate is missing or holds none (ssl.SSLError is one).
    """
    if isinstance(where, str):
        return {"bootstrap_servers": where}
    settings: dict[str, Any] = {
        "bootstrap_servers": where.bootstrap,
        "security_protocol": where.protocol,
    }
    if where.protocol.endswith("SSL"):
        settings["ssl_context"] = _context(where.tls)
    if where.protocol.startswith("SASL_"):
        settings |= {
            "sasl_mechanism": where.mechanism,
            "sasl_plain_username": where.username,
            "sasl_plain_password": where.password,
        }
    return settings


def _context(tls: Tls) -> ssl.SSLContext:
    """The broker's name is always checked."""
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file or None)
    return context
