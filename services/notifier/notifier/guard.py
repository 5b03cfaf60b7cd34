"""Which addresses a configured URL may lead to (server-side request forgery).

A URL is written by somebody, its name is resolved by DNS that somebody else may hold, so the check
is made on the resolved address and the connection goes to that very address. Python's `is_global`
is not enough: it lets multicast, NAT64, 6to4 and some relays pass.
"""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

from notifier.limits import HttpTimeouts

Address = IPv4Address | IPv6Address
Networks = tuple[str, ...]

RESOLVED_MAX: Final = 4
"""Addresses of one name that are tried, in the resolver's order."""

URL_CHARS: Final = 2_048

REFUSED: Final = {
    name: tuple(ip_network(text) for text in networks.split())
    for name, networks in {
        "unspecified": "0.0.0.0/8 ::/128",
        "loopback": "127.0.0.0/8 ::1/128",
        "private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10",
        "shared address space": "100.64.0.0/10",
        "link-local or metadata": "169.254.0.0/16 fe80::/10 168.63.129.16/32",
        "reserved": "192.0.0.0/24 192.88.99.0/24 240.0.0.0/4 100::/64 5f00::/16",
        "benchmarking": "198.18.0.0/15 2001:2::/48",
        "documentation": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
        "multicast": "224.0.0.0/4 ff00::/8",
        "a tunnel or translation": "64:ff9b::/96 64:ff9b:1::/48 2001::/23 2002::/16 ::/96",
    }.items()
}
"""IANA's special-purpose registries (RFC 6890), cloud metadata services, IPv4 within IPv6."""


ALLOWING: Final = "networks that may be posted to are named in TIERLINE_ALLOWED_TARGETS"


class RefusedTargetError(Exception):
    """The URL leads where Tierline does not post to. The message says where and why."""


class RefusedAnswerError(RefusedTargetError):
    """DNS says now that the host is where Tierline does not post to; it may say otherwise later."""


def refused(address: Address, allowed: Sequence[str] = ()) -> str:
    """Why nothing is sent to `address`; empty: it may be.

    Args:
        address: resolved; an IPv4 address in IPv6 clothes (::ffff:a.b.c.d) is judged as IPv4.
        allowed: networks (CIDR) that are fine although the table refuses them.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return "link-local or metadata"
        address = address.ipv4_mapped or address
    for text in allowed:
        if address in ip_network(text):
            return ""
    for name, networks in REFUSED.items():
        if any(address in network for network in networks):
            return name
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return "reserved"
    return ""


GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All of IPv6 that is handed out to the public."""


def check_url(url: str) -> None:
    """Raise RefusedTargetError unless `url` is one that may be posted to at all.

    Plain http is left to `Guard.addresses`: it is fine only towards an allowed network.
    """
    if len(url) > URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        raise RefusedTargetError("the URL is too long or has characters a URL cannot have")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedTargetError(f"not a URL: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise RefusedTargetError("the URL must be https://host/...")
    if parts.username is not None or parts.password is not None:
        raise RefusedTargetError("the URL must not carry a user name or password")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Guard:
    """Finds the addresses a connection may go to.

    Args:
        allowed: networks (CIDR) that may be reached although they are not public: a chat server
            in the provider's own network; loopback on a development stack.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self.allowed = tuple(allowed)
        self._looking: dict[tuple[str, int], asyncio.Future[list[Any]]] = {}

    async def addresses(self, host: str, port: int, *, encrypted: bool) -> list[str]:
        """The addresses of `host` that a connection may go to, at most RESOLVED_MAX.

        Args:
            host: a name or an address.
            port: for the resolver.
            encrypted: False for plain http, which only allowed networks may be sent.

        Raises:
            RefusedTargetError: the host is an address, and refused.
            RefusedAnswerError: every address that the name has now is refused.
            OSError: the name cannot be resolved now.
        """
        found = await self._resolve(host, port)
        good: list[str] = []
        why = "it has no address"
        for text in found:
            address = ip_address(text)
            reason = refused(address, self.allowed)
            if not reason and not encrypted and not self._allowed(address):
                reason = "public, and plain http is not encrypted"
            if reason:
                why = f"{address} is {reason}"
            else:
                good.append(text)
        if not good:
            kind = RefusedTargetError if _is_address(host) else RefusedAnswerError
            raise kind(f"target not allowed: {why}; {ALLOWING}")
        return good[:RESOLVED_MAX]

    def _allowed(self, address: Address) -> bool:
        plain = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
        return any(plain in ip_network(text) for text in self.allowed)

    async def _resolve(self, host: str, port: int) -> list[str]:
        if _is_address(host):
            return [str(ip_address(host))]
        seconds = HttpTimeouts().connect
        try:
            async with asyncio.timeout(seconds):
                rows = await asyncio.shield(self._lookup(host, port))
        except TimeoutError:
            raise OSError(f"the name {host} was not resolved within {seconds:g} s") from None
        except UnicodeError:
            raise RefusedTargetError("the URL's host is no name that DNS could hold") from None
        return list(dict.fromkeys(str(row[4][0]) for row in rows))

    def _lookup(self, host: str, port: int) -> "asyncio.Future[list[Any]]":
        """One question to the resolver for all who ask the same at once.

        Each takes a thread until it is answered, and there are few: a name that nobody answers for
        must not take those of the others.
        """
        key = (host, port)
        if key not in self._looking:
            loop = asyncio.get_running_loop()
            asked = asyncio.ensure_future(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            asked.add_done_callback(lambda _: self._looking.pop(key))
            self._looking[key] = asked
        return self._looking[key]
