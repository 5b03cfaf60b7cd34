"""What differs between two versions of a policy, in words.

Both are documents as they are stored, so it does not matter whether a version comes from a folder
or from the database. Each section has its words in one of the files beside this one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tierline.policy.diff import named, order, steps, tables
from tierline.policy.diff.change import Difference
from tierline.policy.document import LISTED

__all__ = ["Difference", "differences"]

Document = Mapping[str, Any]
Section = Callable[[str, Any, Any], Iterator[Difference]]

_SECTIONS: Mapping[str, Section] = {
    "hours": named.hours,
    "tiers": order.tiers,
    "groups": named.things,
    "slas": named.things,
    "agreements": named.things,
    "priority": tables.priority,
    "triage": order.rules,
    "paths": steps.paths,
    "mode": tables.modes,
    "tell": tables.told,
}
"""In the order of a policy; what is not among them are plain tables, and come after."""


def differences(old: Document, new: Document) -> tuple[Difference, ...]:
    """Say what `new` has otherwise than `old`, section by section.

    Args:
        old: a policy's document, as it is stored.
        new: another.

    Returns:
        The differences, in the order of the sections; none only where the two mean the same.
    """
    known = [*_SECTIONS, *sorted((old.keys() | new.keys()) - _SECTIONS.keys() - {LISTED})]
    found: list[Difference] = []
    for section in known:
        before, after = old.get(section), new.get(section)
        if before != after:
            say = _SECTIONS.get(section, tables.fields)
            found += say(section, before, after)
        if section == "groups":
            found += order.of_groups(old.get(LISTED) or [], new.get(LISTED) or [])
    return tuple(found)
