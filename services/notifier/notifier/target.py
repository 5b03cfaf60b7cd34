"""A URL that may be posted to, taken apart once."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from notifier.guard import RefusedTargetError, check_url

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    Attributes:
        authority: host and port as the URL has them, for the Host header (RFC 9112, 3.2).
        path: with the query, never empty.
    """

    encrypted: bool
    host: str
    port: int
    authority: str
    path: str


@lru_cache(maxsize=256)
def target_of(url: str) -> Target:
    """Judge `url` and take it apart; raises RefusedTargetError.

    Kept for the URLs of late: subscriptions and rooms are few, their messages many. What a name
    resolves to is judged at every connection, not here.
    """
    check_url(url)
    parts = urlsplit(url)
    if parts.hostname is None:
        raise RefusedTargetError("the URL must be https://host/...")
    return Target(
        encrypted=parts.scheme == "https",
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        authority=parts.netloc,
        path=f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
    )
