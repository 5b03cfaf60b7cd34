"""Every bound of the timer, in one place. Seconds are transport time: always real."""

BATCH = 100
"""Tickets of one transaction: their locks are held about 15 ms."""

POLL_S = 0.025
ERROR_WAIT_S = 0.5
REPLAYS_MAX = 5

SET_ASIDE_S = 60.0
"""A ticket on which time cannot pass is looked at again after so many policy seconds."""
