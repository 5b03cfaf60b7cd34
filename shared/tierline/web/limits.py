"""Every limit of the HTTP edge, in one place. Seconds are transport time."""

BODY_BYTES_MAX = 1024 * 1024
"""A larger request body is refused with 413 before it is read to its end."""

CREDENTIAL_CACHE_S = 30.0
"""A revoked credential works for at most this long where it was just used."""

CREDENTIAL_CACHE_MAX = 10_000
"""Credentials remembered by a process; the one used longest ago goes first."""

SESSION_S = 12 * 3600
"""A session ends this long after it began."""

SESSIONS_PER_PERSON = 50
"""A further login ends the person's oldest session."""

WRONG_PASSWORDS = 5
"""Wrong passwords a login may have within WRONG_WITHIN_S before it has to wait."""

WRONG_WITHIN_S = 60.0

LOGINS_REMEMBERED = 10_000
"""Logins whose wrong passwords a process keeps count of."""

HASHES_AT_ONCE = 2
"""Passwords being hashed at the same time (each takes a core and tens of megabytes)."""

HASHES_WAITING = 32
"""Logins that may wait for one of those; the next is told to come back."""

RETRY_AFTER_S = 2
"""What a 503 tells the caller to wait."""

IDEMPOTENCY_KEY_MAX = 255

IDEMPOTENCY_KEPT_S = 24 * 3600
"""A first answer is given again to a retry for this long."""

STREAM_QUEUE_MAX = 256
"""Messages a subscriber may fall behind before it is dropped and told to fetch anew."""

STREAM_SUBSCRIBERS_MAX = 500
"""Open streams of one process."""

STREAMS_PER_CALLER = 50
"""Of these, streams of one person or token, so that nobody takes everybody's."""

RECONNECT_FIRST_MS = 250
RECONNECT_APART_MS = 50
RECONNECT_PLACES = 50
"""A stream that is ended because its server ends says when to connect again: the first at once, the
others a little later each, over some seconds."""

HEARTBEAT_S = 15.0
"""A stream says at least this often what policy time it is."""

FIELD_ERRORS_MAX = 20
"""Faults of one request that are listed."""
