"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. `skipped`: it could not be looked at; what stood in the way is said."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: what was looked at.
        level: how it is.
        said: what was seen, for people.
        remedy: what to do; empty where nothing is to be done.
    """

    check: str
    level: Level
    said: str
    remedy: str = ""


def ok(check: str, said: str) -> Finding:
    """Nothing is wrong."""
    return Finding(check, Level.OK, said)


def warn(check: str, said: str, remedy: str) -> Finding:
    """It works, and will not always."""
    return Finding(check, Level.WARN, said, remedy)


def fail(check: str, said: str, remedy: str) -> Finding:
    """Something does not work, or a promise may be broken at any time."""
    return Finding(check, Level.FAIL, said, remedy)


def skipped(check: str, said: str, remedy: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(check, Level.SKIPPED, said, remedy)
