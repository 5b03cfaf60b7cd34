"""Every limit of the router beside those of the HTTP edge. Seconds are transport time."""

TRIES = 3
"""Times a transaction that met a deadlock or a lock timeout is run before the caller hears 503."""

RETRY_WAIT_S = 0.02
"""The longest random wait before such a transaction is run again."""

PAGE = 50
"""Rows of a list, unless asked for otherwise."""

PAGE_MAX = 200

EVENTS_PAGE = 200

TICKET_NOTICES_MAX = 1_000
"""Notices shown of one ticket, the newest first."""

EXPLAINED_EVENTS_MAX = 5_000
"""Events of a ticket whose log is still read as a whole to say why."""

CONTACTS_MAX = 5_000
"""Contacts listed beside the policy."""

NAMES_KEPT_S = 30.0
"""How long it may take until a person's new name is used in sentences."""

LIVE_EVERY_S = 1.0
"""How often the live stream looks whether the broker has kept something from it."""

LIVE_LATE_S = 2.0
"""A change the broker has not brought by then is read from Postgres."""

LIVE_WINDOW_S = 30.0
"""How far back such a look goes; who was away for longer is told to fetch anew."""

LIVE_TICKETS_MAX = 500
"""Changed tickets one look reads; with more, everybody is told to fetch anew."""

LIVE_KNOWN_MAX = 50_000
"""Tickets whose last streamed seq is remembered."""

TIDY_EVERY_S = 600.0
"""How often old answers and ended sessions are removed."""

DEAD_LETTER_SHOWN = 4_000
"""Characters of a dead letter that a list shows."""

JUMP_S_MAX = 366 * 86_400
"""The longest single jump of policy time."""

RECORDED_MAX = 500
"""Commands of a recorded log in one request, and so in one transaction."""

NAMES_SUGGESTED = 500
"""Names looked through for the one that was meant."""

IMPORT_CELL_MAX = 100_000
IMPORT_ROWS_MAX = 5_000
"""Rows of one import; its bytes are bounded as every body is."""

IMPORT_FAULTS_MAX = 200
"""Refused rows of an import that are listed."""

EXPORT_ROWS_MAX = 100_000
"""Records of one export; with more, ask client by client."""

AMOUNT_MAX = 100_000_000_000
"""Minor units of the largest amount that is asked for."""
