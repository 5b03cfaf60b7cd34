"""What of a log could not be taken: every kind of it counted, its first rows and values listed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LISTED_MAX = 1_000
"""Rows listed of one reason in one column; so that a frequent one never hides a rare one."""

VALUES_MAX = 200
"""Different values counted of one reason in one column."""

VALUE_CHARS_MAX = 200

Why = tuple[str, str]
"""A column and a reason."""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """What of a row could not be taken, and what is done instead. `row`: as in `Row.number`."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Notes:
    """Collects what could not be taken.

    `reasons` counts all of it by column and reason, `values` the different values of each.
    """

    listed: list[Unmapped] = field(default_factory=list)
    reasons: Counter[Why] = field(default_factory=Counter)
    values: dict[Why, Counter[str]] = field(default_factory=dict)

    @classmethod
    def going_on(
        cls,
        listed: Iterable[Unmapped],
        reasons: Mapping[Why, int],
        values: Mapping[Why, Mapping[str, int]],
    ) -> "Notes":
        """Notes that begin with what was found before."""
        counted = {why: Counter(found) for why, found in values.items()}
        return cls(list(listed), Counter(reasons), counted)

    def add(self, row: int, column: str, value: str, reason: str) -> None:
        """Note one value of one row."""
        why, shown = (column, reason), value[:VALUE_CHARS_MAX]
        self.reasons[why] += 1
        if self.reasons[why] <= LISTED_MAX:
            self.listed.append(Unmapped(row, column, shown, reason))
        values = self.values.setdefault(why, Counter())
        if shown in values or len(values) < VALUES_MAX:
            values[shown] += 1
