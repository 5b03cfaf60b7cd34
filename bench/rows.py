"""What a part of the bench reports: rows, each a number beside its target and a rival's."""

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]
"""Tells whoever watches what is going on; one short line."""

OK, SHORT = "ok", "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured number.

    Attributes:
        name: what was measured, in words.
        measured: the number, in `unit`.
        unit: `alerts/s`, `ms`, `s`, `MB`, `us` or what is counted.
        target: what Tierline must reach, in `unit`; None where nothing was promised.
        lower: whether less is better.
        rival: another system's number for the same, in `unit`, measured on two cores.
        rival_name: that system.
        note: what one must know to read the number.
    """

    name: str
    measured: float
    unit: str
    target: float | None = None
    lower: bool = True
    rival: float | None = None
    rival_name: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """`ok` or `short` of the target; empty without one."""
        if self.target is None:
            return ""
        good = self.measured <= self.target if self.lower else self.measured >= self.target
        return OK if good else SHORT

    @property
    def ratio(self) -> float | None:
        """How many times better than the rival (below 1: worse); None where there is none."""
        if self.rival is None:
            return None
        above, below = (self.rival, self.measured) if self.lower else (self.measured, self.rival)
        return above / below if below else None


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` (a fraction) of `values` lie; values need not be in order."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
