"""`training`: when each tier trains, like `{T1: first Tuesday 09:00}`."""

from collections.abc import Mapping
from datetime import time
from typing import Final

from tierline.domain.training.sessions import LAST, Sessions
from tierline.policy.shapes import MapOf, Text

_NTH: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": LAST}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_QUARTER: Final = "of the quarter"
_NAMED: Final = "|".join((*_DAYS, *(day.capitalize() for day in _DAYS)))

TRAINING: Final = MapOf(
    Text(
        "a day of the month or quarter and a time",
        example="first Tuesday 09:00, or last Friday of the quarter 14:00",
        pattern=f"({'|'.join(_NTH)}) ({_NAMED})( {_QUARTER})? ([01]?[0-9]|2[0-3]):[0-5][0-9]",
    )
)


def read_training(written: Mapping[str, str]) -> dict[str, Sessions]:
    """The sessions of each tier, from what the grammar accepted."""
    return {tier: _read(text) for tier, text in written.items()}


def _read(text: str) -> Sessions:
    nth, day, *rest = text.split()
    hour, minute = rest[-1].split(":")
    return Sessions(
        _NTH[nth], _DAYS.index(day.lower()), time(int(hour), int(minute)), quarterly=len(rest) > 1
    )
