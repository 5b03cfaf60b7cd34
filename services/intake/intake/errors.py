"""Why a request may have to come again. Both are answered 503, never 429.

Alertmanager and Datadog retry on 5xx alone; an alert answered 429 would be lost.
"""


class BusyError(Exception):
    """Too much is waiting; nothing was taken."""


class AwayError(Exception):
    """The commit is not known to have succeeded.

    It may have been taken all the same: its dedup key absorbs the retry.
    """


class ReplayRunningError(Exception):
    """A recorded log is being replayed here; nothing was taken."""
