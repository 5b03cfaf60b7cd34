"""Every bound of the bus, in one place. Seconds are transport time: always real."""

BATCH_MAX = 500
"""Messages handled in one transaction."""

RELAY_ROWS_MAX = 1_000
"""Outbox rows sent in one pass, a like share of each shard it takes; a pass with half of them is
full, since some shard had more."""

RELAY_SHARDS_MAX = 16
"""Shards one pass takes..."""
RELAY_SHARDS_CROWD = 4
"""...and after a full one, so that several replicas share a backlog."""

RELAY_POLL_S = 0.25
"""Rows are sent as they are committed; a look every so often finds those of a relay that died."""
RELAY_BUSY_S = 0.005
"""A nudged shard that another relay holds is tried again after this."""

RELAY_GATHER_S = 0.025
CONSUMER_GATHER_S = 0.05
"""Longest pause after a pass or a batch that followed another within this time and left nothing
behind. It is as long as the work before it took, so that under load what comes meanwhile goes
together. What comes after a silence never waits, nor what follows on it."""

GATE_CHECK_S = 1.0
"""How long the topics, once seen, are taken to exist."""

PRODUCER_BATCH_BYTES = 128 * 1024
MESSAGE_BYTES_MAX = 1_000_000
"""A longer message is not even tried: brokers refuse it, by default somewhat above this."""

REQUEST_TIMEOUT_MS = 10_000
SEND_TIMEOUT_S = 15.0
"""A batch is taken by then or sent again: a transaction that waits for it may idle for 30 s."""

SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_MS = 3_000
MAX_POLL_INTERVAL_MS = 120_000
FETCH_WAIT_SHARE = 0.025
"""A fetch waits at the broker for this share of the silence so far..."""

FETCH_WAIT_MS_EMBEDDED = (5, 100)
"""...and so many milliseconds at least and at most at the embedded broker, which looks only when a
part of the wait is over..."""

FETCH_WAIT_MS_KAFKA = (100, 500)
"""...or at Apache Kafka, which answers the moment something arrives. The least is what a message
may lose where a batch takes long: what was brought meanwhile is left out of the next fetch."""

GET_WAIT_MS = 500
"""How long a consumer waits for its client before it looks whether it is to stop."""

REST_LOOK_MS = 250
"""How often a consumer that nobody needs looks whether it is needed again."""

FETCH_BYTES_MAX = 4 * 1024 * 1024

COMMIT_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 5.0

LAG_HEARD_S = 10.0
"""A consumer that was brought nothing for this long no longer holds the sweep back."""

REACHED_S = 10.0
"""A broker that answered the producer within this is taken to be there."""
REACH_WAIT_S = 1.5
"""How long a probe waits for it to answer; the asking goes on."""

OUT_OF_GROUP_S = 15.0
"""How long a consumer may be out of its group (a rebalance, a broker that starts anew) before it is
said to be cut off."""

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 5.0

REPLAYS_MAX = 5
"""Times a batch that met a deadlock or a lock timeout is run again before it goes one by one."""

SWEEP_EVERY_S = 5.0
SWEEP_OLDER_THAN_S = 5.0
SWEEP_TICKETS_MAX = 500
SWEEP_READS_MAX = 100
"""Full reads that one sweep does in a row before it waits again."""

SWEEP_WITHIN_S = 600.0
"""A sweep looks at what changed this recently..."""
SWEEP_ALL_EACH = 60
"""...and each so many sweeps, and at the start, at all that changed since nothing was unseen."""


def backoff_s(failures: int) -> float:
    """Seconds to wait after the given number of failures in a row (at least 1)."""
    wait: float = BACKOFF_FIRST_S * 2 ** min(failures - 1, 10)
    return min(BACKOFF_MAX_S, wait)
