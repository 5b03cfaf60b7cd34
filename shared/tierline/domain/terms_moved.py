"""What the policy makes of a ticket: its delay is over, or a new version holds for it.

Part of the events (`tierline.domain.events`), where they are all listed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entered:
    """Its delay is over: it came into its group's queue. `budget`, `expected_at`: as of a move."""

    tier: str
    group: str
    budget: str = ""
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TermsMoved:
    """Its running promises and limits were moved to the terms of another version of the policy.

    `from_policies`: the versions they were pinned to, `to_policy` the one they are pinned to now.
    `dues`: by clock, the due instant (UTC) before and after; None while it stands still, or where
    there is no such promise.
    """

    from_policies: tuple[str, ...]
    to_policy: str
    reason: str = ""
    dues: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
