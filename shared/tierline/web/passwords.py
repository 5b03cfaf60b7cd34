"""Passwords: argon2id (RFC 9106), hashed on a thread, a few at a time."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tierline.web.limits import HASHES_AT_ONCE, HASHES_WAITING
from tierline.web.problems import unavailable

_hasher = PasswordHasher()


class Passwords:
    """Verifies; more than HASHES_WAITING waiting callers are told to come back."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(HASHES_AT_ONCE)
        self._waiting = 0

    async def verify(self, stored: str, password: str) -> bool:
        """Whether `password` is the one behind `stored`; as slow where nothing is stored.

        Raises ProblemError (503) when too many wait.
        """
        if self._waiting >= HASHES_WAITING:
            raise unavailable("busy", "too many people are logging in just now; try again")
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(verify_password, stored, password)
        finally:
            self._waiting -= 1


def hash_password(password: str) -> str:
    """The stored form of `password`. Blocks for tens of milliseconds."""
    return _hasher.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether `password` is the one behind `stored`. Blocks for tens of milliseconds.

    An empty `stored` (nobody of that login, or no password set) takes as long and is never right.
    """
    try:
        return _hasher.verify(stored or _nobody(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """The hash that an unknown login is measured against, so that time does not tell."""
    return _hasher.hash("nobody has this password")
