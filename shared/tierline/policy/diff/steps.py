"""Paths: what is otherwise about their steps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tierline.policy.diff.change import Difference, leaves, moved, plain

Step = Mapping[str, Any]


def paths(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """Paths that have come or gone, and steps that are otherwise."""
    before, after = old or {}, new or {}
    for name, steps in sorted(before.items()):
        if name not in after:
            yield Difference(section, name, f"path '{name}' is gone", steps, None)
    for name, steps in sorted(after.items()):
        if name not in before:
            tiers = " -> ".join(step["at"] for step in steps)
            yield Difference(section, name, f"path '{name}' is new: {tiers}", None, steps)
        else:
            yield from _path(section, name, before[name], steps)


def _path(
    section: str, name: str, old: Sequence[Step], new: Sequence[Step]
) -> Iterator[Difference]:
    before, after = {it["at"]: it for it in old}, {it["at"]: it for it in new}
    for tier, step in before.items():
        if tier not in after:
            said = f"path {name} leaves out {tier}"
            yield Difference(section, name, said, step, None)
    for i, (tier, step) in enumerate(after.items()):
        if tier not in before:
            place = f"after {new[i - 1]['at']}" if i else "at first"
            said = f"path {name} goes through {tier} now, {place}"
            yield Difference(section, name, said, None, step)
            continue
        for at, was, now in leaves(before[tier], step):
            said = f"{tier}'s {plain(' '.join(at))} on path {name}: {moved(was, now)}"
            yield Difference(section, name, said, was, now)
    was_order, now_order = list(before), list(after)
    if [it for it in was_order if it in after] != [it for it in now_order if it in before]:
        said = f"the order of steps on path {name}: {moved(was_order, now_order)}"
        yield Difference(section, name, said, was_order, now_order)
