"""When limits that run out are a storm, as a policy says it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class StormRules:
    """When limits of one group that run out are too many to be decided one by one.

    Those beyond `more_than` of them `within` so long are gathered for one decision, for which the
    leads have `decide_within` of the group's staffed time. `undecided_moves`: what nobody decided
    by then moves where there is room; else it stays.
    """

    more_than: int = 5
    within: timedelta = timedelta(minutes=10)
    decide_within: timedelta = timedelta(minutes=15)
    undecided_moves: bool = True
