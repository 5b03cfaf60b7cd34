"""What a command over HTTP is: its address, its body, what the domain is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tierline.domain import commands as c
from tierline.web.bodies import Strict
from tierline.web.principal import Principal


@dataclass(frozen=True, slots=True)
class Verb:
    """One command's address, body, and what the domain is asked."""

    name: str
    body: type[Strict]
    command: Callable[[Any, Principal], c.Command]
    summary: str
