"""Every limit of archiving, in one place."""

from datetime import timedelta
from typing import Final

FILE_TICKETS_MAX: Final = 200
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""A file takes no further ticket beyond either; bytes before they are packed."""

FILES_A_ROUND: Final = 5
"""Files written in one round of housekeeping; the rest come with the next."""

LOOKED_AT_MAX: Final = 1_000
"""Closed tickets whose state is looked at in one statement."""

LOOKS_A_ROUND: Final = 50

ROWS_A_PAGE: Final = 50
"""Rows of one ticket that are held in memory at once."""

LINE_BYTES_MAX: Final = 16 * 1024 * 1024
"""The longest line that is read; none that is written comes near it."""

ALERTS_AT_ONCE: Final = 20_000
"""Numbers of alerts that one statement goes over."""

TICKETS_AT_ONCE: Final = 200
"""Archived tickets whose rows one statement deletes."""

STRAGGLERS_AFTER: Final = timedelta(days=92)
"""So long after a month could have gone as a whole, what is archived of it is deleted by row."""

LEFT_AFTER_S: Final = 86_400
"""A file that nobody has finished writing for so long is left over."""

RESTORED_FOR: Final = timedelta(days=30)
"""A ticket that was brought back is not archived again before."""
