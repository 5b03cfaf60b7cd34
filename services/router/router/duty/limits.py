"""How much of a schedule one request may ask for."""

from datetime import timedelta

SHOWN_DAYS = timedelta(days=14)
"""Of a schedule, where `until` is left out."""

EXPORTED_DAYS = timedelta(days=90)
"""Ahead of now, in a calendar feed."""

IMPORTED_DAYS = timedelta(days=366)
"""Ahead of now, of a calendar file that repeats without end."""

IMPORTED_EVENTS_MAX = 1_000
"""Events in one calendar file."""

UNMATCHED_SHOWN = 100
"""Entries of a calendar file that are listed as not taken."""
