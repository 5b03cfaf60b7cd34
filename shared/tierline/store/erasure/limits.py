"""Every limit of erasing, in one place."""

from typing import Final

PAGE_ROWS: Final = 1_000
"""Rows of a table that one statement goes over."""

ROWS_AT_ONCE: Final = 100
"""Rows that one transaction changes."""

TICKETS_AT_ONCE: Final = 10
"""Tickets that one transaction locks, and whose events it changes."""

PASSES_MAX: Final = 5
"""Looks at everything. What services wrote meanwhile is found by the next; more are never needed
unless they write of the person without end."""

TRIES_MAX: Final = 5
"""Times that a transaction is run again because others were in its way."""

NAMES_MAX: Final = 50
"""Names of one person; beyond it something else is amiss."""

NAME_LETTERS_MIN: Final = 2
NAME_LETTERS_MAX: Final = 200
