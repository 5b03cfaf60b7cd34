"""Every limit of previewing and applying a policy. Seconds are real."""

from typing import Final

from tierline.policy.source import REFRESH_S

LOOKED_AT_MAX: Final = 20_000
"""Open tickets a preview looks at, those with the lowest numbers; the answer says how many more."""

READ_AT_ONCE: Final = 200
"""Tickets read, and looked at, before other requests have their turn."""

LISTED_MAX: Final = 1_000
"""Tickets a preview lists, those first that would be worst off."""

DIFFERENCES_MAX: Final = 500

VALID_S: Final = 15 * 60.0
"""How long after it was made a preview can be applied."""

DRIFT_SHARE: Final = 0.1
DRIFT_LEAST: Final = 10
"""Tickets that may have come and gone meanwhile: this share of those looked at, but this many."""

HELD_MAX: Final = 500
"""Tickets of groups that go, which one transaction takes to another group."""

IN_FORCE_S: Final = 2 * REFRESH_S + 1
"""After this long every service decides under a new version, and knows its calendars."""

MOVE_BATCH: Final = 100
"""Tickets of one transaction: its locks are held about 15 ms."""
