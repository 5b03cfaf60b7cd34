"""Every limit of the agenda, in one place."""

from datetime import timedelta

BOOKED_DAYS = timedelta(days=7)
"""How far ahead bookings are shown where nothing else is asked."""

BOOKED_DAYS_MAX = timedelta(days=62)

SURVEYED_DAYS = timedelta(days=30)
"""How far back answers are counted where nothing else is asked."""

SURVEYED_DAYS_MAX = timedelta(days=366)

BOOKED_MAX = 500
"""Bookings in one answer."""

TO_CONFIRM_MAX = 200
"""Resolutions to confirm in one answer, those that close first on top."""
