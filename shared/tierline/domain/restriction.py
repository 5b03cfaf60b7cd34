"""A ticket that only some may see: what is asked, what happens. Who they are: `seeing`.

Part of the commands (`tierline.domain.commands`) and events (`tierline.domain.events`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Restrict:
    """As a lead: let only `group`, and whoever works or answers for it, see the ticket."""

    group: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unrestrict:
    """As a lead: let everybody see it whom no other wall keeps out."""

    reason: str


@dataclass(frozen=True, slots=True)
class Restricted:
    """From now on it is `group`'s to see; `was`: whose it was before, empty: everybody's."""

    group: str
    reason: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class Unrestricted:
    """It is everybody's to see again; `group`: whose it was."""

    group: str
    reason: str


RestrictionCommand = Restrict | Unrestrict
RestrictionEvent = Restricted | Unrestricted
