"""Sections of named things: groups, SLAs, agreements, hours."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tierline.domain.calendar import WEEKDAYS
from tierline.policy.diff.change import Difference, Leaf, leaves, moved, plain, shown
from tierline.policy.fields import PRIORITIES

_ONE = {"groups": "group", "slas": "SLA", "agreements": "agreement", "hours": "hours"}

_RUNS: Sequence[tuple[str, ...]] = (PRIORITIES, tuple(WEEKDAYS))
"""Keys that are told together where neighbours change alike: `P1-P2`, `mon-fri`."""


def come_and_gone(
    section: str, one: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Difference]:
    """The names that only one of two mappings has."""
    for name in sorted(old):
        if name not in new:
            yield Difference(section, name, f"{one} '{name}' is gone", old[name], None)
    for name in sorted(new):
        if name not in old:
            said = f"{one} '{name}' is new: {shown(new[name])}"
            yield Difference(section, name, said, None, new[name])


def things(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """What is otherwise about things that have names and fields."""
    before, after = old or {}, new or {}
    yield from come_and_gone(section, _ONE[section], before, after)
    for name in sorted(before.keys() & after.keys()):
        for at, was, now in together(leaves(before[name], after[name])):
            said = f"{name}'s {label(at)}: {moved(was, now)}"
            yield Difference(section, name, said, was, now)


def hours(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """What is otherwise about named hours, which may be `24x7`."""
    before, after = old or {}, new or {}
    yield from come_and_gone(section, "hours", before, after)
    for name in sorted(before.keys() & after.keys()):
        for at, was, now in together(leaves(before[name], after[name])):
            day = f", {label(at)}" if at else ""
            said = f"{name}{day}: {_closed(at, was, now)}"
            yield Difference(section, name, said, was, now)


def _closed(at: tuple[str, ...], was: Any, now: Any) -> str:
    """A day without windows is closed."""
    if at and at[0][:3] in WEEKDAYS:
        return moved(was or "closed", now or "closed")
    return moved(was, now)


def label(at: tuple[str, ...]) -> str:
    """How the keys to a value read: `P1 respond`, `cover of P3-P4`, `slip grace`."""
    words = [plain(key) for key in at]
    if len(words) > 1 and words[0] in {"cover", "on hold", "after hours"}:
        return f"{words[0]} of {' '.join(words[1:])}"
    return " ".join(words)


def together(found: Iterator[Leaf]) -> Iterator[Leaf]:
    """Neighbouring priorities, or days, that change from and to the same value, as one."""

    def alike(leaf: Leaf) -> tuple[Any, ...]:
        at, was, now = leaf
        kind = next((i for i, run in enumerate(_RUNS) if at and at[-1] in run), None)
        return (kind, at if kind is None else at[:-1], repr(was), repr(now))

    for (kind, *_), group in groupby(found, key=alike):
        run = list(group)
        at, was, now = run[0]
        last = run[-1][0]
        if kind is None or len(run) == 1:
            yield from run
        else:
            yield (*at[:-1], f"{at[-1]}-{last[-1]}"), was, now
