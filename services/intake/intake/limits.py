"""Every bound of the edge, in one place. Characters are Unicode code points, bytes are bytes."""

BODY_BYTES_MAX = 4 * 1024 * 1024
"""A request's body; 413 beyond it."""

OPEN_BYTES_MAX = 64 * 1024 * 1024
"""What all requests together may have sent of bodies still being read; 503 beyond it."""

BODY_SECONDS = 30.0
"""How long a sender may take to send its body; 408 beyond it."""

ALERTS_MAX = 1_000
"""Alerts in one request; 413 beyond it."""

ALERT_BYTES_MAX = 64 * 1024
"""One alert in its stored form; rejected beyond it."""

DEDUP_KEY_MAX = 512
"""Characters; a longer key is rejected, since cutting it would join different problems."""

TITLE_MAX = 500
NAME_MAX = 300
"""client, site, host and service: characters; the rest is cut, the whole kept under extra."""

LABELS_MAX = 100
LABEL_KEY_MAX = 200
LABEL_VALUE_MAX = 1_000
LINKS_MAX = 20
LINK_MAX = 2_000
DEPTH_MAX = 32
"""How deep kept content may nest; what lies deeper is kept as text."""

DEAD_LETTER_BYTES_MAX = 64 * 1024
"""Of a rejected member; its reason says how much was cut."""

REASON_MAX = 500
"""Characters of one stated reason."""

CACHE_SECONDS = 30.0
KEYS_CACHED_MAX = 4_096
UNKNOWN_KEYS_CACHED_MAX = 1_024
KEY_LOOKUPS_MAX = 2
"""Keys looked up at once, so that unknown keys never take every connection."""

KEY_LOOKUPS_WAITING_MAX = 64
"""Different keys waiting to be looked up; 503 beyond it."""

CLIENTS_MAX = 100_000

COMMIT_ALERTS_MAX = 500
"""Alerts in one commit, or those of one request where it holds more."""

COMMIT_BYTES_MAX = 8 * 1024 * 1024
QUEUE_ALERTS_MAX = 10_000
QUEUE_BYTES_MAX = 32 * 1024 * 1024
"""What may wait for a commit; 503 beyond either."""

COMMIT_SECONDS = 5.0
"""How long a commit may take before its senders are told to come again."""

LINGER_SECONDS = 1.0
"""How long the committing task keeps its connection when nothing waits."""

REPLAY_LOOK_SECONDS = 1.0
"""How old may be what a development stack knows of a replay that runs on it."""

RETRY_AFTER_SECONDS = 1
