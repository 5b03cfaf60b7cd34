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

RCA_EVENTS_MAX = 500
"""Events that the timeline of a root cause analysis is made from."""

CONTACTS_MAX = 5_000
"""Contacts listed beside the policy."""

ABSENCES_EVERY_S = 5.0
"""How often it is looked whether absences were put on record, or taken back."""

ABSENCES_LOOKS = 8
"""Looks after which tickets are told again of a changed absence: longer than the people of a floor
may be old, which is ROTAS_EVERY_S and FLOOR_EVERY_MAX_S (`tierline.store.floor`)."""

ABSENT_TICKETS_MAX = 500
"""Tickets of one person told of an absence in one look; the others are in the next."""

NEXT_TRIES = 5
"""Tickets that are tried for who asks for the next one, before there is none."""

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
"""How often old answers and ended sessions are removed, and tickets archived."""

MONTHS_EVERY_S = 20.0
"""How often months are kept: a new house's first blocks, 4,000 tickets together, may be filled by
an import within minutes, and what lies beyond them has to be moved later."""

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

REACTION_STEP = 50
"""Tickets that one transaction reacts on: their rows stay locked for a few milliseconds."""

REACTION_POLL_S = 0.25
"""How often reactions are looked for that another router has noted, or left."""

REACTION_WAIT_S = 1.0
"""How long to wait where Postgres is away, or there is no policy."""

REACTION_REASON_MAX = 500
"""Characters of a reason that a reaction's outcome keeps."""

OTHERS_MAX = 100
"""Tickets that one request names beside its own."""

GATHERED_MAX = 1_000
"""Tickets that one search puts under a major incident; with more, say it more closely."""

GATHER_STEP = 50
"""Of these, so many in one transaction."""

KNOWN_SHOWN = 20
"""Workarounds shown on one ticket; with more, none of them is looked at."""

KNOWN_ERRORS_MAX = 1_000
"""Open problems that a list of known errors holds; with more, ask client by client."""

MAJORS_SHOWN = 20
"""Open major incidents that the board shows, the newest."""

LETTERS_LISTED = 50
LETTERS_MAX = 200
"""Letters that one answer holds: as asked, and at most."""

AMOUNT_MAX = 100_000_000_000
"""Minor units of the largest amount that is asked for."""
