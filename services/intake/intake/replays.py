"""While a recorded log is replayed on this development stack, alerts of today are turned away.

They would be accepted at an instant years ago. Their senders are told to come again (503): nothing
is lost, since every monitor's client keeps what got a 503.
"""

import time
from collections.abc import Callable

from intake.errors import ReplayRunningError
from intake.limits import REPLAY_LOOK_SECONDS
from tierline.store.database import Database
from tierline.store.replays import running_replay


class Replays:
    """Looks whether a replay is running, at most each REPLAY_LOOK_SECONDS.

    A replay begins before its services start, so that it is seen by the first request.

    Args:
        database: read when the last look is older than that.
        clock: monotonic seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._name: str | None = None
        self._until = float("-inf")

    async def check(self) -> None:
        """Raise ReplayRunningError while a replay runs, one of UNREACHABLE where nobody can say."""
        if self._clock() >= self._until:
            async with self._database.connection() as connection:
                self._name = await running_replay(connection)
            self._until = self._clock() + REPLAY_LOOK_SECONDS
        if self._name is not None:
            raise ReplayRunningError(f"the replay of {self._name} is running here")
