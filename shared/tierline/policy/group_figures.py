"""What a group can hold and what it costs, as people write them: `6 each`, `40`, `38/h`."""

import re
from dataclasses import dataclass
from typing import Any

from tierline.policy.errors import Problems, Where
from tierline.policy.shapes import BAD, JsonSchema, Text, Whole

CAPACITY_MAX = 100_000
MINOR_UNITS = 100
"""Cents, pence: an amount is kept in these."""

_EACH = r"[1-9][0-9]{0,4} each"
COST = r"(0|[1-9][0-9]{0,5})(\.[0-9]{2})?/h"


@dataclass(frozen=True, slots=True)
class Capacity:
    """`40` for the whole group, or `6 each` for every member."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept either form, as written."""
        if isinstance(value, str):
            shape = Text("a capacity", example="40, or 6 each", pattern=_EACH)
            return shape.check(" ".join(value.split()), at, problems)
        return Whole(1, CAPACITY_MAX).check(value, at, problems)

    def schema(self) -> JsonSchema:
        """An integer, or a string with a pattern."""
        plain = Whole(1, CAPACITY_MAX).schema()
        return {"anyOf": [plain, {"type": "string", "pattern": f"^{_EACH}$"}]}


@dataclass(frozen=True, slots=True)
class HourlyCost:
    """`38/h` or `38.50/h`."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept an amount for an hour, without its currency."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            problems.error(at, f"the number {value} says not for how long", f"write {value}/h")
            return BAD
        return Text("a cost", example="38/h or 38.50/h", pattern=COST).check(value, at, problems)

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": f"^{COST}$"}


def read_capacity(written: int | str | None) -> tuple[int | None, bool]:
    """How many, and whether that is for each member. `written` is what `Capacity` accepted."""
    if isinstance(written, str):
        return int(written.partition(" ")[0]), True
    return written, False


def read_cost(written: str | None) -> int | None:
    """Minor units an hour of what `HourlyCost` accepted; None for None."""
    if written is None:
        return None
    whole, _, part = re.split("/", written)[0].partition(".")
    return int(whole) * MINOR_UNITS + int(part or 0)
