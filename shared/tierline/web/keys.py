"""Credentials: made at random, recognised by their prefix, kept only as SHA-256."""

import base64
import hashlib
import hmac
import re
import secrets
from enum import StrEnum

_RANDOM_BYTES = 32
_SHAPE = re.compile(r"(tl|tls|tli)_[A-Za-z0-9_-]{43}")


class KeyKind(StrEnum):
    """What a credential is for, by its prefix."""

    TOKEN = "tl"  # noqa: S105 - a prefix
    SESSION = "tls"
    INTEGRATION = "tli"


def make_key(kind: KeyKind) -> str:
    """A new credential of 256 random bits, to be shown once."""
    return f"{kind.value}_{secrets.token_urlsafe(_RANDOM_BYTES)}"


def hash_key(raw: str) -> str:
    """The SHA-256 of a credential in hexadecimal: what the database keeps.

    No salt and no slow hash: 256 random bits cannot be guessed, and the hash is an index.
    """
    return hashlib.sha256(raw.encode()).hexdigest()


def kind_of(raw: str) -> KeyKind | None:
    """What `raw` would be a credential for; None where it has no credential's form."""
    found = _SHAPE.fullmatch(raw)
    return KeyKind(found[1]) if found else None


def derive(secret: str, kind: KeyKind, name: str) -> str:
    """The development stack's credential called `name`: the same at each start.

    HMAC-SHA256 under the stack's own secret, so that it need not be stored to be printed again.
    """
    mac = hmac.digest(secret.encode(), f"tierline {kind.value} {name}".encode(), "sha256")
    return f"{kind.value}_{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
