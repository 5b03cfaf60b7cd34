"""Wrong passwords by login: after a few within a minute the login has to wait.

Kept in the process: with several replicas a guesser gets a few tries at each.
"""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from tierline.web.limits import LOGINS_REMEMBERED, WRONG_PASSWORDS, WRONG_WITHIN_S


class WrongPasswords:
    """Counts tries before they are judged, so that many at once do not slip through.

    Args:
        clock: seconds that only ever go forward; another one in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def begin(self, login: str) -> int:
        """Count a try; returns 0, or the whole seconds to wait where there were too many."""
        now = self._clock()
        tries = self._tries.setdefault(login, deque(maxlen=WRONG_PASSWORDS))
        self._tries.move_to_end(login)
        while len(self._tries) > LOGINS_REMEMBERED:
            self._tries.popitem(last=False)
        while tries and tries[0] <= now - WRONG_WITHIN_S:
            tries.popleft()
        if len(tries) == WRONG_PASSWORDS:
            return max(1, math.ceil(tries[0] + WRONG_WITHIN_S - now))
        tries.append(now)
        return 0

    def right(self, login: str) -> None:
        """The password was right: the count begins anew."""
        self._tries.pop(login, None)
