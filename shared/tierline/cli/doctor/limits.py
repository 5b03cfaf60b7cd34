"""Every bound of the doctor: how long it waits, and from where on something is amiss."""

CONNECT_SECONDS = 4.0
ANSWER_SECONDS = 5.0
CHECK_SECONDS = 8.0
"""Longest that one check may take; all run at the same time, so that half an installation that is
down costs no more."""

LISTED_MAX = 5
"""Names in one finding; of more, how many there are."""

POSTGRES_MIN = 15
POOL_WARN_SHARE = 0.8
SLOT_WARN_BYTES = 1 * 2**30
SLOT_FAIL_BYTES = 10 * 2**30
DISK_WARN_BYTES = 2 * 2**30

LAG_WARN = 10_000
"""Messages: five seconds of a backlog at the rate that one replica takes."""
RETENTION_WARN_MS = 24 * 3600 * 1000
MESSAGE_BYTES_MIN = 300 * 1024
"""An event of 256 KB, and what goes around it."""

SKEW_WARN_S = 2.0
SKEW_FAIL_S = 30.0
"""Signatures of webhooks are good for five minutes; promises go by the database's clock alone."""

TOKEN_WARN_DAYS = 14
CERTIFICATE_WARN_DAYS = 30
BACKUP_WARN_HOURS = 26
BACKUP_FAIL_HOURS = 24 * 7

LETTERS_RECENT_HOURS = 24
