"""Small pieces of sentences. Instants are UTC and say so."""

import re
from datetime import datetime
from typing import Any

QUOTE_MAX = 160
"""Characters of a person's own words that a sentence repeats."""

_ENDS_TWICE = re.compile(r"([?!])\.")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def when(at: datetime) -> str:
    """`23 Nov 2026 14:30 UTC`."""
    return f"{at.day} {at:%b %Y %H:%M} UTC"


def length(seconds: float) -> str:
    """`1 hour 30 minutes`: the two largest units that say it."""
    left, parts = round(seconds), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 seconds"


def because(reason: str) -> str:
    """`: reason` on one line, cut after QUOTE_MAX characters, or nothing."""
    line = " ".join(reason.split())
    if len(line) > QUOTE_MAX:
        line = f"{line[:QUOTE_MAX].rstrip()} (and more)"
    return f": {line.rstrip('.')}" if line else ""


def sentence(text: str) -> str:
    """A sentence that ends once, where somebody's own words end it already."""
    return _ENDS_TWICE.sub(r"\1", text)


def listed(names: list[str]) -> str:
    """`a, b and c`; `nobody` for none."""
    if len(names) < 2:
        return names[0] if names else "nobody"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def floor_words(floor: Any) -> str:
    """What a decision saw of the receiving group; empty where it saw nothing."""
    if not isinstance(floor, dict) or not floor.get("group"):
        return ""
    staffed = "was staffed" if floor.get("staffed") else "was not staffed"
    return f"{floor['group']} {staffed} and had {floor.get('load', 0)} open tickets."
