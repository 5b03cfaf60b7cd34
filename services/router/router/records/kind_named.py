"""From the name in an address to the kind of record."""

from typing import Any, Final

from tierline.policy.errors import did_you_mean
from tierline.policy.kinds import KINDS, Kind
from tierline.web.problems import ProblemError

KINDS_NAMED: Final[dict[str, Any]] = {"enum": list(KINDS)}
"""What the API's description says of the name."""


def kind_named(name: str) -> Kind:
    """The kind called `name`. Raises ProblemError (404) naming the one that was meant."""
    kind = KINDS.get(name)
    if kind is None:
        raise ProblemError(
            404, "no_such_kind", f"there are no records called {name}; {did_you_mean(name, KINDS)}"
        )
    return kind
