"""What the policy says of asking requesters how it was."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SurveyRules:
    """The share of closed tickets whose requester is asked, and how often one is at most."""

    share: float = 0.0
    every: timedelta = timedelta(days=14)
