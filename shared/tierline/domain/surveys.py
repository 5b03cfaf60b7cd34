"""Asking a requester how it was, after the end: whom, and what their answer says."""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tierline.domain.policy import Policy
from tierline.domain.terms import Score, State

if TYPE_CHECKING:
    from tierline.domain.ticket import Ticket

OPEN_FOR: Final = timedelta(days=30)
"""How long after the end the links in the mail take an answer."""

_PARTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Survey:
    """One question after the end of a ticket. Instants are UTC.

    `id`: the seq of the event that asked. `contradicts`: the word says it is not fixed although the
    score is not bad.
    """

    id: int
    asked_at: datetime
    score: Score | None = None
    word: str = ""
    answered_at: datetime | None = None
    contradicts: bool = False


def is_asked(policy: Policy, ticket: "Ticket") -> bool:
    """Whether the requester of a ticket that is about to close is asked how it was.

    Of tickets that were resolved by people and have somebody to ask, the share the policy says;
    which ones follows from the ticket's number alone.
    """
    if ticket.state is not State.RESOLVED or ticket.self_healed or not ticket.requester.email:
        return False
    return _place(ticket.id) < policy.survey.share * _PARTS


def _place(number: int) -> int:
    """Where a ticket stands among _PARTS parts, the same whenever it is asked."""
    return zlib.crc32(f"survey {number}".encode()) % _PARTS


_UNFIXED = re.compile(
    r"\b(?:not|never|no longer|isn'?t|wasn'?t|doesn'?t|didn'?t|don'?t|still)\b[^.!?]{0,40}"
    r"\b(?:fix(?:ed)?|works?|working|worked|solved?|resolved?|done|broken|down|wrong)\b",
    re.IGNORECASE,
)


def contradicts(score: Score, word: str) -> bool:
    """Whether `word` says that it is not fixed, although `score` says that it went well enough."""
    plain = word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return score is not Score.BAD and _UNFIXED.search(plain) is not None
