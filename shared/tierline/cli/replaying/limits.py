"""Every bound of a replay, in one place. Seconds are real time."""

COMMANDS_A_REQUEST = 200
"""Recorded commands of one request, and so of one transaction: about 100 ms of locks."""

JOBS, JOBS_MAX = 2, 16
"""Requests under way at once."""

TIME_EVERY_S = 0.1
"""How often held policy time follows the earliest instant not yet recorded."""

LOOK_EVERY_S = 0.5
"""How often the backlog is looked at, and the progress shown on a terminal."""

SAY_EVERY_S = 10.0
"""How often the progress is said where nobody watches a terminal."""

OUTBOX_MAX = 20_000
"""With more messages on their way nothing new is recorded until half of them have gone."""

ANSWER_S = 60.0
RETRY_FIRST_S, RETRY_MAX_S = 0.1, 2.0
"""A request without an answer is sent again under the same keys."""

SILENT_MAX_S = 180.0
"""For so long a part of the stack may be away before the replay gives up (and can be resumed)."""

STUCK_MAX_S = 120.0
"""A backlog that does not shrink for so long is a failure, said with what it consists of."""

LISTED_MAX = 20
"""Entries of each list that people are shown; the JSON report has more."""

REPORTED_MAX = 1_000
"""Entries of each list in the JSON report."""

EVENTS_A_READ = 5_000
"""Events read at once for the report."""

REPORT_S = 900
"""The longest that one table of the report may take to read."""

TOKEN_DAYS = 30
"""The replay's own token ends by itself; each start makes a new one."""
