"""Every limit of letters, in one place."""

from datetime import timedelta
from typing import Final

LOOK_S: Final = 1.0
"""Real seconds between two looks at what is due."""

LETTERS_A_LOOK: Final = 100
"""Letters written before the loop rests; the others come with the next look."""

SPARED_LOOKS: Final = 60
"""Looks that a letter is left alone for after it could not be written, so that it holds up none."""

LATE: Final = timedelta(minutes=1)
"""From so much policy time on a letter says that it is late."""

MANAGERS_MAX: Final = 50
"""Service managers of single clients who get the week of theirs."""

RECIPIENTS_MAX: Final = 500
"""People whom one look for digests writes to; the others follow with the next day's."""
