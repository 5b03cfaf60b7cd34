"""Every bound of triage, in one place. Seconds are transport time: always real."""

from tierline.domain.triage import COUNTED_MAX

BATCH = 50
"""Alerts of one transaction: its locks are held about 15 ms."""

REPLAYS_MAX = 8

QUIET_S = 0.05
"""An alert that comes after this long without one is triaged by the process that took it."""
IN_HAND_MAX = 20
"""Alerts of one commit up to which that holds."""
SWEEP_EVERY_S = 5.0
SWEEP_OLDER_THAN_S = 5.0
SWEEP_ALERTS_MAX = 500
SWEEP_READS_MAX = 100
"""Full reads that one sweep does in a row before it waits again."""

ALIKE_READ_MAX = 2 * COUNTED_MAX + BATCH
"""Alerts of one kind that are read to count those that fired: each may have a recovery after it."""

DIRECTORY_S = 5.0
"""How long what records say of clients and devices is kept."""

DEVICES_MAX = 10_000
BODY_MAX = 4_000
"""Characters of an alert's body that the ticket shows; the whole stays with the alert."""
