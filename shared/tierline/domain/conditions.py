"""What a step of a path may ask of a ticket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

TEXT_FACTS: Final = (
    "client",
    "agreement",
    "site",
    "host",
    "service",
    "source",
    "title",
    "category",
)
STEP_FACTS: Final = (*TEXT_FACTS, "type", "priority", "vip", "vendor")
"""What a step may ask about. `vendor`: the one with whom a case is open."""


@dataclass(frozen=True, slots=True)
class Condition:
    """For which tickets a step is. `said`: as it reads; `holds`: a pure test of facts."""

    said: str
    holds: Callable[[Mapping[str, Any]], bool]
