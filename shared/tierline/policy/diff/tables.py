"""Sections that are tables: priorities, modes, who is told, and all without words of their own."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final

from tierline.policy.diff.change import Difference, leaves, moved, plain
from tierline.policy.diff.named import label, together

_URGENCIES: Final = ("stopped", "degraded", "can wait")


def fields(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """Values that are otherwise, each by the keys that lead to it."""
    for at, was, now in together(leaves(old, new)):
        named = ", ".join(part for part in (plain(section), label(at)) if part)
        yield Difference(section, at[0] if at else "", f"{named}: {moved(was, now)}", was, now)


def priority(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """What is hit, how pressing that is, and what comes of both."""
    for at, was, now in leaves(old or {}, new or {}):
        if at[0] == "matrix" and len(at) > 1:
            yield from _row(section, at[1], was, now)
        else:
            words = " of ".join(plain(key) for key in at)
            yield Difference(section, at[0], f"{words}: {moved(was, now)}", was, now)


def _row(section: str, impact: str, old: Any, new: Any) -> Iterator[Difference]:
    cells = zip_longest(_URGENCIES, old or (), new or ())
    for urgency, was, now in cells:
        if was != now:
            said = f"impact {impact}, {urgency}: {moved(was, now)}"
            yield Difference(section, "matrix", said, was, now)


def modes(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """How far Tierline may go, for whom."""
    for at, was, now in leaves(old or {}, new or {}):
        yield Difference(section, at[0], f"{at[0]}: mode {moved(was, now)}", was, now)


def told(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """Who hears of what. An occasion that is not written has what is told by default."""
    for at, was, now in leaves(old or {}, new or {}):
        occasion = plain(at[0])
        who = f" {at[1]}" if len(at) > 1 else ""
        before, after = (value or ("by default" if len(at) == 1 else None) for value in (was, now))
        yield Difference(section, occasion, f"{occasion}:{who} {moved(before, after)}", was, now)
