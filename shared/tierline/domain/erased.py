"""Whose data were erased: what stands for them, and that nobody writes to it."""

from typing import Final

ERASED_DOMAIN: Final = "erased.invalid"
"""No mail can ever reach an address below it (RFC 2606)."""


def is_erased(address: str) -> bool:
    """Whether `address` stands for somebody whose data were erased."""
    return address.endswith(f"@{ERASED_DOMAIN}")
