"""Every limit of a line, in one place; each is in the schema, and named when it is exceeded."""

LINE_BYTES_MAX = 1_048_576
"""As long as the body of a request may be; a calendar of 10,000 holidays fits."""

PAUSES_MAX = 1_000
"""Pauses of one question."""

REASON_MAX = 200
"""Characters of the reason of a pause."""

MINUTES_MAX = 20 * 366 * 24 * 60
"""The longest target: as far as a due instant is searched for, were every minute open."""
