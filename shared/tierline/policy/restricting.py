"""Which group a rule's `restrict:` means."""

from collections.abc import Mapping
from typing import Any


def group_meant(name: str, groups: Mapping[str, Mapping[str, Any]]) -> str:
    """The group of that name, else the first that has it for a skill; empty: there is none.

    `groups`: as the checked document holds them.
    """
    if name in groups:
        return name
    able = (group for group, it in groups.items() if name in it.get("skills", ()))
    return next(able, "")
