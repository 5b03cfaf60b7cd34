"""Who did something, and why it was decided: what every event says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tierline.domain.amend import quick


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. `kind`: person, integration, time (nobody: a due instant came) or system."""

    kind: str
    name: str = ""


TIME = Actor("time")
SYSTEM = Actor("system", "tierline")


@quick
@dataclass(frozen=True)
class Why:
    """The reason kept with every event: the rule or clock, the policy version, the values seen."""

    rule: str
    policy: str
    values: Mapping[str, Any] = field(default_factory=dict)
