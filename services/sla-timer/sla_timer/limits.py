"""Every bound of the timer, in one place. Seconds are transport time: always real."""

BATCH = 50
"""Tickets of one transaction: their locks are held about 15 ms."""

DRAINERS = 2
"""Transactions at a time while more than a batch is due."""

POLL_S = 0.025
"""From the start of a look to the next, unless the next due instant comes sooner."""
PAUSE_MIN_S = 0.004
"""Between two looks at least, so that what is due close together goes together."""
ERROR_WAIT_S = 0.5
REPLAYS_MAX = 5

SET_ASIDE_S = 60.0
"""A ticket on which time cannot pass is looked at again after so many policy seconds."""

TICK_SILENCE_S = 90.0
"""A tick that has been at one batch for this long is stuck: its statements, of 15 s each at most,
would have ended by then, and everything that is due waits for it."""

STANDING_EVERY_S = 15.0
"""What stands in the tables is read for the gauges so often..."""
STANDING_SHARE = 0.02
"""...and where that takes long, so seldom that it takes no more than this share of the time."""

AUDIT_EVERY_S = 20.0
"""From one look of the auditor to the next; what is late then: `tierline.store.audit.LATE_S`."""

HEARTBEAT_EVERY_S = 60.0
HEARTBEAT_FRESH_S = 60.0
"""A heartbeat speaks of a look that is no older than this."""

TELL_S = 10.0
"""Longest for one mail, webhook or heartbeat of the auditor."""
