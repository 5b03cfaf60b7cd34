"""`storm`: when limits of one group that run out are too many to be decided one by one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tierline.domain.floor import LAPSES_KEPT
from tierline.domain.storm_rules import StormRules
from tierline.policy.durations import parse_duration
from tierline.policy.fields import Field, Fields
from tierline.policy.shapes import Checked, Choice, DurationText, Either, Whole

NEVER: Final = "never"
MOVE: Final = "move"
STAY: Final = "stay"

WITHIN_MAX_S: Final = 3_600
"""Limits that ran out longer ago than that are not looked at."""

MORE_THAN_MAX: Final = LAPSES_KEPT // 2


def _within_an_hour(text: str) -> tuple[str, str] | None:
    if parse_duration(text).seconds <= WITHIN_MAX_S:
        return None
    return "is longer than an hour", "write at most 1h"


STORM: Final = Either(
    Choice((NEVER,)),
    Fields(
        "storm",
        {
            "more_than": Field(
                Whole(1, MORE_THAN_MAX), "how many limits of a group may run out one by one"
            ),
            "within": Field(
                Checked(DurationText(business_days=False), _within_an_hour),
                "the stretch of time in which they are counted",
            ),
            "decide_within": Field(
                DurationText(business_days=False),
                "staffed time the leads have for the one decision",
            ),
            "undecided": Field(
                Choice((MOVE, STAY)),
                "what happens to what nobody decided: move (where there is room) or stay",
            ),
        },
    ),
)


def read_storm(written: str | Mapping[str, Any]) -> StormRules | None:
    """The rules, from what the grammar accepted; None where nothing is ever gathered."""
    if isinstance(written, str):
        return None
    rules = StormRules()
    return StormRules(
        written.get("more_than", rules.more_than),
        _span(written["within"]) if "within" in written else rules.within,
        _span(written["decide_within"]) if "decide_within" in written else rules.decide_within,
        undecided_moves=written.get("undecided", MOVE) == MOVE,
    )


def _span(text: str) -> timedelta:
    return timedelta(seconds=parse_duration(text, business_days=False).seconds)
