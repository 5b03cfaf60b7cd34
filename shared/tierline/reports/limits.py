"""Every limit of a report, in one place."""

from datetime import timedelta
from typing import Final

LIST_TICKETS_MAX: Final = 1_000
"""Open tickets of a group that a list looks at, the most pressing first; it says where there were
more."""

REPORT_DAYS_MAX: Final = 92
"""The longest stretch that one report covers."""

REPORT_EVENTS_MAX: Final = 100_000
"""Events that the figures of one stretch are made of; where more were recorded, ask for less."""

BOUNCES_MAX: Final = 2_000
"""Bounces that one ledger holds, the newest; it says where there were more."""

WOKEN_MAX: Final = 200
"""Pairs of a person and an occasion that the notices at night are told by."""

EVENTS_A_FETCH: Final = 500

DIGEST_MAX: Final = 100
"""Notices that one letter takes from what is held for a digest; the rest go with the next."""

NIGHT: Final = (22, 7)
"""From this hour up to that one of the provider's wall a notice that wakes is one at night."""

SINCE_DEFAULT: Final = timedelta(days=1)
"""What is new for a list that is a group's first."""

TRAINING_DAYS: Final = 180
"""How far back training looks for what there is to teach."""

CASES_MAX: Final = 1_000
JUDGED_MAX: Final = 200
"""Resolved tickets of that stretch that are looked at, the newest, and how many escalated ones of
them are judged."""

EFFECT_DAYS: Final = 28
EFFECTS_MAX: Final = 50
"""Whether an item helped is counted over so many days before and after, for so many items."""

GUIDES_TOLD: Final = 50
"""Guides of a category, or overdue ones, that one answer holds."""
