"""Every reaction there is: by the type of event it follows from, and by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from router.reactions.major import MAJOR
from router.reactions.problem import PROBLEM
from router.reactions.reaction import Reaction
from router.reactions.storm import STORM

REACTIONS: Final = (*MAJOR, *PROBLEM, *STORM)

BY_NAME: Final[Mapping[str, Reaction]] = MappingProxyType({one.name: one for one in REACTIONS})


def _by_event() -> dict[type, tuple[Reaction, ...]]:
    found: dict[type, tuple[Reaction, ...]] = {}
    for reaction in REACTIONS:
        found[reaction.on] = (*found.get(reaction.on, ()), reaction)
    return found


BY_EVENT: Final[Mapping[type, tuple[Reaction, ...]]] = MappingProxyType(_by_event())
"""Those of one type of event, in the order they are listed."""
