"""Where the broker is and how it wants to be spoken to; `tierline.bus` makes clients of it."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True)
class Tls:
    """How the broker proves who it is, and we to it.

    Attributes:
        ca_file: the authority the broker's certificate is checked against; empty: the system's.
        cert_file: our own certificate, where the broker asks for one (mutual TLS).
        key_file: its key; empty: in cert_file.
    """

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""


@dataclass(frozen=True, slots=True)
class Broker:
    """A Kafka cluster and the login for it.

    Attributes:
        bootstrap: host:port, several separated by commas.
        protocol: whether the line is encrypted, and whether there is a login.
        mechanism: how the login is proved.
        username: the login; only with SASL.
        password: its password.
        tls: only with SSL.
        answers_at_once: a fetch that waits there is answered the moment something arrives, as
            Apache Kafka does it; the embedded broker looks from time to time.
    """

    bootstrap: str
    protocol: Protocol = "PLAINTEXT"
    mechanism: Mechanism = "SCRAM-SHA-512"
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = Tls()
    answers_at_once: bool = False


Where: TypeAlias = str | Broker
"""A plain address is a broker that asks for nothing."""
