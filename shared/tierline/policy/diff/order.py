"""Sections whose order says something: tiers, triage rules, groups."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from tierline.policy.diff.change import Difference, leaves, moved, plain, shown


def tiers(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """Tiers that have come, gone, or changed places."""
    before, after = list(old or []), list(new or [])
    for tier in before:
        if tier not in after:
            yield Difference(section, tier, f"tier '{tier}' is gone", tier, None)
    for i, tier in enumerate(after):
        if tier not in before:
            place = f"after {after[i - 1]}" if i else "first"
            yield Difference(section, tier, f"tier '{tier}' is new, {place}", None, tier)
    yield from _reordered(section, "tiers", before, after)


def of_groups(old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    """Groups that are listed in another order, which decides who gets a ticket."""
    return _reordered("groups", "groups", list(old), list(new))


def _reordered(
    section: str, what: str, before: list[str], after: list[str]
) -> Iterator[Difference]:
    was, now = [it for it in before if it in after], [it for it in after if it in before]
    if was != now:
        yield Difference(
            section, "", f"the order of {what}: {shown(was)} -> {shown(now)}", was, now
        )


def rules(section: str, old: Any, new: Any) -> Iterator[Difference]:
    """Rules that have come, gone, moved, or ask or set something else."""
    before = {rule["name"]: rule for rule in old or []}
    after = {rule["name"]: rule for rule in new or []}
    names = list(after)
    for name, rule in before.items():
        if name not in after:
            yield Difference(section, name, f"rule '{name}' is gone", rule, None)
    stays = _unmoved(list(before), names)
    for i, name in enumerate(names):
        if name not in before:
            said = f"rule '{name}' is new, {_place(names, i)}"
            yield Difference(section, name, said, None, after[name])
        elif name not in stays:
            said = f"rule '{name}' stands elsewhere, {_place(names, i)}"
            yield Difference(section, name, said, list(before).index(name) + 1, i + 1)
        if name in before:
            yield from _rule(section, name, before[name], after[name])


def _place(names: Sequence[str], i: int) -> str:
    return f"before '{names[i + 1]}'" if i + 1 < len(names) else "last"


def _unmoved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The most names that keep their order, so that as few as possible are said to have moved."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return {
        name for block in matcher.get_matching_blocks() for name in before[block.a :][: block.size]
    }


def _rule(
    section: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for at, was, now in leaves(before, after):
        if at == ("when",):
            said = f"rule '{name}' matches {_when(was)} -> {_when(now)}"
        elif at[0] == "when":
            said = f"rule '{name}', where {at[1]} is {moved(was, now)}"
        else:
            said = f"rule '{name}' sets {plain(at[-1])}: {moved(was, now)}"
        yield Difference(section, name, said, was, now)


def _when(value: Any) -> str:
    return "always" if value is None else shown(value)
