"""When to try again. Pure: the attempt's number and a random source in, seconds out."""

from dataclasses import dataclass
from random import Random

JITTER = 0.2
"""A wait is drawn from within this fraction of its nominal length, either way."""


@dataclass(frozen=True, slots=True)
class Exponential:
    """Doubling waits: `first_s` seconds, at most `longest_s`.

    `attempts`: how many sends there are at most; `age_s`: a message older than this (real seconds
    since it was written) is given up.
    """

    first_s: float
    longest_s: float
    attempts: int
    age_s: float

    def wait(self, attempt: int, age_s: float, rng: Random) -> float | None:
        """Seconds from attempt number `attempt` (from 1) to the next; None when it was the last.

        `age_s`: seconds since the message was written.
        """
        if attempt >= self.attempts:
            return None
        exponent = min(attempt - 1, 62)
        seconds = min(self.first_s * 2**exponent, self.longest_s)
        return None if age_s + seconds > self.age_s else _jittered(seconds, rng)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A written list of waits in seconds: one more attempt than there are waits."""

    waits_s: tuple[float, ...]

    @property
    def attempts(self) -> int:
        """How many sends there are at most."""
        return len(self.waits_s) + 1

    def wait(self, attempt: int, age_s: float, rng: Random) -> float | None:  # noqa: ARG002
        """Seconds from attempt number `attempt` (from 1) to the next; None when it was the last."""
        if attempt > len(self.waits_s):
            return None
        return _jittered(self.waits_s[attempt - 1], rng)


Backoff = Exponential | Schedule


def _jittered(seconds: float, rng: Random) -> float:
    return seconds * (1 + rng.uniform(-JITTER, JITTER))
