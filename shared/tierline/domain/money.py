"""Amounts of money: whole numbers of minor units, in the provider's currency."""

from typing import Final

MINOR_UNITS: Final = 100
"""Cents, pence: an amount is kept in these."""


def money(amount: int, currency: str, *, per_hour: bool = False) -> str:
    """An amount in words, like `180.00 GBP an hour`."""
    whole, part = divmod(amount, MINOR_UNITS)
    said = f"{whole}.{part:02}" + (f" {currency}" if currency else "")
    return f"{said} an hour" if per_hour else said
