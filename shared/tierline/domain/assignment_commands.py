"""What may be asked on a ticket's way to an owner and away from one.

Part of the commands (`tierline.domain.commands`), where they are all listed.
"""

from dataclasses import dataclass

from tierline.domain.people import Away


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """Take what is offered to the one who asks."""


@dataclass(frozen=True, slots=True)
class DeclineOffer:
    """Do not take what is offered to the one who asks; the next one is asked."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class KeepClaim:
    """As its owner, keep it when their shift ends or they are away: never a P1 or a P2."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """As its owner or a lead, give it to somebody who is in: `to` is their login."""

    to: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NoteAbsence:
    """The absences on record of its `owner` are now `away`: see when the claim ends."""

    owner: str
    away: tuple[Away, ...]


AssignmentCommand = AcceptOffer | DeclineOffer | KeepClaim | HandOver | NoteAbsence
"""All of them."""
