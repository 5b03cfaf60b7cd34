"""Every limit of storms beside those of the policy."""

from typing import Final

STORM_TICKETS_MAX: Final = 1_000
"""Tickets of one storm that are shown, and decided in one go, those with the lowest numbers."""

TOLD_TICKETS_MAX: Final = 50
"""Tickets that the message of a storm lists; it says how many more there are."""

STORMS_LISTED: Final = 50
"""Storms that a list holds, the newest."""

BOARD_STORMS: Final = 10
"""Storms that the board shows, the newest of those that are not over."""
