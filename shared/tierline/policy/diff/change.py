"""One difference, and how values are shown in it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierline.domain.calendar import WEEKDAYS

_NAMES_SHOWN: Final = 6
"""Longer lists are told by what has come and gone."""

_DATES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise.

    Attributes:
        section: of the policy.
        name: what in it: a group, a rule, a path; empty for the section itself.
        said: the difference in words, of itself.
        old: the value before, plain JSON; None where there was none.
        new: the value now, likewise.
    """

    section: str
    name: str
    said: str
    old: Any = None
    new: Any = None


Leaf = tuple[tuple[str, ...], Any, Any]
"""The keys that lead to a value, what it was, what it is; None where there is none."""


def leaves(old: Any, new: Any, at: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every value that differs between two trees, as deep as both have mappings.

    In the order of their keys, whatever order a database gave them: days as the week has them.
    """
    if old == new:
        return
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        yield at, old, new
        return
    for key in sorted({*old, *new}, key=in_order):
        yield from leaves(old.get(key), new.get(key), (*at, str(key)))


def in_order(key: str) -> tuple[int, str]:
    """The place of a key among others."""
    return (WEEKDAYS.index(key) if key in WEEKDAYS else -1, key)


def plain(key: str) -> str:
    """A key as people write it: `slip grace`."""
    return key.replace("_", " ")


def shown(value: Any) -> str:
    """A value as people write it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(it, list | Mapping) for it in value):
        return ", ".join(map(str, value)) or "nobody"
    if isinstance(value, Mapping):
        parts = (f"{plain(str(key))} {shown(item)}" for key, item in value.items())
        return ", ".join(parts) or "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def moved(old: Any, new: Any) -> str:
    """From one value to the other: `30m -> 20m`; long lists by what has come and gone."""
    if isinstance(old, list) and isinstance(new, list) and max(len(old), len(new)) > _NAMES_SHOWN:
        come = [it for it in new if it not in old]
        gone = [it for it in old if it not in new]
        if come or gone:
            said = [f"also {_some(come)}"] if come else []
            return ", ".join([*said, *([f"no longer {_some(gone)}"] if gone else [])])
    return f"{shown(old)} -> {shown(new)}"


def _some(values: list[Any]) -> str:
    if len(values) <= _NAMES_SHOWN:
        return shown(values)
    return f"{shown(values[:_DATES_SHOWN])} and {len(values) - _DATES_SHOWN} more"
