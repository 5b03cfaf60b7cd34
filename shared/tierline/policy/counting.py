"""The counter that rules may use: `count("7d")`, how many alerts like this one have come.

Alerts are alike that come from one integration, with one dedup key, for one client, and say that
something is wrong. The alert itself is one of them, so the first counts 1. A window ends with the
acceptance of the alert itself; `7d` is seven times 24 hours. A ticket without an alert counts 0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tierline.domain.triage import COUNTED_MAX, COUNTED_WITHIN_MAX
from tierline.policy.errors import Problems, Where
from tierline.policy.shapes import BAD, JsonSchema, kind_of

COUNT: Final = "count"
"""The fact that holds, by window as it is written, how many there are."""

_WINDOW = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNIT: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_AT_LEAST = re.compile(r"at least ([0-9]{1,6})")

_QUOTED = r"""[rRbB]{0,2}(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
_CALLS = re.compile(rf"""(?P<text>{_QUOTED})|(?P<call>\bcount\s*\(\s*(?P<window>{_QUOTED})\s*\))""")

_LONGEST: Final = f"{COUNTED_WITHIN_MAX.days}d"
_EXAMPLE: Final = f'minutes, hours or days up to {_LONGEST}, like count("7d")'


class WindowError(ValueError):
    """A window that cannot be counted over; its text says why."""


def window(text: str) -> timedelta:
    """The length of a window: `90m`, `24h`, `7d`. Raises WindowError."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise WindowError(f"`{text[:40]}` is no window to count over")
    length = int(found[1]) * _UNIT[found[2]]
    if length > COUNTED_WITHIN_MAX:
        raise WindowError(f"`{text}` is longer than {_LONGEST}, the most that is counted over")
    return length


def remedy() -> str:
    """How a window is written."""
    return f"write {_EXAMPLE}"


def looked_up(source: str) -> tuple[str, frozenset[str]]:
    """An expression in which every `count("7d")` looks into the fact `count`, and its windows.

    Raises WindowError for a window that cannot be counted over.
    """
    windows: set[str] = set()

    def look(found: "re.Match[str]") -> str:
        if found["call"] is None or source[: found.start()].rstrip().endswith("."):
            return found[0]
        text = found["window"][1:-1]
        window(text)
        windows.add(text)
        return f'{COUNT}["{text}"]'

    return _CALLS.sub(look, source), frozenset(windows)


def counts(when: str | Mapping[str, Any] | None) -> bool:
    """Whether a rule's checked `when` counts alerts."""
    return bool(windows_of(when))


def windows_of(when: str | Mapping[str, Any] | None) -> frozenset[str]:
    """The windows, as they are written, that a rule's checked `when` counts over."""
    if isinstance(when, str):
        return looked_up(when)[1]
    return frozenset(fact.removeprefix(f"{COUNT}.") for fact in when or () if is_count(fact))


def is_count(fact: str) -> bool:
    """Whether a fact, as it is written, is a count: `count.7d`."""
    return fact.startswith(f"{COUNT}.")


def least_of(text: str) -> int:
    """The number that an accepted `at least 2` names."""
    return int(text.rpartition(" ")[2])


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`at least 2`: from how many alerts like it on a rule matches."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept `at least` and a number from 1 to what is counted."""
        found = _AT_LEAST.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            example = value if isinstance(value, int) and value > 0 else 2
            said = f"{kind_of(value)} does not say from how many on"
            problems.error(at, said, f"write it like at least {int(example)}")
            return BAD
        if not 1 <= int(found[1]) <= COUNTED_MAX:
            said = f"`{found[0]}` is never counted"
            problems.error(at, said, f"write a number from 1 to {COUNTED_MAX}")
            return BAD
        return found[0]

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": "^at least [0-9]{1,6}$"}
